import { copyView } from '../../../base/copy-bytes.ts'
import type { BlockOptions } from '../../api/collective-calls.ts'
import type { InPlace } from '../../terms/constants.ts'
import { bytesOf, datatypeOf, isView, type View } from '../../datatypes/datatype.ts'
import { argumentError, checkApart, checkRoot, checkSameType, checkView, isInPlace } from '../call/arguments.ts'
import { whatIs } from '../../terms/in-words.ts'
import { type Blocks, blocksOf } from '../call/blocks.ts'
import { Collective } from '../call/collective.ts'
import type { Members } from '../call/members.ts'
import { packetOf, toSelf, valueOf } from '../call/packet.ts'
import type { Plan } from '../call/run.ts'
import type { Signature } from '../call/signature.ts'
import type { Steps } from '../call/steps.ts'

/** MPI_Scatter of a list of parts or of a view's blocks (MPI 4.1 §6.6). Throws ERR_ROOT; ERR_COUNT on all ranks where root's do not fit. */
export function scatter<T>(members: Members, parts: readonly T[] | View | null | undefined, root: number): Plan<T> {
  checkRoot(members, 'scatter', root)
  const collective = new Collective(members, { call: 'scatter', root, op: null, type: 0 })
  return { collective, steps: scatterParts(members, collective, parts, root) }
}

function* scatterParts<T>(
  members: Members,
  collective: Collective,
  parts: readonly T[] | View | null | undefined,
  root: number,
): Steps<T> {
  const { rank, size } = collective
  if (rank !== root) {
    const receive = collective.receive(root)
    yield receive
    return valueOf<T>(receive.packet)
  }
  const list = partsOf<T>(members, 'scatter', parts)
  for (let i = 1; i < size; i += 1) {
    const dest = (root + i) % size
    collective.send(dest, packetOf(list[dest]))
  }
  return toSelf(list[rank] as T)
}

/** One part for each rank, or `count` parts, of a list of parts or of a view. Throws ERR_COUNT, ERR_ARG. */
export function partsOf<T>(members: Members, call: string, parts: unknown, count: number = members.size): readonly T[] {
  if (isView(parts)) {
    const blocks = blocksOf(members, call, 'the view', parts, { blockCount: count })
    // A block has the type of the view, which is T for the caller.
    return [...Array(count).keys()].map((block) => blocks.of(block) as T)
  }
  if (!Array.isArray(parts)) {
    const wanted = `an array of ${count} parts, or a typed array`
    throw argumentError(members, 'ERR_ARG', call, `the parts are ${whatIs(parts)}; they must be ${wanted}`)
  }
  if (parts.length !== count) {
    const whom = count === members.size ? `${count} ranks` : `${count} neighbours`
    throw argumentError(members, 'ERR_COUNT', call, `${parts.length} parts for ${whom} of ${members.name}`)
  }
  // Without holes, which are undefined for the ranks that get them.
  return Array.from<T>(parts)
}

/** MPI_Scatter and MPI_Scatterv of a view. `send` is needed on root; there IN_PLACE as `recv` leaves root's block where it is. */
export function scatterInto(
  members: Members,
  send: View | InPlace | null,
  recv: View | InPlace,
  root: number,
  options: BlockOptions,
): Plan<void> {
  const collective = new Collective(members, scatterSignature(members, send, recv, root))
  return { collective, steps: scatterBlocks(members, collective, send, recv, root, options) }
}

/** What all ranks of a `scatterInto` give alike. Throws ERR_ROOT, ERR_TYPE. */
export function scatterSignature(
  members: Members,
  send: View | InPlace | null,
  recv: View | InPlace,
  root: number,
): Signature {
  const call = 'scatterInto'
  checkRoot(members, call, root)
  const isPlaced = isInPlace(recv) && members.rank === root
  if (!isPlaced) checkView(members, call, 'the receive view', recv)
  return { call, root, op: null, type: datatypeOf(isPlaced ? send : recv) }
}

/** The blocks of root's `send`, and the view that its own goes to; null: none. Throws ERR_TYPE, ERR_COUNT, ERR_BUFFER. */
export function scatterSource(
  members: Members,
  send: View | InPlace | null,
  recv: View | InPlace,
  options: BlockOptions,
): { blocks: Blocks; own: View | null } {
  const call = 'scatterInto'
  checkView(members, call, 'the send view', send)
  const own = isInPlace(recv) ? null : recv
  if (own !== null) checkSameType(members, call, send, own)
  if (own !== null) checkApart(members, call, send, own)
  const blocks = blocksOf(members, call, 'the send view', send, options)
  const { length } = blocks.of(members.rank)
  if (own !== null && length !== own.length) {
    const reason = `root's block has ${length} elements, its receive view ${own.length}`
    throw argumentError(members, 'ERR_COUNT', call, reason)
  }
  return { blocks, own }
}

function* scatterBlocks(
  members: Members,
  collective: Collective,
  send: View | InPlace | null,
  recv: View | InPlace,
  root: number,
  options: BlockOptions,
): Steps<void> {
  const { rank, size } = collective
  if (rank !== root) {
    if (isInPlace(recv)) return
    const receive = collective.receiveInto(root, recv)
    yield receive
    return receive.check()
  }
  const { blocks, own } = scatterSource(members, send, recv, options)
  for (let i = 1; i < size; i += 1) {
    const dest = (root + i) % size
    const block = blocks.of(dest)
    collective.send(dest, { datatype: datatypeOf(block), bytes: bytesOf(block) })
  }
  if (own !== null) copyView(blocks.of(rank), own)
}
