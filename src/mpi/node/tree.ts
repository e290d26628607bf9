import { type View, viewConstructor } from '../datatype.ts'
import type { ReduceLoop } from '../reduce-loops.ts'

const NOTHING = new Uint8Array(0)

/**
 * Combines what the ranks give in the order ((0+1)+(2+3))+…, that of collectives/reduce.ts: of n ranks, the first 2^k, with 2^k < n ≤ 2^(k+1),
 * apart from the others. The parts stay as they are.
 */
export class Tree {
  private loop: ReduceLoop | null = null
  /** Where each level of the tree has its elements. */
  private readonly views: View[]
  private readonly froms: number[]
  /** Memory for what levels have combined, `most` elements each. */
  private scratch: View = NOTHING
  private most = 0

  constructor(size: number) {
    const levels = Math.ceil(Math.log2(Math.max(size, 2))) + 1
    this.views = new Array<View>(levels).fill(NOTHING)
    this.froms = new Array<number>(levels).fill(0)
  }

  /** Prepares for views of a datatype, of which up to `most` elements are combined at a time. */
  use(loop: ReduceLoop, datatype: number, most: number): void {
    this.loop = loop
    const levels = this.views.length - 2
    if (levels === 0) return
    const constructor = viewConstructor(datatype)
    const isFit = this.scratch instanceof constructor && this.scratch.length >= levels * most
    if (!isFit) this.scratch = new constructor(levels * most)
    this.most = Math.floor(this.scratch.length / levels)
  }

  /** Elements `into` … `into + count - 1` of `to` become the combination of those that begin at `froms[rank]` of `views[rank]`. */
  combine(to: View, into: number, views: readonly View[], froms: readonly number[], count: number): void {
    this.part(0, { to, into, views, froms, count }, 0, froms.length)
  }

  private part(level: number, task: Task, first: number, ranks: number): void {
    if (ranks === 1) {
      this.views[level] = task.views[first] ?? NOTHING
      this.froms[level] = task.froms[first] ?? 0
      return
    }
    let half = 1
    while (half * 2 < ranks) half *= 2
    this.part(level, task, first, half)
    this.part(level + 1, task, first + half, ranks - half)
    const [lower, higher] = [this.views[level] ?? NOTHING, this.views[level + 1] ?? NOTHING]
    const [lowerFrom, higherFrom] = [this.froms[level] ?? 0, this.froms[level + 1] ?? 0]
    const result = level === 0 ? task.to : this.scratch
    const place = level === 0 ? task.into : (level - 1) * this.most
    this.loop?.(result, place, lower, lowerFrom, higher, higherFrom, task.count)
    this.views[level] = result
    this.froms[level] = place
  }
}

/** What `Tree.combine` is to do. */
interface Task {
  readonly to: View
  readonly into: number
  readonly views: readonly View[]
  readonly froms: readonly number[]
  readonly count: number
}
