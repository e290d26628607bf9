import { decode, encode } from '../wire/codec.ts'
import type { FunctionRef } from '../wire/pool-messages.ts'

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
  | readonly ['end', pool: number]

/** How a leader makes its part of a pool. */
export interface NodePoolSettings {
  readonly threads: number
  readonly initializer: FunctionRef | undefined
  readonly initArgs: readonly unknown[]
  /** 0: no limit. */
  readonly maxChunksPerThread: number
  readonly retries: number
  readonly graceMs: number
}

/** Leader → rank 0. `thread`: number of the thread on that node. */
export type FromNode =
  | readonly [
      'result',
      pool: number,
      key: number,
      thread: number,
      waitMs: number,
      runMs: number,
      results: ArrayLike<unknown>,
    ]
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
  | readonly ['broken', pool: number, code: string, message: string, cause: unknown]

export function packList(list: readonly unknown[], from: number, count: number): PackedList {
  for (let i = from; i < from + count; i += 1) {
    if (typeof list[i] !== 'number') return encode(list.slice(from, from + count))
  }
  const numbers = new Float64Array(count)
  for (let i = 0; i < count; i += 1) numbers[i] = list[from + i] as number
  return numbers
}

export function unpackList(packed: PackedList): unknown[] {
  // Made by packList of a list.
  return packed instanceof Float64Array ? Array.from(packed) : (decode(packed) as unknown[])
}

export function encodeMessages(messages: readonly (ToNode | FromNode)[]): Uint8Array {
  return encode(messages)
}

export function decodeMessages<T extends ToNode | FromNode>(bytes: Uint8Array): readonly T[] {
  // Made by encodeMessages on another rank of this job.
  return decode(bytes) as readonly T[]
}
