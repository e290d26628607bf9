import { ANY_TAG, PROC_NULL } from './constants.ts'

/**
 * What is known of a received message (MPI 4.1 §3.2.5). Filled by receives and probes; may be used again.
 * `source`: rank in the communicator. `count`: elements of a typed array, 1 for a value. `bytes`: length of the payload.
 * `type`: name of the typed array ('Float64Array'), 'value' for everything else.
 */
export class Status {
  source: number = PROC_NULL
  tag: number = ANY_TAG
  count = 0
  bytes = 0
  type = 'value'

  static {
    // A bundle may have shortened the name, which users see when they print a status.
    Object.defineProperty(Status, 'name', { value: 'Status', configurable: true })
  }
}
