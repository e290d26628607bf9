import { copyElements } from '../../../base/copy-bytes.ts'
import { blocksOfContribution, reduceScatterViews } from './by-messages.ts'
import { loopFor } from '../call/reduction.ts'
import type { CollectiveCall } from '../call/signature.ts'
import type { InPlace } from '../../terms/constants.ts'
import { datatypeOf, type View, viewConstructor } from '../../datatypes/datatype.ts'
import { type Op, toOp } from '../../operations/reduce-op.ts'
import type { ReduceLoop } from '../../operations/reduce-loops.ts'
import type { Options } from '../../terms/request.ts'
import { Place, SLOT_PAYLOAD } from '../in-memory/area/area.ts'
import { writeElements } from '../in-memory/elements.ts'
import type { NodeCalls } from '../in-memory/node-calls.ts'
import type { Pieces } from '../in-memory/pieces.ts'
import { Slices } from '../in-memory/combining/slices.ts'

/** One rank's part of the call. */
interface Task {
  readonly call: CollectiveCall
  /** By the rank that combines them; all ranks give blocks of the same lengths. */
  readonly parts: readonly View[]
  readonly to: View
  readonly op: Op
}

/** MPI_Reduce_scatter of a view, in new memory; null: it is too long for the memory that there is, on all ranks. */
export function reduceScatterView(
  calls: NodeCalls,
  x: View,
  givenOp: unknown,
  counts: readonly number[] | undefined,
  options: Options,
): View | null {
  const call = 'reduceScatter'
  const parts = blocksOfContribution(calls.members, call, x, counts)
  const op = toOp(givenOp, calls.engine.rank, call)
  const to = new (viewConstructor(datatypeOf(x)))(parts[calls.area.rank]?.length ?? 0)
  return combineParts(calls, { call, parts, to, op }, options) ? to : null
}

/** MPI_Reduce_scatter of views; false as above. */
export function reduceScatterIntoInMemory(
  calls: NodeCalls,
  send: View | InPlace,
  recv: View,
  givenOp: unknown,
  counts: readonly number[] | undefined,
  options: Options,
): boolean {
  const call = 'reduceScatterInto'
  const { parts, into } = reduceScatterViews(calls.members, send, recv, counts)
  const op = toOp(givenOp, calls.engine.rank, call)
  return combineParts(calls, { call, parts, to: into, op }, options)
}

function combineParts(calls: NodeCalls, task: Task, options: Options): boolean {
  const { area, members } = calls
  const { call, parts, to, op } = task
  const loop = loopFor(members, call, to, op)
  const datatype = datatypeOf(to)
  const bytes = to.BYTES_PER_ELEMENT
  const byteLength = parts.reduce((sum, part) => sum + part.byteLength, 0)
  const isShort = byteLength <= SLOT_PAYLOAD - wordBytes(area.size)
  const slot = isShort ? Place.slot : calls.slots.slotFor(Math.max(byteLength, SLOT_PAYLOAD + 1))
  const pieces = slot === null ? calls.pieces() : null
  if (pieces === null && slot === null) return false
  const place = slot ?? Place.pieces
  const memory = calls.slots.memory(datatype)
  try {
    calls.begin({ call, root: -1, op, type: datatype }, options, pieces === null && op.fn === null)
    area.beginSteps()
    writeLengths(calls, parts)
    let at = dataIn(calls, place, area.rank) / bytes
    for (const part of pieces === null ? parts : []) {
      writeElements(memory, at, part)
      at += part.length
    }
    calls.publish(datatype, place, byteLength, false)
    calls.awaitAll()
    calls.checkAllLike(datatype, place, byteLength)
    checkLengths(calls, parts, datatype)
    let steps = 0
    if (pieces === null) combineSlots(calls, task, place, loop)
    else steps = combinePieces(calls, pieces, task, memory, new Slices(memory, loop, calls.kernels.find(op, datatype)))
    // A function may throw on one rank alone.
    if (op.fn !== null) calls.meet(steps + 1)
    calls.end()
    return true
  } catch (error) {
    throw calls.fail(error)
  }
}

/** Byte offset of a member's elements in a slot of this call: behind the numbers, or in the wide slot. */
function dataIn(calls: NodeCalls, place: number, member: number): number {
  const payload = calls.slots.payloadIn(place, member) ?? 0
  return place === Place.slot ? payload + wordBytes(calls.area.size) : payload
}

/** A slot begins with the numbers of elements of all parts (uint32). */
function wordBytes(size: number): number {
  return Math.ceil(size / 2) * 8
}

function writeLengths({ area }: NodeCalls, parts: readonly View[]): void {
  const word = area.payloadOffset(area.rank) / 4
  // Read behind hasCome(), as every payload.
  for (const [owner, part] of parts.entries()) area.words[word + owner] = part.length
}

function checkLengths(calls: NodeCalls, parts: readonly View[], datatype: number): void {
  const { area } = calls
  for (let member = 0; member < area.size; member += 1) {
    const word = area.payloadOffset(member) / 4
    for (const [owner, { byteLength, BYTES_PER_ELEMENT: bytes }] of parts.entries()) {
      const given = ((area.words[word + owner] ?? 0) >>> 0) * bytes
      calls.checkGiven(member, { datatype, byteLength: given }, { datatype, byteLength })
    }
  }
}

function combineSlots(calls: NodeCalls, { parts, to, op }: Task, place: number, loop: ReduceLoop): void {
  const { area } = calls
  if (to.length === 0) return
  let before = 0
  for (let owner = 0; owner < area.rank; owner += 1) before += parts[owner]?.byteLength ?? 0
  for (let member = 0; member < area.size; member += 1) calls.froms[member] = dataIn(calls, place, member) + before
  calls.combiner.combine(to, calls.froms, op, loop)
}

/** Each rank combines its part, of which the others give it theirs in memory, a piece of each part at a time. Returns the number of steps taken. */
function combinePieces(calls: NodeCalls, pieces: Pieces, { parts, to }: Task, memory: View, slices: Slices): number {
  const { rank, size } = calls.area
  const bytes = to.BYTES_PER_ELEMENT
  const most = pieces.partBytes(size) / bytes
  const longest = parts.reduce((length, part) => Math.max(length, part.length), 0)
  const places = new Array<number>(size).fill(0)
  return pieces.rounds(Math.ceil(longest / most), {
    write: (round) => {
      for (let i = 0; i < size; i += 1) {
        const owner = (rank + i) % size
        const [part, at] = [parts[owner] ?? to, round * most]
        const place = pieces.partPlace(rank, round, size, owner) / bytes
        copyElements(memory, place, part, at, Math.min(most, part.length - at))
      }
    },
    readAll: (round) => {
      const at = round * most
      const count = Math.min(most, to.length - at)
      if (count <= 0) return
      for (let member = 0; member < size; member += 1) places[member] = pieces.partPlace(member, round, size, rank)
      slices.combine(places, rank, count)
      copyElements(to, at, memory, (places[rank] ?? 0) / bytes, count)
    },
  })
}
