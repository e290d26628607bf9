import { copyView } from '../../../base/copy-bytes.ts'
import type { AlltoallOptions } from '../../api/collective-calls.ts'
import type { InPlace } from '../../terms/constants.ts'
import { bytesOf, datatypeOf, type View, viewConstructor } from '../../datatypes/datatype.ts'
import { checkApart, checkSameType, checkView, isInPlace } from '../call/arguments.ts'
import { Blocks, blocksOf, prefixSums, targetBlocksOf } from '../call/blocks.ts'
import { Collective } from '../call/collective.ts'
import type { Members } from '../call/members.ts'
import { placeOwn } from '../gather/by-messages.ts'
import { packetOf, toSelf, valueOf } from '../call/packet.ts'
import type { Plan } from '../call/run.ts'
import { partsOf } from '../scatter/by-messages.ts'
import type { Steps } from '../call/steps.ts'

/** MPI_Alltoall of lists of parts, or of the blocks of views (MPI 4.1 §6.8). Throws ERR_COUNT, ERR_ARG on all ranks. */
export function alltoall<T>(members: Members, parts: readonly T[] | View): Plan<T[]> {
  const collective = new Collective(members, { call: 'alltoall', root: -1, op: null, type: 0 })
  return { collective, steps: exchangeParts(members, collective, parts) }
}

function* exchangeParts<T>(members: Members, collective: Collective, parts: readonly T[] | View): Steps<T[]> {
  const { rank, size } = collective
  const list = partsOf<T>(members, 'alltoall', parts)
  const values = new Array<T>(size)
  // The list has a part for each rank.
  values[rank] = toSelf(list[rank] as T)
  const receives = []
  for (let i = 1; i < size; i += 1) receives.push(collective.receive((rank - i + size) % size))
  for (let i = 1; i < size; i += 1) {
    const dest = (rank + i) % size
    collective.send(dest, packetOf(list[dest]))
  }
  for (const receive of receives) {
    yield receive
    values[receive.from] = valueOf<T>(receive.packet)
  }
  return values
}

/** MPI_Alltoall and MPI_Alltoallv of views. IN_PLACE as `send`: `recv` holds what is to be sent, in the blocks of the receive side. */
export function alltoallInto(members: Members, send: View | InPlace, recv: View, options: AlltoallOptions): Plan<void> {
  const call = 'alltoallInto'
  const blocks = alltoallBlocks(members, send, recv, options)
  const collective = new Collective(members, { call, root: -1, op: null, type: datatypeOf(recv) })
  return { collective, steps: placeAndExchange(members, collective, blocks) }
}

/** What one rank gives and takes. */
export interface AlltoallBlocks {
  readonly from: Blocks
  readonly into: Blocks
}

/** The blocks of both sides. Throws as `alltoallInto`. */
export function alltoallBlocks(
  members: Members,
  send: View | InPlace,
  recv: View,
  options: AlltoallOptions,
): AlltoallBlocks {
  const call = 'alltoallInto'
  checkView(members, call, 'the receive view', recv)
  const recvLayout = { counts: options.recvCounts, displs: options.recvDispls }
  const into = targetBlocksOf(members, call, 'the receive view', recv, recvLayout)
  if (isInPlace(send)) return copyOfBlocks(members.size, recv, into)
  checkView(members, call, 'the send view', send)
  checkSameType(members, call, send, recv)
  checkApart(members, call, send, recv)
  const sendLayout = { counts: options.sendCounts, displs: options.sendDispls }
  return { from: blocksOf(members, call, 'the send view', send, sendLayout), into }
}

/** What a rank gives that takes in place: its blocks alone, as the gaps between them may be long. */
function copyOfBlocks(size: number, recv: View, into: Blocks): AlltoallBlocks {
  const counts = Array.from({ length: size }, (_, rank) => into.of(rank).length)
  const displs = prefixSums(counts)
  const copy = new (viewConstructor(datatypeOf(recv)))(into.byteLength / recv.BYTES_PER_ELEMENT)
  const from = new Blocks(copy, counts, displs)
  for (let rank = 0; rank < size; rank += 1) copyView(into.of(rank), from.of(rank))
  return { from, into }
}

function* placeAndExchange(members: Members, collective: Collective, blocks: AlltoallBlocks): Steps<void> {
  const { rank } = collective
  placeOwn(members, collective.call, blocks.from.of(rank), blocks.into.of(rank))
  yield* exchangeBlocks(collective, blocks)
}

/** All blocks but the own ones. `sources`: whose blocks come so; null: those of all. `isGiving`: whether this rank's go so. */
export function* exchangeBlocks(
  collective: Collective,
  { from, into }: AlltoallBlocks,
  sources: ReadonlySet<number> | null = null,
  isGiving: boolean = true,
): Steps<void> {
  const { rank, size } = collective
  const receives = []
  for (let i = 1; i < size; i += 1) {
    const source = (rank - i + size) % size
    if (sources === null || sources.has(source)) receives.push(collective.receiveInto(source, into.of(source)))
  }
  for (let i = 1; isGiving && i < size; i += 1) {
    const dest = (rank + i) % size
    const block = from.of(dest)
    collective.send(dest, { datatype: datatypeOf(block), bytes: bytesOf(block) })
  }
  for (const receive of receives) {
    yield receive
    receive.check()
  }
}
