import { checkNames } from '../terms/check-options.ts'
import { datatypeOf, isView, type View, viewConstructor } from './datatype.ts'
import { type ElementPlaces, GridPlaces, IndexedPlaces } from './element-places.ts'
import { show, whatIs } from '../terms/in-words.ts'
import { showAs } from '../terms/inspect.ts'
import { MPIError, type MPIErrorCode } from '../terms/mpi-error.ts'

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

/** Blocks of any length at any places, in elements (MPI_Type_indexed, MPI 4.1 §5.1.2). */
export interface IndexedShape {
  /** Elements of each block. */
  blockLengths: readonly number[]
  /** Index of the first element of each block, as many. */
  displacements: readonly number[]
}

/** From here on memory that is not filled with zeros first pays (measured). */
const UNFILLED_BYTES = 4096

/**
 * Elements of a view that do not lie one behind the other: made by `MPI.vector`, `MPI.subarray` and `MPI.indexed`. Stands where a view may stand;
 * they travel as a view of `length` elements, and may be received as one.
 */
export class Strided<V extends View = View> {
  /** What the elements are in. */
  readonly view: V
  /** Number of elements. */
  readonly length: number
  private readonly places: ElementPlaces

  /** The places are checked: see vectorOf(), subarrayOf(), indexedOf(). */
  constructor(view: V, places: ElementPlaces) {
    this.view = view
    this.places = places
    this.length = places.length
  }

  /**
   * The elements in order, in a new view, or at the beginning of `into`, which new memory would cost more than to fill. Throws ERR_TYPE, ERR_COUNT
   * where they do not fit there.
   */
  pack(into?: V): V {
    const datatype = datatypeOf(this.view)
    if (into !== undefined) this.checkTarget(into, datatype)
    const packed = into ?? this.room()
    this.places.pack(this.view, packed, datatype)
    return packed
  }

  private checkTarget(into: View, datatype: number): void {
    const fail = refusal('Strided.pack', 0)
    if (datatypeOf(into) !== datatype)
      fail('ERR_TYPE', `into is ${whatIs(into)}, the elements are in ${whatIs(this.view)}`)
    if (into.length < this.length) fail('ERR_COUNT', `${this.length} elements do not fit into a view of ${into.length}`)
  }

  /** A new view as long as all elements together, whose content is any. */
  room(): V {
    // The constructor of a view's datatype makes views of its type.
    const constructor = viewConstructor(datatypeOf(this.view))
    const bytes = this.length * constructor.BYTES_PER_ELEMENT
    if (bytes < UNFILLED_BYTES) return new constructor(this.length) as V
    return new constructor(Buffer.allocUnsafeSlow(bytes).buffer as ArrayBuffer) as V
  }

  /** Puts elements in order into their places; those without one are left out. */
  unpack(elements: View): void {
    const datatype = datatypeOf(this.view)
    let all = elements
    if (elements.length < this.length) {
      all = this.pack()
      all.set(elements as never)
    }
    this.places.unpack(all, this.view, datatype)
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
  const dimensions = [
    { extent: count, stride },
    { extent: blockLength, stride: 1 },
  ]
  return new Strided(view, new GridPlaces(offset, dimensions, view.BYTES_PER_ELEMENT))
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
  const dimensions = subsizes.map((extent, dim) => ({ extent, stride: strides[dim] ?? 1 }))
  return new Strided(view, new GridPlaces(offset, dimensions, view.BYTES_PER_ELEMENT))
}

/** `MPI.indexed`. `rank`: world rank, for errors. Throws ERR_TYPE, ERR_ARG, and ERR_COUNT where the view has no such elements. */
export function indexedOf<V extends View>(view: V, shape: IndexedShape, rank: number): Strided<V> {
  const refuse = refusal('indexed', rank)
  const { blockLengths, displacements } = checkedShape(shape, ['blockLengths', 'displacements'], 'indexed', rank)
  if (!isView(view)) refuse('ERR_TYPE', 'the view must be a typed array such as Float64Array')
  for (const [name, list] of Object.entries({ blockLengths, displacements })) {
    // Programs may be JavaScript: what the types exclude comes in.
    const given: unknown = list
    if (!Array.isArray(given) && !isView(given))
      refuse('ERR_ARG', `${name} = ${show(given)}; give a list with a number for each block`)
    for (const number of list) {
      if (Number.isInteger(number) && number >= 0) continue
      refuse('ERR_ARG', `${name} holds ${show(number)}; it must be integers of at least 0`)
    }
  }
  if (blockLengths.length !== displacements.length) {
    refuse(
      'ERR_ARG',
      `${blockLengths.length} blockLengths and ${displacements.length} displacements; they must be as many`,
    )
  }
  for (const [block, length] of blockLengths.entries()) {
    const end = (displacements[block] ?? 0) + length
    if (end > view.length)
      refuse('ERR_COUNT', `block ${block} ends with element ${end - 1}, the view has ${view.length}`)
  }
  return new Strided(view, new IndexedPlaces([...displacements], [...blockLengths]))
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
