import { Writable } from 'node:stream'
import { PoolRecord } from '../../wire/pool-messages.ts'
import type { ThreadEnd } from './thread-end.ts'

/** Largest piece of output in one record. */
const PIECE_BYTES = 16 * 1024

/**
 * Replaces `process.stdout` and `process.stderr` of this thread: what a task prints is in the dispatcher's hands before its result is. A
 * thread's own streams show nothing while the program's thread blocks.
 */
export function installOutput(end: ThreadEnd): void {
  for (const [name, fd] of [
    ['stdout', 1],
    ['stderr', 2],
  ] as const) {
    const stream = new Writable({
      decodeStrings: true,
      write: (chunk: Buffer, _encoding, done) => {
        for (let from = 0; from < chunk.length; from += PIECE_BYTES) {
          end.tell(PoolRecord.output, fd, chunk.subarray(from, from + PIECE_BYTES))
        }
        done()
      },
    })
    Object.assign(stream, { fd, _type: 'pipe' })
    Object.defineProperty(process, name, { configurable: true, enumerable: true, get: () => stream })
  }
}
