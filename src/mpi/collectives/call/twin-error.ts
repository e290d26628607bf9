import { MPIError } from '../../terms/mpi-error.ts'

/** What `make` returns; an error about the arguments of a call, `bcast`, is thrown as one of its awaitable form, `ibcast`. */
export function asTwin<T>(make: () => T): T {
  try {
    return make()
  } catch (error) {
    throw twinError(error)
  }
}

/** An error of this rank's `call`, or of any, under the name of the awaitable form; others as they are. */
export function twinError(error: unknown, of?: string): unknown {
  // Lost ranks and revocation (CommFailure) concern the communicator.
  if (!(error instanceof MPIError) || Object.getPrototypeOf(error) !== MPIError.prototype) return error
  const { code, rank, call, message, cause } = error
  if (of !== undefined && call !== of) return error
  const text = message.startsWith(`${call}: `) ? `i${message}` : message
  return new MPIError(code, rank, `i${call}`, text, cause === undefined ? undefined : { cause })
}
