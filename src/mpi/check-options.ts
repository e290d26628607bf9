import { MPIError } from './mpi-error.ts'
import type { Options } from './request.ts'
import { Status } from './status.ts'

/** Throws ERR_ARG for options that no call understands. Those of a single call are checked there. */
export function checkOptions(options: Options, rank: number, call: string): void {
  const fail = (reason: string): never => {
    throw new MPIError('ERR_ARG', rank, call, `${call}: ${reason}`)
  }
  // Programs may be JavaScript: what the types exclude comes in.
  const given: unknown = options
  if (typeof given !== 'object' || given === null)
    fail(`the options are ${show(given)}; give an object such as { timeout: 1000 }`)
  if (given instanceof Status) fail('a Status is given as an option, as { status }')
  const { status, timeout, signal } = given as { status?: unknown; timeout?: unknown; signal?: unknown }
  if (timeout !== undefined) checkTimeout(timeout, rank, call)
  if (status !== undefined && (typeof status !== 'object' || status === null)) {
    fail(`status = ${show(status)}: give a new Status(), which is filled`)
  }
  if (signal !== undefined && !isAbortSignal(signal)) {
    fail(`signal = ${show(signal)}: give an AbortSignal, such as that of a new AbortController()`)
  }
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

function show(value: unknown): string {
  return typeof value === 'string' ? `'${value}'` : String(value)
}
