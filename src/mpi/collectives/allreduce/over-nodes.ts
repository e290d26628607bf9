import { copyElements } from '../../../base/copy-bytes.ts'
import type { InPlace } from '../../terms/constants.ts'
import { datatypeOf, type View, viewConstructor } from '../../datatypes/datatype.ts'
import type { NodeTable } from '../../groups/node-table.ts'
import { toOp } from '../../operations/reduce-op.ts'
import type { Options } from '../../terms/request.ts'
import type { CollectiveReceive } from '../call/collective-receive.ts'
import { loopFor } from '../call/reduction.ts'
import type { Steps } from '../call/steps.ts'
import { isLong } from '../by-messages/choice.ts'
import { Place } from '../in-memory/area/area.ts'
import { Slices } from '../in-memory/combining/slices.ts'
import type { ViewReduction } from '../in-memory/combine-views.ts'
import { type CrossingPlan, LINE_BYTES, partBegin } from '../over-nodes/crossing-plan.ts'
import type { OverNodes, Shared } from '../over-nodes/over-nodes.ts'
import { reduceViews } from '../reduce/by-messages.ts'

/** MPI_Allreduce of a view, in new memory; null: it goes by messages, on all ranks. */
export function allreduceOverNodes(
  over: OverNodes,
  x: View,
  givenOp: unknown,
  options: Options | undefined,
): View | null {
  const call = 'allreduce'
  if (!isLong(over.members, call, x.byteLength)) return null
  const op = toOp(givenOp, over.members.collectives.engine.rank, call)
  const to = new (viewConstructor(datatypeOf(x)))(x.length)
  return combineOverNodes(over, { call, from: x, to, op, root: -1 }, options) ? to : null
}

/** MPI_Allreduce of views of the same type and length on all ranks; false as above. */
export function allreduceIntoOverNodes(
  over: OverNodes,
  send: View | InPlace,
  recv: View,
  givenOp: unknown,
  options: Options | undefined,
): boolean {
  const call = 'allreduceInto'
  const { contribution } = reduceViews(over.members, call, send, recv, -1)
  if (!isLong(over.members, call, recv.byteLength)) return false
  const op = toOp(givenOp, over.members.collectives.engine.rank, call)
  return combineOverNodes(over, { call, from: contribution, to: recv, op, root: -1 }, options)
}

function combineOverNodes(over: OverNodes, reduction: ViewReduction, options: Options | undefined): boolean {
  const { call, from, op } = reduction
  const loop = loopFor(over.members, call, from, op)
  const datatype = datatypeOf(from)
  const signature = { call, root: -1, op, type: datatype, isLong: true }
  const shared = over.sharedFor(signature, options)
  if (shared === null) return false
  const { calls } = shared
  try {
    calls.begin(signature, options)
    calls.area.beginSteps()
    calls.publish(datatype, Place.pieces, from.byteLength, false)
    calls.awaitAll()
    calls.checkAllLike(datatype, Place.pieces, from.byteLength)
    const slices = new Slices(calls.slots.memory(datatype), loop, calls.kernels.find(op, datatype))
    new Rounds(over, shared, reduction, slices).run()
    calls.end()
    return true
  } catch (error) {
    throw calls.fail(error)
  }
}

/** A part of a view: its first element and their number. */
interface Part {
  readonly begin: number
  readonly length: number
}

/**
 * One call, in rounds of a piece of the view: each rank copies its contribution to the node's memory; the ranks of a node combine what its subtrees give, a
 * part each; of that each node gets its slice from all others, straight into its memory, combines it in the same way, and gives them the result; each rank
 * copies all out. All of it in the order of evaluation-tree.ts.
 */
class Rounds {
  private readonly plan: CrossingPlan
  private readonly shared: Shared
  private readonly reduction: ViewReduction
  private readonly slices: Slices
  private readonly memory: View
  private readonly bytes: number
  private readonly table: NodeTable
  private steps = 0

  constructor({ plan, members }: OverNodes, shared: Shared, reduction: ViewReduction, slices: Slices) {
    const { from } = reduction
    this.plan = plan
    this.table = members.nodes
    this.shared = shared
    this.reduction = reduction
    this.slices = slices
    this.memory = shared.calls.slots.memory(datatypeOf(from))
    this.bytes = from.BYTES_PER_ELEMENT
  }

  run(): void {
    const { length } = this.reduction.from
    const rounds = Math.ceil((length * this.bytes) / this.plan.pieceBytes)
    // As equal as can be, so that views of different lengths are found out by their first slice.
    const most = Math.ceil(length / rounds)
    for (let at = 0; at < length; at += most) this.round(at, Math.min(most, length - at))
  }

  private round(at: number, count: number): void {
    const { bytes, memory, plan } = this
    const { calls } = this.shared
    const { rank } = calls.area
    const { from, to } = this.reduction
    const [mine, result] = [this.memberPlace(rank), this.memberPlace(0)]
    const slice = this.sliceOf(plan.node, count)
    const slices = this.receiveSlices(slice)
    // The others may still copy the result of the round before out of the head's memory.
    if (rank === 0 && this.steps > 0) calls.awaitSteps(this.steps)
    copyElements(memory, mine / bytes, from, at, count)
    this.meet()
    this.combineSubtrees(count)
    this.meet()
    const results = this.receiveResults(count)
    this.sendSlices(count)
    this.awaitAll(slices)
    this.meet()
    this.combineAll(slice)
    this.meet()
    for (const partner of plan.partners) this.send(partner.rank, result, slice)
    this.awaitAll(results)
    this.meet()
    if (to !== null) copyElements(to, at, memory, result / bytes, count)
    this.steps += 1
    calls.step(this.steps)
  }

