import type { CollectiveWait } from '../../../wire/control-messages.ts'
import type { Envelope } from '../../../wire/envelope.ts'
import type { Scope } from '../../engine/scope.ts'
import type { MPIError } from '../../terms/mpi-error.ts'
import type { CollectiveCall } from './signature.ts'

/** A collective that runs, as its messages and the ledger see it. */
export interface WatchedCall {
  readonly call: CollectiveCall
  readonly sequence: number
  /** `encodeSignature` of the call. */
  readonly signature: number
  readonly scope: Scope
  /** What to say where the call never ends. */
  readonly wait: CollectiveWait
  /** The error for a message of another call with the same number. */
  mismatch(envelope: Envelope): MPIError
  /** A message shows that the call cannot end well; the ranks that do not know are told. */
  failHere(error: unknown): void
  /** Another rank reports that the call has failed; all ranks get that report. */
  failFromAfar(error: unknown): void
  /** Reports a failure to all other ranks of the communicator. Never blocks. */
  tellOthers(error: unknown): void
}
