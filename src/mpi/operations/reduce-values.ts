import { MPIError } from '../terms/mpi-error.ts'
import type { Op, OpName, Scalar, ValueAndLocation } from './reduce-op.ts'

type NumberOp = (x: number, y: number) => number
type BigIntOp = (x: bigint, y: bigint) => bigint

const asBigInts =
  (op: BigIntOp): NumberOp =>
  (x, y) =>
    Number(op(BigInt(x), BigInt(y)))

// Bitwise operators of numbers cut at 32 bits; beyond them the exact way is by bigint.
const isInt32 = (x: number): boolean => (x | 0) === x

const numbers: Readonly<Partial<Record<OpName, NumberOp>>> = {
  SUM: (x, y) => x + y,
  PROD: (x, y) => x * y,
  MIN: Math.min,
  MAX: Math.max,
  LAND: (x, y) => (x && y ? 1 : 0),
  LOR: (x, y) => (x || y ? 1 : 0),
  LXOR: (x, y) => (!x !== !y ? 1 : 0),
  BAND: (x, y) => (isInt32(x) && isInt32(y) ? x & y : asBigInts((a, b) => a & b)(x, y)),
  BOR: (x, y) => (isInt32(x) && isInt32(y) ? x | y : asBigInts((a, b) => a | b)(x, y)),
  BXOR: (x, y) => (isInt32(x) && isInt32(y) ? x ^ y : asBigInts((a, b) => a ^ b)(x, y)),
}

const bigints: Readonly<Partial<Record<OpName, BigIntOp>>> = {
  SUM: (x, y) => x + y,
  PROD: (x, y) => x * y,
  MIN: (x, y) => (x < y ? x : y),
  MAX: (x, y) => (x > y ? x : y),
  LAND: (x, y) => (x && y ? 1n : 0n),
  LOR: (x, y) => (x || y ? 1n : 0n),
  LXOR: (x, y) => (!x !== !y ? 1n : 0n),
  BAND: (x, y) => x & y,
  BOR: (x, y) => x | y,
  BXOR: (x, y) => x ^ y,
}

const booleans: Readonly<Partial<Record<OpName, (x: boolean, y: boolean) => boolean>>> = {
  MIN: (x, y) => x && y,
  MAX: (x, y) => x || y,
  LAND: (x, y) => x && y,
  LOR: (x, y) => x || y,
  LXOR: (x, y) => x !== y,
  BAND: (x, y) => x && y,
  BOR: (x, y) => x || y,
  BXOR: (x, y) => x !== y,
}

// The operations of one kind are looked up by the name of the operation, which may be any.
function lookUp<F>(table: Readonly<Partial<Record<OpName, F>>>, op: Op): F | undefined {
  const byName: Readonly<Record<string, F | undefined>> = table
  return byName[op.name]
}

/** Whether a predefined operation takes this value, which is no view. */
export function isDefinedOnValue(op: Op, x: unknown): boolean {
  if (op.fn !== null) return true
  if (op.name === 'MINLOC' || op.name === 'MAXLOC') return isValueAndLocation(x)
  if (typeof x === 'number')
    return lookUp(numbers, op) !== undefined && (!op.name.startsWith('B') || Number.isInteger(x))
  if (typeof x === 'bigint') return lookUp(bigints, op) !== undefined
  // true + true is 2: as many as are true.
  return typeof x === 'boolean' && (lookUp(booleans, op) !== undefined || op.name === 'SUM' || op.name === 'PROD')
}

function isValueAndLocation(x: unknown): x is ValueAndLocation {
  if (typeof x !== 'object' || x === null || !('value' in x) || !('loc' in x)) return false
  return (typeof x.value === 'number' || typeof x.value === 'bigint') && typeof x.loc === 'number'
}

/** `op(lower, higher)` of two values that are no views. Throws ERR_TYPE where the two do not go together. */
export function combineValues(op: Op, lower: unknown, higher: unknown, rank: number, call: string): unknown {
  if (op.fn !== null) return op.fn(lower, higher)
  if (isValueAndLocation(lower) && isValueAndLocation(higher)) return combineLocations(op, lower, higher)
  const combined = combineScalars(op, lower, higher)
  if (combined !== undefined) return combined
  const types = `${typeof lower} and ${typeof higher}`
  throw new MPIError('ERR_TYPE', rank, call, `${call}: ${op.name} of ${types}; every rank must give the same type`)
}

function combineScalars(op: Op, lower: unknown, higher: unknown): Scalar | undefined {
  if (typeof lower === 'number' && typeof higher === 'number') return lookUp(numbers, op)?.(lower, higher)
  if (typeof lower === 'bigint' && typeof higher === 'bigint') return lookUp(bigints, op)?.(lower, higher)
  if (typeof lower === 'boolean' && typeof higher === 'boolean') {
    return lookUp(booleans, op)?.(lower, higher) ?? lookUp(numbers, op)?.(Number(lower), Number(higher))
  }
  // Sums of booleans are numbers.
  const isMixed = [lower, higher].every((x) => typeof x === 'number' || typeof x === 'boolean')
  return isMixed ? lookUp(numbers, op)?.(Number(lower), Number(higher)) : undefined
}

// Ties and NaN: the lowest location (MPI 4.1 §6.9.4).
function combineLocations(op: Op, one: ValueAndLocation, other: ValueAndLocation): ValueAndLocation {
  const [first, second] = one.loc <= other.loc ? [one, other] : [other, one]
  if (Number.isNaN(first.value)) return first
  if (Number.isNaN(second.value)) return second
  const isBetter = op.name === 'MINLOC' ? second.value < first.value : second.value > first.value
  return isBetter ? second : first
}
