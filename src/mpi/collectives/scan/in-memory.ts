import { reduceViews } from '../reduce/by-messages.ts'
import { loopFor, reductionOfViews } from '../call/reduction.ts'
import { combineBelow, withOwn } from './by-messages.ts'
import { valueTypes } from '../call/signature.ts'
import type { InPlace } from '../../terms/constants.ts'
import { copyOfView, datatypeOf, type View, viewConstructor } from '../../datatypes/datatype.ts'
import type { ReduceLoop } from '../../operations/reduce-loops.ts'
import { type Op, toOp } from '../../operations/reduce-op.ts'
import type { Options } from '../../terms/request.ts'
import { combineFirst, combineTwo } from '../in-memory/numbers.ts'
import { Place } from '../in-memory/area/area.ts'
import { readElements, writeElements } from '../in-memory/elements.ts'
import type { NodeCalls } from '../in-memory/node-calls.ts'

type ValueScan = 'scan' | 'exscan'
type ViewScan = ValueScan | 'scanInto' | 'exscanInto'

/** MPI_Scan and MPI_Exscan of a number by one of the operations of `isPlainNumber`. Waits for the ranks below this one. */
export function scanNumber(
  calls: NodeCalls,
  call: ValueScan,
  x: number,
  op: Op,
  options: Options | undefined,
): number | undefined {
  try {
    const { area } = calls
    calls.begin({ call, root: -1, op, type: valueTypes.number }, options, true)
    area.floats[area.payloadOffset(area.rank) / 8] = x
    calls.publish(0, Place.slot, 8, true)
    for (let member = 0; member < area.rank; member += 1) calls.awaitOne(member)
    const below = numbersBelow(calls, op)
    calls.end()
    if (call === 'exscan') return below
    return below === undefined ? x : combineTwo(op, below, x)
  } catch (error) {
    throw calls.fail(error)
  }
}

/** In the order of scan/by-messages.ts: the blocks below a rank, from the nearest to the farthest. */
function numbersBelow({ area, numbers }: NodeCalls, op: Op): number | undefined {
  const { rank, floats } = area
  let below: number | undefined
  for (let count = 1; count <= rank; count *= 2) {
    if ((rank & count) === 0) continue
    const first = firstBelow(rank, count)
    for (let i = 0; i < count; i += 1) numbers[i] = floats[area.payloadOffset(first + i) / 8] ?? 0
    const block = combineFirst(numbers, count, op)
    below = below === undefined ? block : combineTwo(op, block, below)
  }
  return below
}

/** First rank of the block of `count` ranks, a power of two that `rank` has, which ends where the blocks nearer to it begin. */
function firstBelow(rank: number, count: number): number {
  return rank & ~(2 * count - 1)
}

/** MPI_Scan and MPI_Exscan of a view, in new memory: in the slots, or by messages where it does not fit. undefined: nothing is below this rank. */
export function scanView(
  calls: NodeCalls,
  call: ViewScan,
  x: View,
  givenOp: unknown,
  options: Options | undefined,
): View | undefined {
  const { area, members } = calls
  const op = toOp(givenOp, calls.engine.rank, call)
  const reduction = reductionOfViews(members, call, x, op)
  const isWithOwn = call === 'scan' || call === 'scanInto'
  const slot = calls.slots.slotFor(x.byteLength)
  const memory = calls.slots.memory(reduction.type)
  try {
    calls.begin({ call, root: -1, op, type: reduction.type }, options, slot !== null)
    const at = calls.slots.payloadIn(slot, area.rank)
    if (at !== undefined) writeElements(memory, at / x.BYTES_PER_ELEMENT, x)
    const place = slot ?? Place.messages
    calls.publish(reduction.type, place, x.byteLength, true)
    for (let member = 0; member < area.rank; member += 1) {
      calls.awaitOne(member)
      calls.checkLike(member, reduction.type, place, x.byteLength)
    }
    let result: View | undefined
    if (slot !== null) result = inSlots(calls, slot, x, op, loopFor(members, call, x, op), isWithOwn)
    else result = calls.goOn((collective) => (isWithOwn ? withOwn : combineBelow)(collective, reduction, x))
    calls.end()
    return result
  } catch (error) {
    throw calls.fail(error)
  }
}

/** Combines what the slots hold, in the order of scan/by-messages.ts. */
function inSlots(
  calls: NodeCalls,
  slot: number,
  x: View,
  op: Op,
  loop: ReduceLoop,
  isWithOwn: boolean,
): View | undefined {
  const { rank } = calls.area
  const { length, BYTES_PER_ELEMENT: bytes } = x
  const datatype = datatypeOf(x)
  const memory = calls.slots.memory(datatype)
  let below: View | undefined
  for (let count = 1; count <= rank; count *= 2) {
    if ((rank & count) === 0) continue
    const first = firstBelow(rank, count)
    const froms = Array.from({ length: count }, (_, i) => calls.slots.payloadIn(slot, first + i) ?? 0)
    const block = new (viewConstructor(datatype))(length)
    if (count === 1) readElements(block, memory, (froms[0] ?? 0) / bytes)
    else calls.combiner.combine(block, froms, op, loop)
    if (below !== undefined) loop(block, 0, block, 0, below, 0, length)
    below = block
  }
  if (!isWithOwn) return below
  if (below === undefined) return copyOfView(x)
  loop(below, 0, below, 0, x, 0, length)
  return below
}

/** MPI_Scan and MPI_Exscan of views. */
export function scanIntoInMemory(
  calls: NodeCalls,
  call: 'scanInto' | 'exscanInto',
  send: View | InPlace,
  recv: View,
  op: unknown,
  options: Options | undefined,
): void {
  const { contribution } = reduceViews(calls.members, call, send, recv, -1)
  const result = scanView(calls, call, contribution, op, options)
  if (result !== undefined) recv.set(result as never)
}
