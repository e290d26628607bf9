import { constants, mkdirSync, openSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { ExitStatus, MpirunError } from '../../base/errors.ts'
import { systemCode, systemReason } from '../../base/system-reason.ts'
import { inQuotes } from '../../base/visible-text.ts'

/** How long a named pipe may be without a reader, and how often that is looked at. */
const READER_MS = 10_000
const LOOK_MS = 50

/** An open file that output is written to. */
export interface OutputFile {
  readonly fd: number
  /** Its path in quotes, for messages. */
  readonly name: string
}

/**
 * Opens a file for writing, and makes the folders on the way to it. Blocks as node:fs does, so no signal may have a handler yet: then SIGTERM
 * ends a process that a network file system holds up.
 * `flags`: 'w' begins it anew, 'a' goes on behind its end. Throws ERR_OUTPUT (exit status 2); ENXIO for a named pipe that nobody reads.
 */
export function openOutput(path: string, flags: 'w' | 'a'): OutputFile {
  const name = inQuotes(path)
  try {
    makeFolders(dirname(path))
    return { fd: openSync(path, isPipe(path) ? constants.O_WRONLY | constants.O_NONBLOCK : flags), name }
  } catch (error) {
    throw outputError(name, error)
  }
}

/** The same, but waits for somebody who reads a named pipe, as a shell does. Does not block meanwhile. */
export async function openOutputPatiently(path: string, flags: 'w' | 'a'): Promise<OutputFile> {
  const end = performance.now() + READER_MS
  for (;;) {
    try {
      return openOutput(path, flags)
    } catch (error) {
      const cause = error instanceof Error ? error.cause : undefined
      if (systemCode(cause) !== 'ENXIO' || performance.now() > end) throw error
    }
    await delay(LOOK_MS)
  }
}

function isPipe(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFIFO() === true
}

/** By hand: the recursive form of mkdirSync never ends where a file system says ENOENT below a folder that is there, as /proc does. */
function makeFolders(path: string): void {
  if (statSync(path, { throwIfNoEntry: false }) !== undefined) return
  makeFolders(dirname(path))
  try {
    mkdirSync(path)
  } catch (error) {
    // Another program has made it in between.
    if (systemCode(error) !== 'EEXIST') throw error
  }
}

function whatFailed(name: string, error: unknown): string {
  if (!(error instanceof Error && 'syscall' in error && error.syscall === 'mkdir' && 'path' in error))
    return `Cannot open ${name} for output: ${systemReason(error)}`
  const reason = systemCode(error) === 'ENOENT' ? 'its file system takes no new folders' : systemReason(error)
  return `Cannot make the folder ${inQuotes(String(error.path))} for the output file ${name}: ${reason}`
}

function outputError(name: string, error: unknown): MpirunError {
  const code = systemCode(error)
  const advice =
    code === 'EMFILE' || code === 'ENFILE'
      ? 'Raise the limit, or give more ranks the same file.'
      : code === 'ENXIO'
        ? 'Start its reader first.'
        : 'Name another place.'
  const message = `${whatFailed(name, error)}. ${advice} Nothing was started.`
  return new MpirunError('ERR_OUTPUT', message, { exitStatus: ExitStatus.usage, cause: error })
}
