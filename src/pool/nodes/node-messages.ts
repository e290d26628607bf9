import type { ResourceLimits } from 'node:worker_threads'
import { decode, encode } from '../../wire/codec.ts'
import { forOtherNode } from '../../wire/shared-memory.ts'
import type { FunctionRef } from '../../wire/pool-messages.ts'

/*
 * What rank 0 and the leaders of other nodes say to each other for pools: lists of these, encoded, many in a message.
 */

/** Numbers as they are, anything else encoded for itself: a task that cannot travel must not spoil the message. */
export type PackedList = Float64Array | Uint8Array

/** Rank 0 → leader. */
export type ToNode =
  | readonly ['pool', pool: number, settings: NodePoolSettings]
  | readonly ['define', pool: number, id: number, ref: FunctionRef]
  | readonly [
      'chunk',
      pool: number,
      key: number,
      call: number,
      fn: number,
      flags: number,
      firstIndex: number,
      count: number,
      tasks: PackedList,
    ]
  | readonly ['cancel', pool: number, call: number]
  /** Let the threads end by themselves; the leader says when they have. */
  | readonly ['finish', pool: number]
  | readonly ['end', pool: number]

/** How a leader makes its part of a pool. */
export interface NodePoolSettings {
  readonly threads: number
  readonly initializer: FunctionRef | undefined
  /** Encoded list. */
  readonly initArgs: Uint8Array
  /** 0: no limit. */
  readonly maxChunksPerThread: number
  readonly retries: number
  readonly graceMs: number
  readonly resourceLimits: ResourceLimits | undefined
  /** What the program has changed in process.env; null: removed. */
  readonly env: Readonly<Record<string, string | null>>
}

/** Leader → rank 0. `thread`: number of the thread on that node. */
export type FromNode =
  | readonly ['result', pool: number, key: number, thread: number, waitMs: number, runMs: number, results: PackedList]
  | readonly [
      'error',
      pool: number,
      key: number,
      thread: number,
      waitMs: number,
      runMs: number,
      thrown: unknown,
      index: number,
    ]
  /** An error that ended a thread and belongs to no call. */
  | readonly ['stray', pool: number, error: unknown]
  | readonly ['finished', pool: number]
  | readonly ['broken', pool: number, code: string, message: string, cause: unknown]

/** Throws TypeError where an item cannot travel to another node. */
export function packList(list: readonly unknown[], from: number, count: number): PackedList {
  for (let i = from; i < from + count; i += 1) {
    if (typeof list[i] !== 'number') return forOtherNode(() => encode(list.slice(from, from + count)))
  }
  const numbers = new Float64Array(count)
  for (let i = 0; i < count; i += 1) numbers[i] = list[from + i] as number
  return numbers
}

export function unpackList(packed: PackedList): unknown[] {
  // Made by packList of a list.
  return packed instanceof Float64Array ? Array.from(packed) : (decode(packed) as unknown[])
}

/** What a node says are the results of `count` tasks; null: they are none. */
export function unpackResults(packed: PackedList, count: number): readonly unknown[] | null {
  try {
    const results: unknown = unpackList(packed)
    return Array.isArray(results) && results.length === count ? results : null
  } catch {
    return null
  }
}

export function encodeMessages(messages: readonly (ToNode | FromNode)[]): Uint8Array {
  return encode(messages)
}

type Check = (value: unknown) => boolean
const isCount: Check = (value) => Number.isSafeInteger(value) && Number(value) >= 0
const isTime: Check = (value) => Number.isFinite(value)
const isText: Check = (value) => typeof value === 'string'
const isPacked: Check = (value) => value instanceof Float64Array || value instanceof Uint8Array
const isObject: Check = (value) => typeof value === 'object' && value !== null
const anything: Check = () => true

/** What stands behind the tag of each message. */
const toNodeParts: Readonly<Record<ToNode[0], readonly Check[]>> = {
  pool: [isCount, isObject],
  define: [isCount, isCount, isObject],
  chunk: [isCount, isCount, isCount, isCount, isCount, isCount, isCount, isPacked],
  cancel: [isCount, isCount],
  finish: [isCount],
  end: [isCount],
}
const fromNodeParts: Readonly<Record<FromNode[0], readonly Check[]>> = {
  result: [isCount, isCount, isCount, isTime, isTime, isPacked],
  error: [isCount, isCount, isCount, isTime, isTime, anything, isCount],
  stray: [isCount, anything],
  finished: [isCount],
  broken: [isCount, isText, isText, anything],
}

/** What a leader hears; null: what has come is none of it. */
export function toNodeMessages(bytes: unknown): readonly ToNode[] | null {
  return decodeMessages<ToNode>(bytes, toNodeParts)
}

/** What rank 0 hears of leaders; null: what has come is none of it. */
export function fromNodeMessages(bytes: unknown): readonly FromNode[] | null {
  return decodeMessages<FromNode>(bytes, fromNodeParts)
}

function decodeMessages<T extends ToNode | FromNode>(
  bytes: unknown,
  parts: Readonly<Record<string, readonly Check[]>>,
): readonly T[] | null {
  if (!(bytes instanceof Uint8Array)) return null
  try {
    const messages = decode(bytes)
    if (!Array.isArray(messages) || !messages.every((message) => isMessage(message, parts))) return null
    // As isMessage() has found.
    return messages as T[]
  } catch {
    return null
  }
}

function isMessage(message: unknown, parts: Readonly<Record<string, readonly Check[]>>): boolean {
  if (!Array.isArray(message)) return false
  const [tag, ...values] = message as readonly unknown[]
  if (typeof tag !== 'string' || !Object.hasOwn(parts, tag)) return false
  const checks = parts[tag]
  return checks?.length === values.length && checks.every((check, i) => check(values[i]))
}
