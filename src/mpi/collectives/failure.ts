import { decode, encode } from '../../wire/codec.ts'
import { MPIError, type MPIErrorCode } from '../mpi-error.ts'

/** What a rank tells the others when a collective has failed on it. */
interface FailureReport {
  readonly rank: number
  readonly call: string
  /** Of an MPIError: told on as it is. */
  readonly code?: MPIErrorCode
  readonly message: string
  /** What a function of the user's threw. */
  readonly thrown?: unknown
  /** The item of parallelMap and parallelReduce that it threw for. */
  readonly index?: number
}

/** What a user's function threw in a collective, with the item it threw for. */
export class FailedItem {
  readonly index: number
  readonly thrown: unknown

  constructor(index: number, thrown: unknown) {
    this.index = index
    this.thrown = thrown
  }
}

/** The report of a failure, for the other ranks of the communicator. */
export function encodeFailure(error: unknown, rank: number, call: string): Uint8Array {
  if (error instanceof MPIError) return encode({ rank, call, code: error.code, message: error.message })
  const thrown = error instanceof FailedItem ? error.thrown : error
  const message = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown)
  const report = { rank, call, message, ...(error instanceof FailedItem ? { index: error.index } : {}) }
  try {
    return encode({ ...report, thrown })
  } catch {
    return encode(report)
  }
}

/** The error that a report of another rank causes here. A user's error becomes the `cause`, with its remote stack. */
export function decodeFailure(payload: Uint8Array, name: string): MPIError {
  // Made by encodeFailure on another rank of this job.
  const report = decode(payload) as FailureReport
  if (report.code !== undefined) return new MPIError(report.code, report.rank, report.call, report.message)
  const item = report.index === undefined ? '' : ` on item ${report.index}`
  const message = `${report.call}: rank ${report.rank} of ${name} failed${item}: ${report.message}`
  if (report.thrown instanceof Error) {
    Object.assign(report.thrown, { remoteStack: report.thrown.stack, rank: report.rank })
    if (report.index !== undefined) Object.assign(report.thrown, { index: report.index })
  }
  return new MPIError('ERR_OTHER', report.rank, report.call, message, { cause: report.thrown })
}
