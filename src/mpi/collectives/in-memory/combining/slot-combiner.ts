import { copyElements } from '../../../../base/copy-bytes.ts'
import { datatypeOf, type View } from '../../../datatypes/datatype.ts'
import { lowerHalf } from '../../../groups/evaluation-tree.ts'
import type { ReduceLoop } from '../../../operations/reduce-loops.ts'
import type { Op } from '../../../operations/reduce-op.ts'
import type { SlotMemory } from '../area/slot-memory.ts'
import type { ReduceKernel, ReduceKernels } from './reduce-kernel.ts'
import { Tree } from './tree.ts'

/** From here on vector instructions and a copy of what they have made beat the compiled loop (measured). */
const LEAST_KERNEL_BYTES = 1024

/** Combines what ranks have in their slots, which stays as it is, in the order ((0+1)+(2+3))+…. */
export class SlotCombiner {
  private readonly slots: SlotMemory
  private readonly kernels: ReduceKernels
  private readonly tree: Tree
  private kernel: ReduceKernel | null = null
  private count = 0
  private byteLength = 0
  private froms: readonly number[] = []
  private scratch = 0

  /** `size`: of the communicator. */
  constructor(slots: SlotMemory, kernels: ReduceKernels, size: number) {
    this.slots = slots
    this.kernels = kernels
    this.tree = new Tree(size)
  }

  /** `to` becomes the combination of as many elements at each of the byte offsets `froms` of the memory. `loop`: that of the operation and type. */
  combine(to: View, froms: readonly number[], op: Op, loop: ReduceLoop): void {
    const isLong = to.byteLength >= LEAST_KERNEL_BYTES
    if (!(isLong && this.combineByKernel(to, froms, op))) this.combineByLoop(to, froms, loop)
  }

  /** False: there is no kernel, or no memory for it. */
  private combineByKernel(to: View, froms: readonly number[], op: Op): boolean {
    const { kernels, slots } = this
    const { byteLength, length, BYTES_PER_ELEMENT: bytes } = to
    const datatype = datatypeOf(to)
    const scratch = slots.scratchFor(byteLength * levelsOf(froms.length))
    const kernel = scratch === undefined ? null : kernels.find(op, datatype)
    if (kernel === null || scratch === undefined) return false
    this.kernel = kernel
    this.count = length
    this.byteLength = byteLength
    this.froms = froms
    this.scratch = scratch
    copyElements(to, 0, slots.memory(datatype), this.part(0, 0, froms.length) / bytes, length)
    return true
  }

  private combineByLoop(to: View, froms: readonly number[], loop: ReduceLoop): void {
    const { slots, tree } = this
    const memory = slots.memory(datatypeOf(to))
    if (froms.length === 2) {
      const { length, BYTES_PER_ELEMENT: bytes } = to
      loop(to, 0, memory, (froms[0] ?? 0) / bytes, memory, (froms[1] ?? 0) / bytes, length)
    } else {
      tree.use(loop, to)
      tree.combine(to, memory, froms)
    }
  }

  /** Byte offset of the combination of ranks, in memory of `level` where they are several. */
  private part(level: number, first: number, ranks: number): number {
    if (ranks === 1) return this.froms[first] ?? 0
    const half = lowerHalf(ranks)
    const lower = this.part(level, first, half)
    const higher = this.part(level + 1, first + half, ranks - half)
    const to = this.scratch + level * this.byteLength
    this.kernel?.(to, lower, higher, this.count)
    return to
  }
}

/** Levels of the tree, each of which needs memory. */
function levelsOf(ranks: number): number {
  return Math.ceil(Math.log2(ranks))
}
