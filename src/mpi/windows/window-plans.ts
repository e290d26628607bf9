import { datatypeOf, type View } from '../datatypes/datatype.ts'
import { MPIError } from '../terms/mpi-error.ts'
import type { OwnPart, PartAddress, WindowAccess, WindowMembers } from '../link/window-access.ts'
import { allgatherValues } from '../collectives/allgather/by-messages.ts'
import { bcastValue } from '../collectives/bcast/by-messages.ts'
import { Collective } from '../collectives/call/collective.ts'
import type { Members } from '../collectives/call/members.ts'
import type { Plan } from '../collectives/call/run.ts'
import type { Steps } from '../collectives/call/steps.ts'

/** What a rank knows of a window that has been made. */
export interface MadeWindow {
  readonly own: OwnPart
  /** By rank. */
  readonly addresses: readonly PartAddress[]
}

/** MPI_Win_create (MPI 4.1 §12.2.1): every rank exposes its view. */
export function createWindow(members: Members, access: WindowAccess, who: WindowMembers, view: View): Plan<MadeWindow> {
  const collective = new Collective(members, { call: 'createWindow', root: -1, op: null, type: 0 })
  return { collective, steps: exposeAll(collective, access, who, view) }
}

function* exposeAll(collective: Collective, access: WindowAccess, who: WindowMembers, view: View): Steps<MadeWindow> {
  // Before the others hear of it: nobody can ask for a part that is not there.
  const own = access.expose(who, view)
  const { length, datatype, byteOffset, numbers } = own.address
  const all = yield* allgatherValues<readonly number[]>(collective, [length, datatype, byteOffset, ...numbers])
  const addresses = all.map(([theirLength = 0, theirType = 0, theirOffset = 0, ...theirNumbers]) => {
    return { length: theirLength, datatype: theirType, byteOffset: theirOffset, numbers: theirNumbers }
  })
  return { own, addresses }
}

/** Shared memory of all ranks, and each rank's part of it in bytes. */
export interface SharedParts {
  readonly buffer: SharedArrayBuffer
  readonly offsets: readonly number[]
  readonly lengths: readonly number[]
}

const ALIGNMENT = 64

function takeMemory(collective: Collective, bytes: number): SharedArrayBuffer {
  try {
    return new SharedArrayBuffer(bytes)
  } catch (cause) {
    const { rank } = collective.scope.engine
    const reason = `${collective.call}: there is no memory for ${bytes} bytes, all ranks together`
    throw new MPIError('ERR_NO_MEM', rank, collective.call, reason, { cause })
  }
}

/** MPI_Win_allocate_shared (MPI 4.1 §12.2.3): one piece of memory for all, which rank 0 makes. `length`: elements of this rank. */
export function allocateShared(
  members: Members,
  access: WindowAccess,
  who: WindowMembers,
  like: View,
  length: number,
): Plan<SharedParts> {
  const collective = new Collective(members, { call: 'allocateShared', root: -1, op: null, type: datatypeOf(like) })
  return { collective, steps: allocateForAll(collective, access, who, length, like.BYTES_PER_ELEMENT) }
}

function* allocateForAll(
  collective: Collective,
  access: WindowAccess,
  who: WindowMembers,
  length: number,
  elementBytes: number,
): Steps<SharedParts> {
  const lengths = yield* allgatherValues(collective, length)
  const offsets: number[] = []
  let bytes = 0
  for (const each of lengths) {
    offsets.push(bytes)
    bytes += Math.ceil((each * elementBytes) / ALIGNMENT) * ALIGNMENT
  }
  const own = collective.rank === 0 ? takeMemory(collective, bytes) : null
  const number = yield* bcastValue(collective, own === null ? 0 : access.give(who, own), 0)
  const buffer = own ?? access.take(who.worldRanks[0] ?? 0, number)
  // Rank 0 may forget it when all have it.
  yield* allgatherValues(collective, 0)
  if (own !== null) access.release(who, number)
  return { buffer, offsets, lengths }
}
