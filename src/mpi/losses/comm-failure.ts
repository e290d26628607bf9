import { MPIError, type MPIErrorCode } from '../terms/mpi-error.ts'

/** A communicator has a lost rank, or is revoked. Every rank of it learns of that by itself, so nobody needs to be told. */
export class CommFailure extends MPIError {
  static {
    // A detail of ours: programs see an MPIError.
    Object.defineProperty(CommFailure, 'name', { value: 'MPIError', configurable: true })
  }
}

const ADVICE = 'shrink() makes a communicator of the ranks that are left'

/** `what`: the call in the user's words. `lost`: ranks of the communicator `name`. */
export function lostError(
  worldRank: number,
  call: string,
  what: string,
  { lost, name }: { readonly lost: readonly number[]; readonly name: string },
): CommFailure {
  const who = lost.length === 1 ? `rank ${lost[0]} of ${name} is lost` : `ranks ${lost.join(', ')} of ${name} are lost`
  return new CommFailure('ERR_PROC_FAILED', worldRank, call, `${what}: ${who}; ${ADVICE}`)
}

export function revokedError(worldRank: number, call: string, what: string, name: string): CommFailure {
  const code: MPIErrorCode = 'ERR_REVOKED'
  return new CommFailure(code, worldRank, call, `${what}: ${name} has been revoked; ${ADVICE}`)
}
