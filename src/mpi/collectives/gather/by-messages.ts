import { copyView } from '../../../base/copy-bytes.ts'
import type { BlockOptions } from '../../api/collective-calls.ts'
import type { InPlace } from '../../terms/constants.ts'
import { bytesOf, datatypeOf, type View } from '../../datatypes/datatype.ts'
import { argumentError, checkApart, checkRoot, checkSameType, checkView, isInPlace } from '../call/arguments.ts'
import { type Blocks, targetBlocksOf } from '../call/blocks.ts'
import { Collective } from '../call/collective.ts'
import type { Members } from '../call/members.ts'
import type { CollectiveReceive } from '../call/collective-receive.ts'
import { packetOf, toSelf, valueOf } from '../call/packet.ts'
import type { Plan } from '../call/run.ts'
import type { Signature } from '../call/signature.ts'
import type { Steps } from '../call/steps.ts'

/** MPI_Gather of values (MPI 4.1 §6.5). Throws ERR_ROOT, ERR_TYPE. */
export function gather<T>(members: Members, x: T, root: number): Plan<T[] | undefined> {
  checkRoot(members, 'gather', root)
  const collective = new Collective(members, { call: 'gather', root, op: null, type: 0 })
  return { collective, steps: gatherValues(collective, x, root) }
}

/** What each rank gives, in rank order, on root. */
export function* gatherValues<T>(collective: Collective, x: T, root: number): Steps<T[] | undefined> {
  const { rank, size } = collective
  if (rank !== root) {
    collective.send(root, packetOf(x))
    return undefined
  }
  const receives: (CollectiveReceive | null)[] = []
  for (let source = 0; source < size; source += 1) {
    receives.push(source === rank ? null : collective.receive(source))
  }
  const values: T[] = []
  for (const receive of receives) {
    if (receive !== null) yield receive
    values.push(receive === null ? toSelf(x) : valueOf<T>(receive.packet))
  }
  return values
}

/** MPI_Gather and MPI_Gatherv of views. `recv` is needed on root; there IN_PLACE as `send` says that root's block is in it. */
export function gatherInto(
  members: Members,
  send: View | InPlace,
  recv: View | null,
  root: number,
  options: BlockOptions,
): Plan<void> {
  const collective = new Collective(members, gatherSignature(members, send, recv, root))
  return { collective, steps: gatherBlocks(members, collective, send, recv, root, options) }
}

/** What all ranks of a `gatherInto` give alike. Throws ERR_ROOT, ERR_TYPE. */
export function gatherSignature(members: Members, send: View | InPlace, recv: View | null, root: number): Signature {
  const call = 'gatherInto'
  checkRoot(members, call, root)
  const isPlaced = isInPlace(send) && members.rank === root
  if (!isPlaced) checkView(members, call, 'the send view', send)
  return { call, root, op: null, type: datatypeOf(isPlaced ? recv : send) }
}

/** The blocks of root's `recv`, its own filled. */
export function gatherTarget(members: Members, send: View | InPlace, recv: View | null, options: BlockOptions): Blocks {
  const call = 'gatherInto'
  checkView(members, call, 'the receive view', recv)
  const blocks = targetBlocksOf(members, call, 'the receive view', recv, options)
  if (!isInPlace(send)) {
    checkSameType(members, call, send, recv)
    checkApart(members, call, send, recv)
    placeOwn(members, call, send, blocks.of(members.rank))
  }
  return blocks
}

function* gatherBlocks(
  members: Members,
  collective: Collective,
  send: View | InPlace,
  recv: View | null,
  root: number,
  options: BlockOptions,
): Steps<void> {
  const { rank, size } = collective
  if (rank !== root) {
    if (!isInPlace(send)) collective.send(root, { datatype: datatypeOf(send), bytes: bytesOf(send) })
    return
  }
  const blocks = gatherTarget(members, send, recv, options)
  const receives: CollectiveReceive[] = []
  for (let source = 0; source < size; source += 1) {
    if (source !== rank) receives.push(collective.receiveInto(source, blocks.of(source)))
  }
  for (const receive of receives) {
    yield receive
    receive.check()
  }
}

/** Copies this rank's contribution to its block. Throws ERR_COUNT. */
export function placeOwn(members: Members, call: string, send: View, block: View): void {
  if (send.length !== block.length) {
    const reason = `the send view has ${send.length} elements, the block of rank ${members.rank} has ${block.length}`
    throw argumentError(members, 'ERR_COUNT', call, reason)
  }
  copyView(send, block)
}
