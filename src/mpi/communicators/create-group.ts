import { argumentError } from '../collectives/call/arguments.ts'
import type { CommunicatorBase } from './communicator-base.ts'
import { UNDEFINED } from '../terms/constants.ts'
import type { DoneRequest } from '../requests/done-request.ts'
import { Group } from '../groups/group.ts'
import { whatIs } from '../terms/in-words.ts'
import type { RecvRequest } from '../matching/recv-request.ts'

/** What the first rank of a group tells the others: the counter that it has taken for their communicator, and the group as it knows it. */
export type Invitation = readonly [counter: number, worldRanks: readonly number[]]

/** How this rank comes to its invitation: it has made it, it waits for it, or it is no member (null). */
export type Invited = Invitation | RecvRequest<Invitation> | DoneRequest<Invitation> | null

/**
 * Begins MPI_Comm_create_group (MPI 4.1 §7.4.2): the group's first rank invites the others by a message with `tag`, so that calls for several
 * groups may overlap. Throws ERR_GROUP where `group` is none, or has ranks that `comm` does not have; ERR_TAG.
 */
export function beginGroup(comm: CommunicatorBase, call: string, group: unknown, tag: number): Invited {
  if (!(group instanceof Group)) {
    throw argumentError(comm, 'ERR_GROUP', call, `${whatIs(group)} is no group; comm.group gives one`)
  }
  const stranger = group.worldRanks.find((world) => comm.ranks.rankOf(world) === undefined)
  if (stranger !== undefined) {
    throw argumentError(comm, 'ERR_GROUP', call, `world rank ${stranger} of the group does not belong to ${comm.name}`)
  }
  comm.invitations.checkTag(call, tag)
  if (group.rank === UNDEFINED) return null
  const [first = comm.rank, ...others] = group.translate([...Array(group.size).keys()], comm.group)
  if (comm.rank !== first) return comm.invitations.receive<Invitation>(call, null, first, tag)
  const invitation: Invitation = [comm.job.nextCounter(), group.worldRanks]
  for (const dest of others) {
    // A lost rank does not keep the others waiting: they learn of it from the communicator that they get.
    if (!comm.job.engine.losses.has(comm.ranks.worldOf(dest)))
      comm.invitations.isend(call, invitation, dest, tag, false)
  }
  return invitation
}

/** The counter of an invitation. Throws ERR_COLLECTIVE_MISMATCH where its sender was given another group. */
export function counterOf(comm: CommunicatorBase, group: Group, [counter, worldRanks]: Invitation): number {
  if (group.equals(new Group(worldRanks, comm.job.engine.rank))) return counter
  const [mine, theirs] = [group.worldRanks, worldRanks].map((ranks) => `world ranks ${ranks.join(', ')}`)
  const reason = `this rank gives a group of ${mine}, its first rank one of ${theirs}; overlapping calls need tags of their own`
  throw argumentError(comm, 'ERR_COLLECTIVE_MISMATCH', 'createGroup', reason)
}