  private meet(): void {
    const { calls } = this.shared
    this.steps += 1
    calls.step(this.steps)
    calls.awaitSteps(this.steps)
  }

  /** This rank's part of what each subtree of its node gives, in the memory of the subtree's first rank. */
  private combineSubtrees(count: number): void {
    const part = this.partOf({ begin: 0, length: count })
    if (part.length === 0) return
    for (const { first, count: ranks } of this.plan.own) {
      const places = Array.from({ length: ranks }, (_, i) => this.placeOf(first + i) + part.begin * this.bytes)
      this.slices.combine(places, 0, part.length)
    }
  }

  /** This rank's part of its node's slice of what all subtrees give; the result lies in the head's memory. */
  private combineAll(slice: Part): void {
    const { bytes, plan } = this
    const part = this.partOf(slice)
    if (part.length === 0) return
    const places: number[] = []
    for (const { index, first } of plan.own) places[index] = this.placeOf(first) + part.begin * bytes
    const shift = (part.begin - slice.begin) * bytes
    for (const [i, { index }] of plan.others.entries()) places[index] = this.heldPlace(i, slice) + shift
    const result = this.memberPlace(0) + part.begin * bytes
    for (const [i, { lower, higher }] of plan.pairings.entries()) {
      const [low, high] = [places[lower] ?? 0, places[higher] ?? 0]
      this.slices.two(i + 1 === plan.pairings.length ? result : low, low, high, part.length)
    }
  }

  /** What this rank's partners send of its node's slice: what each subtree of theirs gives. */
  private receiveSlices(slice: Part): CollectiveReceive[] {
    const { others, partners } = this.plan
    const receives: CollectiveReceive[] = []
    for (const { node, rank } of slice.length > 0 ? partners : []) {
      for (const [i, subtree] of others.entries()) {
        if (subtree.node === node) receives.push(this.receive(rank, this.heldPlace(i, slice), slice.length))
      }
    }
    return receives
  }

  private sendSlices(count: number): void {
    for (const { node, rank } of this.plan.partners) {
      const slice = this.sliceOf(node, count)
      for (const { first } of this.plan.own) this.send(rank, this.placeOf(first), slice)
    }
  }

  /** The results of the partners' slices come to the head's memory, where what they were sent for them has been. */
  private receiveResults(count: number): CollectiveReceive[] {
    const receives: CollectiveReceive[] = []
    for (const { node, rank } of this.plan.partners) {
      const { begin, length } = this.sliceOf(node, count)
      if (length > 0) receives.push(this.receive(rank, this.memberPlace(0) + begin * this.bytes, length))
    }
    return receives
  }

  private awaitAll(receives: readonly CollectiveReceive[]): void {
    this.shared.calls.goOn(function* (): Steps<void> {
      for (const receive of receives) {
        yield receive
        receive.check()
      }
    })
  }

  private receive(source: number, place: number, length: number): CollectiveReceive {
    const from = place / this.bytes
    return this.shared.calls.collective.receiveInto(source, this.memory.subarray(from, from + length))
  }

  /** Sends a part of the elements that begin at byte `place` of the memory. */
  private send(dest: number, place: number, { begin, length }: Part): void {
    if (length === 0) return
    const { calls } = this.shared
    const from = place + begin * this.bytes
    const bytes = calls.slots.bytes.subarray(from, from + length * this.bytes)
    calls.collective.send(dest, { datatype: datatypeOf(this.memory), bytes })
  }

  /** The slice that a node owns. */
  private sliceOf(node: number, count: number): Part {
    return this.cut({ begin: 0, length: count }, node, this.plan.nodes)
  }

  /** What of a part this rank combines for its node. */
  private partOf(whole: Part): Part {
    const { rank, size } = this.shared.calls.area
    return this.cut(whole, rank, size)
  }

  private cut({ begin, length }: Part, i: number, parts: number): Part {
    const from = partBegin(i, parts, length, this.bytes)
    return { begin: begin + from, length: partBegin(i + 1, parts, length, this.bytes) - from }
  }

  /** Byte offset of a member's memory. */
  private memberPlace(member: number): number {
    return this.shared.offset + member * this.plan.memberBytes
  }

  /** Byte offset of what a rank of the communicator, of this node, gives. */
  private placeOf(rank: number): number {
    return this.memberPlace(this.table.placeOf(rank))
  }

  /** Byte offset of the slice that another node's subtree, the i-th of them, gives. */
  private heldPlace(i: number, { length }: Part): number {
    const { size } = this.shared.calls.area
    const sliceBytes = Math.ceil((length * this.bytes) / LINE_BYTES) * LINE_BYTES
    return this.memberPlace(i % size) + this.plan.pieceBytes + Math.floor(i / size) * sliceBytes
  }
}
