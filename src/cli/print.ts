import { writeSync } from 'node:fs'
import { MpirunError } from '../base/errors.ts'
import { systemCode, systemReason } from '../base/system-reason.ts'

/** Exit status of a process that SIGPIPE ended. */
const READER_GONE = 128 + 13
/** A pipe that another program has set to non-blocking may be full. */
const RETRY_MS = 5
const MOST_TELL_RETRIES = 200

/**
 * Writes the command's own words to standard output, all of them before it returns. Blocks.
 * Throws ERR_OUTPUT: with exit status 1, or with 141 and no message where the reader has gone away, as SIGPIPE ends a process.
 */
export function print(text: string): void {
  try {
    writeAll(1, text, Number.POSITIVE_INFINITY)
  } catch (error) {
    if (systemCode(error) === 'EPIPE')
      throw new MpirunError('ERR_OUTPUT', '', { exitStatus: READER_GONE, cause: error })
    throw new MpirunError('ERR_OUTPUT', `cannot write to standard output: ${systemReason(error)}.`, { cause: error })
  }
}

/** The same for standard error. Where that cannot be written nobody hears of it, and nobody is held up. */
export function tell(text: string): void {
  try {
    writeAll(2, text, MOST_TELL_RETRIES)
  } catch {
    // There is no other place to say so.
  }
}

function writeAll(fd: number, text: string, retries: number): void {
  let bytes = Buffer.from(text)
  for (let tries = 0; bytes.length > 0; ) {
    try {
      bytes = bytes.subarray(writeSync(fd, bytes))
    } catch (error) {
      if (systemCode(error) !== 'EAGAIN' || tries >= retries) throw error
      tries += 1
      // A pause: nobody wakes this word.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS)
    }
  }
}
