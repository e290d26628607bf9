/** Error classes (MPI 4.1 §9.4), and ours: lost and finished ranks, time limits, deadlock, collectives that do not match. */
export type MPIErrorCode =
  | 'ERR_TRUNCATE'
  | 'ERR_RANK'
  | 'ERR_TAG'
  | 'ERR_COUNT'
  | 'ERR_TYPE'
  | 'ERR_OP'
  | 'ERR_ROOT'
  | 'ERR_COMM'
  | 'ERR_BUFFER'
  | 'ERR_ARG'
  | 'ERR_DIMS'
  | 'ERR_GROUP'
  | 'ERR_REQUEST'
  | 'ERR_PROC_FAILED'
  | 'ERR_REVOKED'
  | 'ERR_TIMEOUT'
  | 'ERR_DEADLOCK'
  | 'ERR_COLLECTIVE_MISMATCH'
  | 'ERR_CANCELLED'
  | 'ERR_NO_MEM'
  | 'ERR_WIN'
  | 'ERR_DISP'
  | 'ERR_RMA_SYNC'
  | 'ERR_OTHER'

/**
 * What the calls of a communicator throw and their requests reject with.
 * `code`: stable error class. `rank`: world rank on which the error arose. `call`: name of the call, such as 'recv'.
 */
export class MPIError extends Error {
  readonly code: MPIErrorCode
  readonly rank: number
  readonly call: string

  constructor(code: MPIErrorCode, rank: number, call: string, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.code = code
    this.rank = rank
    this.call = call
  }

  static {
    // A bundle may have shortened the name of the class. The stack's first line takes it from the prototype, inspect() from the class.
    Object.defineProperty(MPIError.prototype, 'name', { value: 'MPIError', configurable: true, writable: true })
    Object.defineProperty(MPIError, 'name', { value: 'MPIError', configurable: true })
  }
}
