/** Exit statuses of the command line (docs/architecture.md#exit-statuses). */
export const ExitStatus = {
  ok: 0,
  failed: 1,
  usage: 2,
  nodeLost: 3,
  timeout: 124,
  notReadable: 126,
  notFound: 127,
} as const

/** Stable codes of the launcher's own errors. Errors of the library are `MPIError` (src/mpi/terms/mpi-error.ts). */
export type MpirunErrorCode =
  | 'ERR_USAGE'
  | 'ERR_HOSTFILE'
  | 'ERR_SLOTS'
  | 'ERR_PROGRAM'
  | 'ERR_LAUNCH'
  | 'ERR_NODE_LOST'
  | 'ERR_HANDSHAKE'
  | 'ERR_PROTOCOL'
  | 'ERR_OUTPUT'
  | 'ERR_LIMIT'
  | 'ERR_INTERNAL'

/**
 * A failure that is explained to the user: the message says what failed, why, and what to do, and is printed without a stack.
 * `exitStatus` is what `mpirun-ts` ends with when this error ends the job.
 */
export class MpirunError extends Error {
  override readonly name = 'MpirunError'
  readonly code: MpirunErrorCode
  readonly exitStatus: number

  constructor(code: MpirunErrorCode, message: string, options: { exitStatus?: number; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.exitStatus = options.exitStatus ?? ExitStatus.failed
  }

  /** Any thrown value as an `MpirunError`; a foreign error becomes `ERR_INTERNAL` with the original as `cause`. */
  static from(thrown: unknown): MpirunError {
    // By name, not by class: each bundle of the package has a class of its own.
    if (thrown instanceof Error && thrown.name === 'MpirunError') return thrown as MpirunError
    const message = thrown instanceof Error ? thrown.message : String(thrown)
    return new MpirunError('ERR_INTERNAL', message, { cause: thrown })
  }
}
