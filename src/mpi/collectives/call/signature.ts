import { datatypeName } from '../../datatypes/datatype.ts'
import { type Op, opName } from '../../operations/reduce-op.ts'

/** Every collective, numbered by its place: a new one goes to the end. At most 64. */
const calls = [
  'barrier',
  'bcast',
  'bcastInto',
  'scatter',
  'scatterInto',
  'gather',
  'gatherInto',
  'allgather',
  'allgatherInto',
  'alltoall',
  'alltoallInto',
  'reduce',
  'reduceInto',
  'allreduce',
  'allreduceInto',
  'scan',
  'scanInto',
  'exscan',
  'exscanInto',
  'parallelMap',
  'parallelReduce',
  'dup',
  'split',
  'splitType',
  'cart',
  'sub',
  'neighborAllgather',
  'neighborAllgatherInto',
  'neighborAlltoall',
  'neighborAlltoallInto',
  'reduceScatter',
  'reduceScatterInto',
  'createWindow',
  'allocateShared',
] as const
export type CollectiveCall = (typeof calls)[number]

/** What to do about collectives that do not match. */
export const MISMATCH_ADVICE: string =
  'all ranks must call the same collectives in the same order, with the same root, operation, type and length'

/** What all ranks must give alike, in 31 bits of every message of a collective, so that calls that do not match are found out. */
export interface Signature {
  readonly call: CollectiveCall
  /** -1: the call has none. */
  readonly root: number
  readonly op: Op | null
  /** Element type of views, a `valueTypes` name for values of a predefined operation; 0: any value. */
  readonly type: number
  /** The call takes its algorithm for long views (choice.ts). */
  readonly isLong?: boolean
}

/** Types of the values that a predefined operation takes, as they are numbered after `Datatype`. */
export const valueTypes = { number: 11, bigint: 12, boolean: 13, location: 14 } as const

const valueTypeNames = new Map<number, string>(Object.entries(valueTypes).map(([name, number]) => [number, name]))

/*
 * bits 0…5 call, 6…9 type, 10…13 operation, 14…29 root + 1 (modulo 2^16), 30 LONG, 31 IN_MEMORY
 */
const TYPE_SHIFT = 6
const OP_SHIFT = 10
const ROOT_SHIFT = 14
const ROOT_MASK = 0xffff
const LONG = 0x40000000

/** Set in the signatures of blocking calls that run in shared memory: these never meet the awaitable form of the same call. */
const IN_MEMORY = 0x80000000

const numbers = new Map<CollectiveCall, number>(calls.map((call, number) => [call, number]))

/** A signature as a word for `Envelope.extra`. */
export function encodeSignature({ call, root, op, type, isLong }: Signature): number {
  const number = op === null ? 0 : op.number
  const rootBits = ((root + 1) & ROOT_MASK) << ROOT_SHIFT
  return (numbers.get(call) ?? 0) | (type << TYPE_SHIFT) | (number << OP_SHIFT) | rootBits | (isLong ? LONG : 0)
}

/** `encodeSignature` of a blocking call that runs in shared memory. */
export function encodeInMemory(signature: Signature): number {
  return (encodeSignature(signature) | IN_MEMORY) >>> 0
}

/** Whether two signatures say no more than that one call blocks and the other does not. */
export function isOtherForm(word: number, other: number): boolean {
  return (word ^ other) >>> 0 === IN_MEMORY
}

/** A signature in the user's words: `reduce(op = SUM, root = 0, type = number)`. */
export function describeSignature(word: number): string {
  const type = (word >> TYPE_SHIFT) & 0xf
  const op = (word >> OP_SHIFT) & 0xf
  const root = ((word >> ROOT_SHIFT) & ROOT_MASK) - 1
  const parts: string[] = []
  if (op !== 0) parts.push(`op = ${opName(op)}`)
  if (root !== -1) parts.push(`root = ${root}`)
  if (type !== 0) parts.push(`type = ${valueTypeNames.get(type) ?? datatypeName(type)}`)
  if ((word & LONG) !== 0) parts.push('many elements')
  return `${calls[word & 0x3f] ?? 'an unknown collective'}(${parts.join(', ')})`
}
