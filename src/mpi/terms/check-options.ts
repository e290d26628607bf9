import { unknownOption } from '../../base/option-names.ts'
import { show, showConstant } from './in-words.ts'
import { MPIError, type MPIErrorCode } from './mpi-error.ts'
import type { Options } from './request.ts'
import { Status } from './status.ts'

const NONE: readonly string[] = []
const TIMEOUT: readonly string[] = ['timeout']
/** Options that hold a constant: undefined in them is a misspelt one, and not the wish for the default. */
const CONSTANTS: Readonly<Record<string, MPIErrorCode>> = {
  source: 'ERR_RANK',
  root: 'ERR_ROOT',
  tag: 'ERR_TAG',
  sendTag: 'ERR_TAG',
  recvTag: 'ERR_TAG',
}
/** Options that every call of a communicator takes. */
const COMMON: readonly string[] = ['status', 'timeout', 'signal']

/** Options of alltoallInto, and of that of neighbours, beside them. */
export const ALLTOALL_BLOCKS: readonly string[] = ['sendCounts', 'sendDispls', 'recvCounts', 'recvDispls']

/** Throws ERR_ARG for options that the call does not understand. `own`: names of those that it has beside the common ones, and checks itself. */
export function checkOptions(options: Options, rank: number, call: string, own: readonly string[] = NONE): void {
  const fail = (reason: string): never => {
    throw new MPIError('ERR_ARG', rank, call, `${call}: ${reason}`)
  }
  // Programs may be JavaScript: what the types exclude comes in.
  const given: unknown = options
  if (typeof given !== 'object' || given === null)
    fail(`the options are ${show(given)}; give an object such as { timeout: 1000 }`)
  if (given instanceof Status) fail('a Status is given as an option, as { status }')
  checkNames(options, own, COMMON, rank, call)
  const { status, timeout, signal } = given as { status?: unknown; timeout?: unknown; signal?: unknown }
  if (timeout !== undefined) checkTimeout(timeout, rank, call)
  if (status !== undefined && (typeof status !== 'object' || status === null)) {
    fail(`status = ${show(status)}: give a new Status(), which is filled`)
  }
  if (signal !== undefined && !isAbortSignal(signal)) {
    fail(`signal = ${show(signal)}: give an AbortSignal, such as that of a new AbortController()`)
  }
}

/** Throws ERR_ARG where names of the options are misspelt, or none of them is in a list: see unknownOption(). */
export function checkNames(
  options: object,
  own: readonly string[],
  others: readonly string[],
  rank: number,
  call: string,
): void {
  // Most options are right: no list is made for them.
  for (const name in options) {
    if (!own.includes(name) && !others.includes(name)) return refuseUnknown(options, [...own, ...others], rank, call)
    const value: unknown = (options as Readonly<Record<string, unknown>>)[name]
    if (value === undefined) refuseUndefined(name, rank, call)
  }
}

function refuseUndefined(name: string, rank: number, call: string): void {
  const code = CONSTANTS[name]
  if (code !== undefined) throw new MPIError(code, rank, call, `${call}: ${name} = ${showConstant(undefined)}`)
}

function refuseUnknown(options: object, known: readonly string[], rank: number, call: string): void {
  const reason = unknownOption(options, known)
  if (reason !== null) throw new MPIError('ERR_ARG', rank, call, `${call}: ${reason}`)
}

/** The `timeout` of calls that take no other option; ms, Infinity where it is left out. Throws ERR_ARG. */
export function timeoutOf(options: unknown, rank: number, call: string): number {
  if (options === undefined) return Number.POSITIVE_INFINITY
  if (typeof options !== 'object' || options === null) {
    const reason = `the options are ${show(options)}; give an object such as { timeout: 1000 }`
    throw new MPIError('ERR_ARG', rank, call, `${call}: ${reason}`)
  }
  checkNames(options, TIMEOUT, NONE, rank, call)
  const { timeout } = options as { timeout?: unknown }
  if (timeout === undefined) return Number.POSITIVE_INFINITY
  checkTimeout(timeout, rank, call)
  // Checked just now.
  return timeout as number
}

/** Throws ERR_ARG unless `timeout` is a number of ms. */
export function checkTimeout(timeout: unknown, rank: number, call: string): void {
  if (typeof timeout === 'number' && timeout >= 0) return
  const reason = `timeout = ${show(timeout)}: give a number of milliseconds, 0 or more, or nothing to wait for ever`
  throw new MPIError('ERR_ARG', rank, call, `${call}: ${reason}`)
}

function isAbortSignal(signal: unknown): boolean {
  return typeof signal === 'object' && signal !== null && 'aborted' in signal && 'addEventListener' in signal
}
