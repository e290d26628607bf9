import { ANY_SOURCE, ANY_TAG, PROC_NULL } from './constants.ts'

/** What is known of a received message (MPI 4.1 §3.2.5). Filled by receives and probes; may be used again. A new one is empty (§3.7.3). */
export class Status {
  /** The sender's rank in the communicator; PROC_NULL of a receive from there, ANY_SOURCE where nothing has been received. */
  source: number = ANY_SOURCE
  /** Its tag; ANY_TAG where there was no message. */
  tag: number = ANY_TAG
  /** Elements of a typed array; 1 for a value. */
  count = 0
  /** Length of the payload. */
  bytes = 0
  /** Name of the typed array, such as 'Float64Array'; 'value' for everything else. */
  type = 'value'

  static {
    // A bundle may have shortened the name, which users see when they print a status.
    Object.defineProperty(Status, 'name', { value: 'Status', configurable: true })
  }
}

/** Fills the status of a receive or probe of PROC_NULL (MPI 4.1 §3.11). */
export function fromNobody(status: Status = new Status()): Status {
  return Object.assign(status, new Status(), { source: PROC_NULL })
}
