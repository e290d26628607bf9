import type { BlockOptions } from '../../api/collective-calls.ts'
import type { InPlace } from '../../terms/constants.ts'
import { bytesOf, datatypeOf, type View } from '../../datatypes/datatype.ts'
import { checkApart, checkSameType, checkView, isInPlace } from '../call/arguments.ts'
import { type Blocks, targetBlocksOf } from '../call/blocks.ts'
import { isLong } from '../by-messages/choice.ts'
import { Collective } from '../call/collective.ts'
import type { Members } from '../call/members.ts'
import { exchange, type Way } from '../by-messages/exchange.ts'
import { placeOwn } from '../gather/by-messages.ts'
import { packetOf, toSelf, valueOf } from '../call/packet.ts'
import type { Plan } from '../call/run.ts'
import type { Steps } from '../call/steps.ts'

/** MPI_Allgather of values (MPI 4.1 §6.7). Throws ERR_TYPE. */
export function allgather<T>(members: Members, x: T): Plan<T[]> {
  const collective = new Collective(members, { call: 'allgather', root: -1, op: null, type: 0 })
  return { collective, steps: allgatherValues(collective, x) }
}

/** What each rank gives, in rank order, on every rank. */
export function* allgatherValues<T>(collective: Collective, x: T): Steps<T[]> {
  const { rank, size } = collective
  const values = new Array<T>(size)
  const packet = packetOf(x)
  values[rank] = toSelf(x, packet)
  if (size === 1) return values
  const receives = yield* exchange(collective, packet, 'direct', (from) => collective.receive(from))
  for (const [source, receive] of receives.entries()) {
    if (receive === undefined) continue
    yield receive
    values[source] = valueOf<T>(receive.packet)
  }
  return values
}

/** MPI_Allgather and MPI_Allgatherv of views. IN_PLACE as `send`: this rank's block of `recv`. Throws ERR_TYPE, ERR_COUNT, ERR_BUFFER. */
export function allgatherInto(members: Members, send: View | InPlace, recv: View, options: BlockOptions): Plan<void> {
  const blocks = allgatherTarget(members, send, recv, options)
  const long = isLong(members, 'allgatherInto', blocks.byteLength)
  const type = datatypeOf(recv)
  const collective = new Collective(members, { call: 'allgatherInto', root: -1, op: null, type, isLong: long })
  return { collective, steps: allgatherBlocks(collective, blocks, long ? 'ring' : 'direct') }
}

/** The blocks of `recv`, this rank's filled. Throws as `allgatherInto`. */
export function allgatherTarget(members: Members, send: View | InPlace, recv: View, options: BlockOptions): Blocks {
  const call = 'allgatherInto'
  checkView(members, call, 'the receive view', recv)
  const blocks = targetBlocksOf(members, call, 'the receive view', recv, options)
  if (!isInPlace(send)) {
    checkView(members, call, 'the send view', send)
    checkSameType(members, call, send, recv)
    checkApart(members, call, send, recv)
    placeOwn(members, call, send, blocks.of(members.rank))
  }
  return blocks
}

/** Each rank's block on every rank. */
export function* allgatherBlocks(collective: Collective, blocks: Blocks, way: Way = 'direct'): Steps<void> {
  const own = blocks.of(collective.rank)
  const packet = { datatype: datatypeOf(own), bytes: bytesOf(own) }
  const receives = yield* exchange(collective, packet, way, (from, source) =>
    collective.receiveInto(from, blocks.of(source)),
  )
  for (const receive of receives) {
    if (receive === undefined) continue
    yield receive
    receive.check()
  }
}
