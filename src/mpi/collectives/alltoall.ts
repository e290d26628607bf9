import type { AlltoallOptions } from '../collective-calls.ts'
import type { InPlace } from '../constants.ts'
import { bytesOf, copyOfView, datatypeOf, type View } from '../datatype.ts'
import { checkApart, checkSameType, checkView, isInPlace } from './arguments.ts'
import { type Blocks, blocksOf, targetBlocksOf } from './blocks.ts'
import { Collective, type Members } from './collective.ts'
import { placeOwn } from './gather.ts'
import { packetOf, toSelf, valueOf } from './packet.ts'
import type { Plan } from './run.ts'
import { partsOf } from './scatter.ts'
import type { Steps } from './steps.ts'

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
  checkView(members, call, 'the receive view', recv)
  const recvLayout = { counts: options.recvCounts, displs: options.recvDispls }
  const into = targetBlocksOf(members, call, 'the receive view', recv, recvLayout)
  let from: Blocks
  if (isInPlace(send)) {
    from = blocksOf(members, call, 'the receive view', copyOfView(recv), recvLayout)
  } else {
    checkView(members, call, 'the send view', send)
    checkSameType(members, call, send, recv)
    checkApart(members, call, send, recv)
    const sendLayout = { counts: options.sendCounts, displs: options.sendDispls }
    from = blocksOf(members, call, 'the send view', send, sendLayout)
  }
  const collective = new Collective(members, { call, root: -1, op: null, type: datatypeOf(recv) })
  return { collective, steps: exchangeBlocks(members, collective, from, into) }
}

function* exchangeBlocks(members: Members, collective: Collective, from: Blocks, into: Blocks): Steps<void> {
  const { rank, size, call } = collective
  placeOwn(members, call, from.of(rank), into.of(rank))
  const receives = []
  for (let i = 1; i < size; i += 1) {
    const source = (rank - i + size) % size
    receives.push(collective.receiveInto(source, into.of(source)))
  }
  for (let i = 1; i < size; i += 1) {
    const dest = (rank + i) % size
    const block = from.of(dest)
    collective.send(dest, { datatype: datatypeOf(block), bytes: bytesOf(block) })
  }
  for (const receive of receives) {
    yield receive
    receive.check()
  }
}
