import type { View } from '../datatypes/datatype.ts'
import { checkNames } from '../terms/check-options.ts'
import { show, showConstant } from '../terms/in-words.ts'
import { showAs } from '../terms/inspect.ts'
import { MPIError } from '../terms/mpi-error.ts'
import { travelsByName } from '../../wire/library-objects.ts'

/** A value that reductions take beside views. */
export type Scalar = number | bigint | boolean

/** What MINLOC and MAXLOC take and give. */
export interface ValueAndLocation {
  readonly value: number | bigint
  readonly loc: number
}

export const opNames = [
  'SUM',
  'PROD',
  'MIN',
  'MAX',
  'MINLOC',
  'MAXLOC',
  'LAND',
  'LOR',
  'LXOR',
  'BAND',
  'BOR',
  'BXOR',
] as const
export type OpName = (typeof opNames)[number]

/**
 * A reduction operation (MPI 4.1 §6.9). `fn` is null for the predefined ones.
 * `fn(lower, higher)` combines what lower ranks gave with what higher ranks gave.
 */
export class Op {
  readonly name: string
  readonly commute: boolean
  readonly fn: ((lower: unknown, higher: unknown) => unknown) | null
  /** In the signature of a collective: 1…12 the predefined, 13 a function; 0: of no collective. */
  readonly number: number

  constructor(name: string, commute: boolean, fn: ((lower: unknown, higher: unknown) => unknown) | null) {
    this.name = name
    this.commute = commute
    this.fn = fn
    this.number = fn === null ? opNames.findIndex((known) => known === name) + 1 : opNames.length + 1
  }
}

showAs<Op>(Op.prototype, 'Op', ({ name }) => `Op { ${name} }`)

/** An operation, or a function that is evaluated in rank order. */
export type OpLike<T> = Op | ((lower: T, higher: T) => T)

/** What a function given as operation takes: elements of a view, or the value itself. */
export type Element<T> = T extends BigInt64Array | BigUint64Array ? bigint : T extends View ? number : T

/** An operation on the elements of views. */
export type ViewOp = OpLike<number> | OpLike<bigint>

export const SUM: Op = new Op('SUM', true, null)
export const PROD: Op = new Op('PROD', true, null)
export const MIN: Op = new Op('MIN', true, null)
export const MAX: Op = new Op('MAX', true, null)
export const MINLOC: Op = new Op('MINLOC', true, null)
export const MAXLOC: Op = new Op('MAXLOC', true, null)
export const LAND: Op = new Op('LAND', true, null)
export const LOR: Op = new Op('LOR', true, null)
export const LXOR: Op = new Op('LXOR', true, null)
export const BAND: Op = new Op('BAND', true, null)
export const BOR: Op = new Op('BOR', true, null)
export const BXOR: Op = new Op('BXOR', true, null)

/** What is there becomes what is given. Of windows' accumulate, getAccumulate and fetchAndOp alone, as NO_OP. MPI 4.1 §12.3.4. */
export const REPLACE: Op = new Op('REPLACE', false, null)
/** What is there stays. MPI 4.1 §12.3.4. */
export const NO_OP: Op = new Op('NO_OP', false, null)

for (const op of [SUM, PROD, MIN, MAX, MINLOC, MAXLOC, LAND, LOR, LXOR, BAND, BOR, BXOR, REPLACE, NO_OP])
  travelsByName(op.name, op)

/**
 * Makes an operation of a function (MPI 4.1 §6.9.5). `commute`: the caller promises fn(a, b) = fn(b, a); the order of evaluation is that of
 * the ranks all the same, so that results do not depend on timing. On views the function is applied element by element.
 */
export function createOp<T>(fn: (lower: T, higher: T) => T, options: { commute?: boolean } = {}): Op {
  // Values come from messages, so their type is what the caller says it is.
  return new Op(fn.name || 'function', options.commute ?? false, fn as (lower: unknown, higher: unknown) => unknown)
}

const ofFunctions = new WeakMap<object, Op>()

/** `MPI.op`: as createOp, which sees what a program in JavaScript gives. Throws ERR_OP. `rank`: in COMM_WORLD. */
export function checkedOp<T>(
  fn: (lower: T, higher: T) => T,
  options: { commute?: boolean } | undefined,
  rank: number,
): Op {
  if (typeof fn !== 'function') {
    throw new MPIError(
      'ERR_OP',
      rank,
      'op',
      `op: ${show(fn)} is no function; give one of two values, such as Math.hypot`,
    )
  }
  const given: unknown = options ?? {}
  if (typeof given !== 'object' || given === null) {
    throw new MPIError(
      'ERR_ARG',
      rank,
      'op',
      `op: the options are ${show(given)}; give an object such as { commute: true }`,
    )
  }
  checkNames(given, ['commute'], [], rank, 'op')
  return createOp(fn, options)
}

/** The operation that a call was given. Throws ERR_OP. */
export function toOp(given: unknown, rank: number, call: string): Op {
  if (given instanceof Op) {
    // REPLACE and NO_OP have no number.
    if (given.number > 0) return given
    const advice = "it is for windows' accumulate, getAccumulate and fetchAndOp alone"
    throw new MPIError('ERR_OP', rank, call, `${call}: the operation is ${given.name}; ${advice}`)
  }
  if (typeof given !== 'function') {
    throw new MPIError(
      'ERR_OP',
      rank,
      call,
      `${call}: the operation is ${showConstant(given)}, not an MPI operation (MPI.SUM, …) or a function`,
    )
  }
  let op = ofFunctions.get(given)
  if (op === undefined) {
    // Checked above; what it takes and returns is the caller's business.
    op = createOp(given as (lower: unknown, higher: unknown) => unknown)
    ofFunctions.set(given, op)
  }
  return op
}

/** Name of an operation by its number. */
export function opName(number: number): string {
  return opNames[number - 1] ?? 'a function'
}
