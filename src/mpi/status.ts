import { ANY_TAG, PROC_NULL } from './constants.ts'

/** What is known of a received message (MPI 4.1 §3.2.5). Filled by receives and probes; may be used again. */
export class Status {
  /** The sender's rank in the communicator; PROC_NULL where there was no message. */
  source: number = PROC_NULL
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
