import { decode, encode } from '../../../wire/codec.ts'
import { ENVELOPE_FLAG_FAILED } from '../../../wire/envelope-flags.ts'
import type { Scope } from '../../engine/scope.ts'
import { MPIError, type MPIErrorCode } from '../../terms/mpi-error.ts'

/** What a rank tells the others when a collective has failed on it. */
interface FailureReport {
  readonly code: MPIErrorCode
  /** World rank on which the error arose, and the call. */
  readonly rank: number
  readonly call: string
  readonly message: string
  /** What a function of the user's threw there. */
  readonly thrown?: unknown
}

/** What a user's function threw in parallelMap or parallelReduce, with the item that it threw for. */
export class FailedItem extends Error {
  readonly index: number
  readonly thrown: unknown

  constructor(index: number, thrown: unknown) {
    super(`item ${index} failed`)
    this.index = index
    this.thrown = thrown
  }
}

/** The rank and the call that a failure is reported from. */
interface Origin {
  readonly worldRank: number
  readonly rank: number
  readonly call: string
  /** Name of the communicator. */
  readonly name: string
}

/** The report of a failure, for the other ranks of the communicator. */
export function encodeFailure(error: unknown, origin: Origin): Uint8Array {
  const report = error instanceof MPIError ? reportOfError(error) : reportOfThrown(error, origin)
  try {
    return encode(report)
  } catch {
    // What was thrown holds something that cannot travel; its message does.
    return encode({ ...report, thrown: undefined })
  }
}

/** Reports the failure of a collective to all other ranks of its communicator. Never blocks. */
export function reportFailure(
  { engine, ranks, name, context }: Scope,
  { call, sequence, signature }: { readonly call: string; readonly sequence: number; readonly signature: number },
  error: unknown,
): void {
  const bytes = encodeFailure(error, { worldRank: engine.rank, rank: ranks.rank, call, name })
  for (let rank = 0; rank < ranks.size; rank += 1) {
    if (rank === ranks.rank) continue
    const envelope = {
      source: engine.rank,
      dest: ranks.worldOf(rank),
      context: context.context,
      tag: sequence,
      datatype: 0,
      flags: ENVELOPE_FLAG_FAILED,
      extra: signature,
      byteLength: bytes.byteLength,
    }
    engine.sending.begin(call, envelope, bytes, true)
  }
}

function reportOfError({ code, rank, call, message, cause }: MPIError): FailureReport {
  return { code, rank, call, message, thrown: cause }
}

function reportOfThrown(error: unknown, { worldRank, rank, call, name }: Origin): FailureReport {
  const item = error instanceof FailedItem ? ` on item ${error.index}` : ''
  const thrown = error instanceof FailedItem ? error.thrown : error
  const what = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown)
  if (thrown instanceof Error && Object.isExtensible(thrown)) {
    Object.assign(thrown, { rank: worldRank, ...(error instanceof FailedItem ? { index: error.index } : {}) })
  }
  const message = `${call}: rank ${rank} of ${name} failed${item}: ${what}`
  return { code: 'ERR_OTHER', rank: worldRank, call, message, thrown }
}

/** The error that a report of another rank causes here. What was thrown there becomes the `cause`, with its `remoteStack`. */
export function decodeFailure(payload: Uint8Array): MPIError {
  // Made by encodeFailure on another rank of this job.
  const { code, rank, call, message, thrown } = decode(payload) as FailureReport
  if (thrown instanceof Error) Object.assign(thrown, { remoteStack: thrown.stack })
  return new MPIError(code, rank, call, message, thrown === undefined ? undefined : { cause: thrown })
}

/** Whether a call has failed because the time of some rank was up, which says nothing of what others have received. */
export function isTimeout(error: unknown): boolean {
  return error instanceof MPIError && error.code === 'ERR_TIMEOUT'
}
