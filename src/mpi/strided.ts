import { checkNames } from './check-options.ts'
import { datatypeOf, isView, subview, type View, viewConstructor } from './datatype.ts'
import { show } from './in-words.ts'
import { showAs } from './inspect.ts'
import { MPIError, type MPIErrorCode } from './mpi-error.ts'

/** Blocks of equal length at equal distances, in elements (MPI_Type_vector, MPI 4.1 §5.1.2). */
export interface VectorShape {
  /** Number of blocks. */
  count: number
  /** From the beginning of a block to that of the next, in elements. */
  stride: number
  /** Elements of a block, 1 by default: a column of a matrix in rows. */
  blockLength?: number
  /** The first element; 0 by default. */
  offset?: number
}

/** A part of an array of several dimensions, the last one contiguous (MPI_Type_create_subarray, MPI 4.1 §5.1.3). */
export interface SubarrayShape {
  /** Extents of the array. */
  sizes: readonly number[]
  /** Extents of the part, as many. */
  subsizes: readonly number[]
  /** The part's first element in each dimension. */
  starts: readonly number[]
}

/**
 * Elements of a view that do not lie one behind the other: made by `MPI.vector` and `MPI.subarray`. Messages take them where they take a view;
 * they travel as a view of `length` elements, and may be received as one.
 */
export class Strided<V extends View = View> {
  /** What the elements are in. */
  readonly view: V
  /** Number of elements. */
  readonly length: number
  /** Runs of elements that lie together: `run` of them, at each combination of 0…extents-1 times strides from `offset`. */
  private readonly offset: number
  private readonly run: number
  private readonly extents: readonly number[]
  private readonly strides: readonly number[]

  /** The numbers are checked: see vectorOf() and subarrayOf(). */
  constructor(view: V, offset: number, run: number, extents: readonly number[], strides: readonly number[]) {
    this.view = view
    this.offset = offset
    this.run = run
    this.extents = extents
    this.strides = strides
    this.length = extents.reduce((product, extent) => product * extent, run)
  }

  /** The elements in order, in a new view. */
  pack(): V {
    const packed = this.room()
    this.copy(packed, this.length, false)
    return packed
  }

  /** A new view of zeros, as long as all elements together. */
  room(): V {
    // The constructor of a view's datatype makes views of its type.
    return new (viewConstructor(datatypeOf(this.view)))(this.length) as V
  }

  /** Puts elements in order into their places; those without one are left out. */
  unpack(elements: View): void {
    this.copy(elements, Math.min(elements.length, this.length), true)
  }

  private copy(packed: View, length: number, isIn: boolean): void {
    // Both have the same type; elements are moved as they are, whatever it is.
    const [inside, outside] = [this.view as Float64Array, packed as Float64Array]
    const { run, extents } = this
    const index = extents.map(() => 0)
    for (let at = 0; at < length; at += run) {
      const from = this.placeOf(index)
      const count = Math.min(run, length - at)
      if (count === 1 && isIn) inside[from] = outside[at] ?? 0
      else if (count === 1) outside[at] = inside[from] ?? 0
      else if (isIn) inside.set(subview(outside, at, at + count), from)
      else outside.set(subview(inside, from, from + count), at)
      for (let dim = extents.length - 1; dim >= 0; dim -= 1) {
        const next = (index[dim] ?? 0) + 1
        index[dim] = next === extents[dim] ? 0 : next
        if (next !== extents[dim]) break
      }
    }
  }

  private placeOf(index: readonly number[]): number {
    return index.reduce((at, i, dim) => at + i * (this.strides[dim] ?? 0), this.offset)
  }

  static {
    showAs<Strided>(Strided.prototype, 'Strided', (one) => {
      return `Strided { ${one.length} elements of ${show(one.view)} }`
    })
  }
}

/** `MPI.vector`. `rank`: world rank, for errors. Throws ERR_TYPE, ERR_ARG, and ERR_COUNT where the view has no such elements. */
export function vectorOf<V extends View>(view: V, shape: VectorShape, rank: number): Strided<V> {
  const refuse = refusal('vector', rank)
  const names = ['count', 'stride', 'blockLength', 'offset']
  const { count, stride, blockLength = 1, offset = 0 } = checkedShape(shape, names, 'vector', rank)
  if (!isView(view)) refuse('ERR_TYPE', 'the view must be a typed array such as Float64Array')
  for (const [name, value] of Object.entries({ count, stride, blockLength, offset })) {
    if (Number.isInteger(value) && value >= 0) continue
    refuse('ERR_ARG', `${name} = ${show(value)}; it must be an integer of at least 0`)
  }
  if (blockLength > stride && count > 1)
    refuse('ERR_ARG', `blocks of ${blockLength} elements overlap at stride ${stride}`)
  const end = offset + (count - 1) * stride + blockLength
  if (count > 0 && end > view.length)
    refuse('ERR_COUNT', `element ${end - 1} is the last one, the view has ${view.length}`)
  return new Strided(view, offset, blockLength, [count], [stride])
}

/** `MPI.subarray`. `rank`: world rank, for errors. Throws ERR_TYPE, ERR_ARG, and ERR_COUNT where the view has no such elements. */
export function subarrayOf<V extends View>(view: V, shape: SubarrayShape, rank: number): Strided<V> {
  const refuse = refusal('subarray', rank)
  const { sizes, subsizes, starts } = checkedShape(shape, ['sizes', 'subsizes', 'starts'], 'subarray', rank)
  if (!isView(view)) refuse('ERR_TYPE', 'the view must be a typed array such as Float64Array')
  for (const [name, list] of Object.entries({ sizes, subsizes, starts })) {
    if (!Array.isArray(list)) refuse('ERR_ARG', `${name} = ${show(list)}; give a list with a number for each dimension`)
  }
  if (sizes.length === 0 || subsizes.length !== sizes.length || starts.length !== sizes.length) {
    refuse(
      'ERR_ARG',
      `${sizes.length} sizes, ${subsizes.length} subsizes and ${starts.length} starts; they must be as many, at least 1`,
    )
  }
  for (const [dim, size] of sizes.entries()) {
    const [part = 0, start = 0] = [subsizes[dim], starts[dim]]
    const isInside = [size, part, start].every((x) => Number.isInteger(x) && x >= 0) && start + part <= size
    if (!isInside) refuse('ERR_ARG', `dimension ${dim}: elements ${start}…${start + part - 1} of ${size}`)
  }
  const length = sizes.reduce((product, size) => product * size, 1)
  if (length > view.length)
    refuse('ERR_COUNT', `an array of ${sizes.join(' × ')} has ${length} elements, the view ${view.length}`)
  const strides = sizes.map((_, dim) => sizes.slice(dim + 1).reduce((product, size) => product * size, 1))
  const offset = starts.reduce((at, start, dim) => at + start * (strides[dim] ?? 1), 0)
  return new Strided(view, offset, subsizes.at(-1) ?? 0, subsizes.slice(0, -1), strides.slice(0, -1))
}

// Programs may be JavaScript: what the types exclude comes in.
function checkedShape<S extends object>(shape: S, names: readonly string[], call: string, rank: number): S {
  const given: unknown = shape
  if (typeof given === 'object' && given !== null) checkNames(given, names, [], rank, call)
  else refusal(call, rank)('ERR_ARG', `the shape is ${show(given)}; give an object of ${names.join(', ')}`)
  return shape
}

function refusal(call: string, rank: number): (code: MPIErrorCode, reason: string) => never {
  return (code, reason) => {
    throw new MPIError(code, rank, call, `${call}: ${reason}`)
  }
}
