import type { View } from '../../../datatypes/datatype.ts'
import type { ReduceLoop } from '../../../operations/reduce-loops.ts'
import type { ReduceKernel } from './reduce-kernel.ts'

/** Combines elements of all ranks that lie in the node's memory, in the order ((0+1)+(2+3))+…, that of reduce/by-messages.ts. */
export class Slices {
  private readonly memory: View
  private readonly loop: ReduceLoop
  private readonly kernel: ReduceKernel | null

  /** `kernel` does the same as `loop`, faster. */
  constructor(memory: View, loop: ReduceLoop, kernel: ReduceKernel | null) {
    this.memory = memory
    this.loop = loop
    this.kernel = kernel
  }

  /** The `count` elements at byte `places[into]` become the combination of those at all places, which are lost. */
  combine(places: readonly number[], into: number, count: number): void {
    const size = places.length
    const result = places[into] ?? 0
    for (let distance = 1; distance < size; distance *= 2) {
      const isLast = distance * 2 >= size
      for (let i = 0; i + distance < size; i += 2 * distance) {
        const lower = places[i] ?? 0
        this.two(isLast ? result : lower, lower, places[i + distance] ?? 0, count)
      }
    }
  }

  /** `count` elements at byte `to` become `lower op higher`; `to` may be one of them. */
  two(to: number, lower: number, higher: number, count: number): void {
    const { kernel, loop, memory } = this
    if (kernel !== null) return kernel(to, lower, higher, count)
    const bytes = memory.BYTES_PER_ELEMENT
    loop(memory, to / bytes, memory, lower / bytes, memory, higher / bytes, count)
  }
}
