import { datatypeOf, type View, viewConstructor } from '../../../datatypes/datatype.ts'
import { lowerHalf } from '../../../groups/evaluation-tree.ts'
import type { ReduceLoop } from '../../../operations/reduce-loops.ts'

const NOTHING = new Uint8Array(0)

/** Combines what the ranks give in the order of groups/evaluation-tree.ts. The parts stay as they are. */
export class Tree {
  private loop: ReduceLoop | null = null
  /** Where each level of the tree has its elements. */
  private readonly views: View[]
  private readonly indices: number[]
  /** Memory for what levels have combined, `most` elements each. */
  private scratch: View = NOTHING
  private most = 0
  private to: View = NOTHING
  private memory: View = NOTHING
  private froms: readonly number[] = []

  constructor(size: number) {
    const levels = Math.ceil(Math.log2(Math.max(size, 2))) + 1
    this.views = new Array<View>(levels).fill(NOTHING)
    this.indices = new Array<number>(levels).fill(0)
  }

  /** Prepares for a result like `to`. */
  use(loop: ReduceLoop, to: View): void {
    this.loop = loop
    const levels = this.views.length - 2
    if (levels === 0) return
    const constructor = viewConstructor(datatypeOf(to))
    const isFit = this.scratch instanceof constructor && this.scratch.length >= levels * to.length
    if (!isFit) this.scratch = new constructor(levels * to.length)
    this.most = Math.floor(this.scratch.length / levels)
  }

  /** `to` becomes the combination of as many elements at each of the byte offsets `froms` of `memory`. */
  combine(to: View, memory: View, froms: readonly number[]): void {
    this.to = to
    this.memory = memory
    this.froms = froms
    this.part(0, 0, froms.length)
  }

  private part(level: number, first: number, ranks: number): void {
    const { views, indices, to } = this
    if (ranks === 1) {
      views[level] = this.memory
      indices[level] = (this.froms[first] ?? 0) / to.BYTES_PER_ELEMENT
      return
    }
    const half = lowerHalf(ranks)
    this.part(level, first, half)
    this.part(level + 1, first + half, ranks - half)
    const [lower, higher] = [views[level] ?? NOTHING, views[level + 1] ?? NOTHING]
    const result = level === 0 ? to : this.scratch
    const place = level === 0 ? 0 : (level - 1) * this.most
    this.loop?.(result, place, lower, indices[level] ?? 0, higher, indices[level + 1] ?? 0, to.length)
    views[level] = result
    indices[level] = place
  }
}
