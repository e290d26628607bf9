import { copyElements } from '../../base/copy-bytes.ts'
import type { View } from './datatype.ts'
import { type Loop, loopsOf } from './strided-loops.ts'

/** Where elements that do not lie one behind the other are in a view. */
export interface ElementPlaces {
  /** Number of elements. */
  readonly length: number
  /** Copies them, in order, to the beginning of `to`, which is as long; both are of `datatype`. */
  pack(from: View, to: View, datatype: number): void
  /** Copies `from`, which is as long, into their places. */
  unpack(from: View, to: View, datatype: number): void
}

/** Blocks of any lengths at any places. */
export class IndexedPlaces implements ElementPlaces {
  readonly length: number
  private readonly begins: readonly number[]
  private readonly lengths: readonly number[]

  constructor(begins: readonly number[], lengths: readonly number[]) {
    this.begins = begins
    this.lengths = lengths
    this.length = lengths.reduce((sum, length) => sum + length, 0)
  }

  pack(from: View, to: View): void {
    let at = 0
    for (let block = 0; block < this.begins.length; block += 1) {
      const length = this.lengths[block] as number
      copyElements(to, at, from, this.begins[block] as number, length)
      at += length
    }
  }

  unpack(from: View, to: View): void {
    let at = 0
    for (let block = 0; block < this.begins.length; block += 1) {
      const length = this.lengths[block] as number
      copyElements(to, this.begins[block] as number, from, at, length)
      at += length
    }
  }
}

/** Elements `stride` apart from each other, `extent` of them. */
interface Dimension {
  readonly extent: number
  readonly stride: number
}

/** Runs of at least so many bytes are copied as memory (measured: a loop takes as long for about 64 elements of 8 bytes). */
const RUN_BYTES = 512
/** The loops count with 32 bits. */
const MOST_PLACES = 2 ** 31 - 4
const NONE: Dimension = { extent: 1, stride: 0 }

/** A grid: at each combination of 0…extent-1 times stride of its dimensions (outermost first) from `offset` on there is an element. */
export class GridPlaces implements ElementPlaces {
  readonly length: number
  /** Elements that are copied as memory; 0: each is moved by itself. */
  private readonly run: number
  /** The innermost dimensions, of elements or of runs, which have a loop. */
  private readonly two: Dimension
  private readonly one: Dimension
  private readonly zero: Dimension
  /** Where that loop begins, for each combination of all others. */
  private readonly begins: readonly number[]

  constructor(offset: number, dimensions: readonly Dimension[], elementBytes: number) {
    this.length = dimensions.reduce((product, { extent }) => product * extent, 1)
    const own = joined(dimensions)
    const inner = own.at(-1) ?? { extent: 1, stride: 1 }
    const last = dimensions.reduce((place, { extent, stride }) => place + (extent - 1) * stride, offset)
    const isFar = last >= MOST_PLACES
    const isRun = own.length < 2 || isFar || inner.extent * elementBytes >= RUN_BYTES
    if (inner.stride === 1 && isRun) {
      this.run = inner.extent
      own.pop()
    } else this.run = isFar ? 1 : 0
    this.zero = own.pop() ?? NONE
    this.one = own.pop() ?? NONE
    this.two = own.pop() ?? NONE
    this.begins = this.length === 0 ? [] : combinations(own, offset)
  }

  pack(from: View, to: View, datatype: number): void {
    this.move(from, to, loopsOf(datatype).pack, false)
  }

  unpack(from: View, to: View, datatype: number): void {
    this.move(to, from, loopsOf(datatype).unpack, true)
  }

  private move(inside: View, outside: View, loop: Loop, isIn: boolean): void {
    const { two, one, zero } = this
    let at = 0
    for (const from of this.begins) {
      if (this.run > 0) at = this.moveRuns(inside, outside, from, at, isIn)
      else
        at = loop(inside, outside, from, at, two.extent, two.stride, one.extent, one.stride, zero.extent, zero.stride)
    }
  }

  /** Returns the place behind the last element. */
  private moveRuns(inside: View, outside: View, from: number, begin: number, isIn: boolean): number {
    const { two, one, zero, run } = this
    let at = begin
    for (let i2 = 0, p2 = from; i2 < two.extent; i2 += 1, p2 += two.stride) {
      for (let i1 = 0, p1 = p2; i1 < one.extent; i1 += 1, p1 += one.stride) {
        for (let i0 = 0, p0 = p1; i0 < zero.extent; i0 += 1, p0 += zero.stride) {
          if (isIn) copyElements(inside, p0, outside, at, run)
          else copyElements(outside, at, inside, p0, run)
          at += run
        }
      }
    }
    return at
  }
}

/** Without dimensions of one element; one that goes on where the next one ends is one with it. */
function joined(dimensions: readonly Dimension[]): Dimension[] {
  const out: Dimension[] = []
  for (const { extent, stride } of dimensions) {
    if (extent === 1) continue
    const before = out.at(-1)
    if (before !== undefined && before.stride === extent * stride) {
      out[out.length - 1] = { extent: before.extent * extent, stride }
    } else out.push({ extent, stride })
  }
  return out
}

/** The places of all combinations of dimensions, from `from` on. */
function combinations(dimensions: readonly Dimension[], from: number): number[] {
  let places = [from]
  for (const { extent, stride } of dimensions) {
    places = places.flatMap((place) => Array.from({ length: extent }, (_, i) => place + i * stride))
  }
  return places
}
