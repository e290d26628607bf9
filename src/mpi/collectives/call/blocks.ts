import { isView, subview, type View } from '../../datatypes/datatype.ts'
import { argumentError } from './arguments.ts'
import { whatIs } from '../../terms/in-words.ts'
import type { Members } from './members.ts'

/** The blocks of a view, one for each rank. */
export class Blocks {
  readonly view: View
  /** Elements of each block, and the index of its first one; null: equal blocks, one behind the other. */
  private readonly counts: readonly number[] | null
  private readonly displs: readonly number[]
  private readonly equalCount: number
  private readonly size: number

  constructor(view: View, counts: readonly number[], displs: readonly number[])
  /** `size` equal blocks, one behind the other: all of the view, whose length is a multiple of `size`. */
  constructor(view: View, size: number)
  constructor(view: View, counts: readonly number[] | number, displs: readonly number[] = []) {
    this.view = view
    const isEqual = typeof counts === 'number'
    this.counts = isEqual ? null : counts
    this.displs = displs
    this.size = isEqual ? counts : counts.length
    this.equalCount = isEqual ? view.length / counts : 0
  }

  /** Bytes of all blocks together. */
  get byteLength(): number {
    let length = 0
    for (let rank = 0; rank < this.size; rank += 1) length += this.lengthOf(rank)
    return length * this.view.BYTES_PER_ELEMENT
  }

  /** Elements of the block of a rank. */
  lengthOf(rank: number): number {
    return this.counts === null ? this.equalCount : (this.counts[rank] ?? 0)
  }

  /** Index in the view of the first of them. */
  beginOf(rank: number): number {
    return this.counts === null ? rank * this.equalCount : (this.displs[rank] ?? 0)
  }

  /** The block of a rank; no copy. */
  of(rank: number): View {
    const from = this.beginOf(rank)
    return subview(this.view, from, from + this.lengthOf(rank))
  }
}

/** Lengths and places in elements, as a call was given them. */
export interface Layout {
  readonly counts?: readonly number[] | undefined
  readonly displs?: readonly number[] | undefined
  /** Number of blocks; one for each rank by default. */
  readonly blockCount?: number
}

/**
 * Splits a view in blocks: equal ones without `counts`, one behind the other without `displs`. Throws ERR_COUNT where that does not fit
 * the view. `name`: what the user calls the view.
 */
export function blocksOf(members: Members, call: string, name: string, view: View, layout: Layout): Blocks {
  const size = layout.blockCount ?? members.size
  const refuse = (reason: string): never => {
    throw argumentError(members, 'ERR_COUNT', call, `${name}: ${reason}`)
  }
  if ((layout.counts ?? layout.displs ?? null) === null) {
    checkEqual(view, size, refuse)
    return new Blocks(view, size)
  }
  for (const [what, list] of [
    ['counts', layout.counts],
    ['displs', layout.displs],
  ] as const) {
    // Programs may be JavaScript: what the types exclude comes in.
    const given: unknown = list ?? []
    if (!Array.isArray(given) && !isView(given)) refuse(`${what} is ${whatIs(given)}; give a list of ${size} integers`)
  }
  let counts = layout.counts ?? undefined
  if (counts === undefined) {
    checkEqual(view, size, refuse)
    counts = new Array<number>(size).fill(view.length / size)
  }
  if (counts.length !== size) refuse(`${counts.length} counts for ${size} blocks`)
  const displs = layout.displs ?? prefixSums(counts)
  if (displs.length !== size) refuse(`${displs.length} displacements for ${size} blocks`)
  for (const [rank, count] of counts.entries()) {
    const from = displs[rank] ?? 0
    const isInside =
      Number.isInteger(count) && count >= 0 && Number.isInteger(from) && from >= 0 && from + count <= view.length
    if (!isInside) refuse(`block ${rank} is elements ${from}…${from + count - 1}, the view has ${view.length}`)
  }
  return new Blocks(view, counts, displs)
}

function checkEqual(view: View, size: number, refuse: (reason: string) => never): void {
  if (view.length % size === 0) return
  refuse(`${view.length} elements cannot be split in ${size} equal blocks; give counts`)
}

/** Begin of a slice: a multiple of a cache line, so that no two ranks combine the same one. */
const LINE_BYTES = 64

/** Splits a view of any length in slices, one for each rank, as equal as lines of 64 bytes allow. */
export function slicesOf(view: View, size: number): Blocks {
  const line = LINE_BYTES / view.BYTES_PER_ELEMENT
  const most = Math.ceil(view.length / size / line) * line
  const counts = Array.from({ length: size }, (_, i) => Math.max(0, Math.min(most, view.length - i * most)))
  return new Blocks(view, counts, prefixSums(counts))
}

/** Blocks that are written to; throws ERR_BUFFER where two of them share elements. */
export function targetBlocksOf(members: Members, call: string, name: string, view: View, layout: Layout): Blocks {
  const blocks = blocksOf(members, call, name, view, layout)
  if (layout.displs === undefined) return blocks
  const inOrder = [...Array(layout.blockCount ?? members.size).keys()]
    .map((block) => blocks.of(block))
    .filter((block) => block.length > 0)
    .sort((one, other) => one.byteOffset - other.byteOffset)
  for (const [i, block] of inOrder.entries()) {
    const next = inOrder[i + 1]
    if (next !== undefined && block.byteOffset + block.byteLength > next.byteOffset) {
      throw argumentError(members, 'ERR_BUFFER', call, `${name}: two blocks share elements`)
    }
  }
  return blocks
}

/** Where each block begins when they lie one behind the other. */
export function prefixSums(counts: readonly number[]): number[] {
  const sums: number[] = []
  let sum = 0
  for (const count of counts) {
    sums.push(sum)
    sum += count
  }
  return sums
}
