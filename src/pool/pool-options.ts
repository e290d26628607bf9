import { availableParallelism } from 'node:os'
import type { ResourceLimits } from 'node:worker_threads'
import { unknownOption } from '../base/option-names.ts'
import type { ProgressOption } from './progress/progress-line.ts'
import type { Progress } from './progress/progress.ts'
import type { AnyFunction } from './modules/task-registry.ts'

/** Options of `new Pool`. */
export interface PoolOptions {
  /** Runs in each thread before its first task; it may be asynchronous. Where it throws, all tasks fail with its error. */
  initializer?: AnyFunction | string
  /** What it is given. */
  initArgs?: readonly unknown[]
  /** A thread that has done so many chunks (an apply is one) is replaced by a new one. Default: never. */
  maxTasksPerChild?: number
  /** How often a chunk is tried again when its thread is lost. Default 0. */
  retries?: number
  /** ms that a task has to stop when its call is cancelled, before its thread is ended. Default 1000. */
  graceMs?: number
  /** Memory limits of each thread, as of node:worker_threads. */
  resourceLimits?: ResourceLimits
}

/** What calls of many tasks tell of themselves. */
export interface ProgressOptions {
  /** Called as tasks are done, at most ten times a second and at the end. */
  onProgress?: (progress: Progress) => void
  /**
   * A line on the terminal with what is done, the rate, the time left and the nodes; a text is put in front, what a function returns behind.
   * Default false: only where mpirun-ts --progress asks for it.
   */
  progress?: ProgressOption
}

/** Options of map, starmap and their asynchronous forms. */
export interface MapOptions extends ProgressOptions {
  /** Tasks that travel together; by default Python's rule. */
  chunkSize?: number
  /** Cancels the call: tasks that have not begun never do, the others see it in `ctx.signal`, their last argument. */
  signal?: AbortSignal
}

/** Options of imap and imapUnordered. */
export interface ImapOptions extends ProgressOptions {
  /** Tasks that travel together; 1 by default. */
  chunkSize?: number
  /** Cancels the call, as in MapOptions; the iteration then throws the signal's reason. */
  signal?: AbortSignal
}

/** Options of apply and applyAsync. */
export interface ApplyOptions {
  /** Cancels the call, as in MapOptions. */
  signal?: AbortSignal
}

const OF_POOL = ['initializer', 'initArgs', 'maxTasksPerChild', 'retries', 'graceMs', 'resourceLimits'] as const
const OF_CALLS = ['chunkSize', 'signal', 'onProgress', 'progress'] as const

/** Options of `new Pool`. Throws TypeError where they are none, or misspelt. */
export function checkedPoolOptions(options: PoolOptions): PoolOptions {
  const checked = checkedOptions('new Pool', options, OF_POOL, '{ retries: 1 }')
  const { initializer, resourceLimits }: { initializer?: unknown; resourceLimits?: unknown } = checked
  if (initializer !== undefined && typeof initializer !== 'function' && typeof initializer !== 'string')
    throw new TypeError(`new Pool: initializer is ${typeof initializer}, it must be a function or './file.js#name'`)
  if (resourceLimits !== undefined) checkLimits(resourceLimits)
  return checked
}

const LIMITS = ['maxOldGenerationSizeMb', 'maxYoungGenerationSizeMb', 'codeRangeSizeMb', 'stackSizeMb'] as const

// Node takes what is no limit for none.
function checkLimits(limits: unknown): void {
  const example = '{ maxOldGenerationSizeMb: 512 }'
  if (typeof limits !== 'object' || limits === null || Array.isArray(limits))
    throw new TypeError(`new Pool: resourceLimits is ${String(limits)}; give an object such as ${example}`)
  const reason = unknownOption(limits, LIMITS)
  if (reason !== null) throw new TypeError(`new Pool: resourceLimits: ${reason}`)
  for (const [name, value] of Object.entries(limits)) {
    if (value === undefined) continue
    if (typeof value !== 'number')
      throw new TypeError(`new Pool: resourceLimits.${name} is ${typeof value}, it must be a number`)
    if (!(value > 0)) throw new RangeError(`new Pool: resourceLimits.${name} = ${value}; it must be larger than 0`)
  }
}

/** Options of a pool's calls. Throws TypeError where they are none, or misspelt. */
export function checkedCallOptions<O extends MapOptions>(options: O): O {
  const checked = checkedOptions('Pool', options, OF_CALLS, '{ chunkSize: 10 }')
  const { signal }: { signal?: unknown } = checked
  if (signal !== undefined && !isSignal(signal)) throw new TypeError('Pool: signal must be an AbortSignal')
  return checked
}

/** Test runners may have a class AbortSignal of their own. */
function isSignal(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  const { aborted, throwIfAborted }: Partial<Record<keyof AbortSignal, unknown>> = value
  return typeof aborted === 'boolean' && typeof throwIfAborted === 'function'
}

// Programs may be JavaScript, and Python has the chunk size in this place.
function checkedOptions<O extends object>(what: string, options: O, names: readonly string[], example: string): O {
  const given: unknown = options
  if (typeof given !== 'object' || given === null) {
    throw new TypeError(`${what}: the options are ${String(given)}; give an object such as ${example}`)
  }
  const reason = unknownOption(given, names)
  if (reason !== null) throw new TypeError(`${what}: ${reason}`)
  return options
}

/** Throws RangeError or TypeError where a number is not what it should be. */
export function checkCount(what: string, value: unknown, least: number): number {
  if (typeof value !== 'number') throw new TypeError(`${what} is ${typeof value}, it must be a number`)
  if (!Number.isInteger(value) || value < least)
    throw new RangeError(`${what} = ${value}; it must be an integer of at least ${least}`)
  return value
}

/** Number of threads of `new Pool(processes)`. */
export function threadCount(processes: number | undefined | null): number {
  return checkCount('Pool: processes', processes ?? availableParallelism(), 1)
}
