import type { ChildProcess } from 'node:child_process'
import { setTimeout as delay } from 'node:timers/promises'
import { LastLines } from './last-lines.ts'
import { signalProgram, startProgram } from './start-program.ts'

/** From SIGTERM to SIGKILL for a launching program. */
const KILL_AFTER_MS = 1000
/** How long the last words of a program are waited for that has ended. */
const READ_REST_MS = 200

export interface ProgramRunOptions {
  /** A file that is removed when the program has ended, even if this process is killed before. */
  readonly removes?: string
  /** Its environment; absent: that of this process. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** A line of its stderr is complete. */
  readonly onLine: (line: string) => void
  /** A line of its stdout; absent: that is thrown away, for what login scripts print is not output of the job. */
  readonly onOutputLine?: (line: string) => void
  readonly onNotStarted: (error: NodeJS.ErrnoException) => void
  /** It has ended, and its last lines are there. */
  readonly onEnd: (status: number | null, signal: string | null) => void
}

/** A launching program from its start to its end, with the last lines of its stderr. */
export class ProgramRun {
  readonly #child: ChildProcess
  /** A shell waits for the program and removes its file. */
  readonly #hasShell: boolean
  readonly #stderr = new LastLines()
  #isOver = false
  #killing: NodeJS.Timeout | undefined

  /** Throws errors of the system where nothing can be started, or calls onNotStarted. */
  constructor(file: string, args: readonly string[], options: ProgramRunOptions) {
    const child = startProgram(file, args, options)
    this.#child = child
    this.#hasShell = options.removes !== undefined
    child.on('error', (error: NodeJS.ErrnoException) => options.onNotStarted(error))
    const { stdin, stdout, stderr } = child
    if (child.pid === undefined || stdin === null || stdout === null || stderr === null) {
      this.#isOver = true
      return
    }
    child.on('exit', (status, signal) => {
      this.#isOver = true
      clearTimeout(this.#killing)
      void this.#readRest().then(() => {
        for (const line of this.#stderr.end()) options.onLine(line)
        options.onEnd(status, signal)
      })
    })
    // It may end before it has read all of it; its exit says why.
    stdin.on('error', () => undefined)
    const { onOutputLine } = options
    if (onOutputLine === undefined) stdout.resume()
    else {
      const lines = new LastLines()
      stdout.setEncoding('utf8').on('data', (text: string) => lines.add(text).forEach(onOutputLine))
    }
    stderr.setEncoding('utf8').on('data', (text: string) => {
      for (const line of this.#stderr.add(text)) options.onLine(line)
    })
  }

  /** The last lines of its stderr, the oldest first. */
  get lines(): readonly string[] {
    return this.#stderr.lines
  }

  /** Writes to its stdin; that has its end there unless more `isToCome`. */
  write(pieces: readonly (string | Uint8Array)[], isToCome = false): void {
    const { stdin } = this.#child
    for (const piece of pieces) stdin?.write(piece)
    if (!isToCome) stdin?.end()
  }

  /** Ends it, with force if need be. */
  end(): void {
    if (this.#isOver || this.#killing !== undefined) return
    signalProgram(this.#child, 'SIGTERM', this.#hasShell)
    this.#killing = setTimeout(() => signalProgram(this.#child, 'SIGKILL', this.#hasShell), KILL_AFTER_MS)
  }

  /** A connection that ssh shares (ControlPersist) stays in the background and keeps stderr open, so its end is not waited for. */
  async #readRest(): Promise<void> {
    const { stdout, stderr } = this.#child
    const isRead = new Promise<void>((resolve) => {
      // It may have been closed before the program had ended.
      if (stderr?.closed !== false) resolve()
      else stderr.once('close', resolve)
    })
    await Promise.race([isRead, delay(READ_REST_MS, undefined, { ref: false })])
    stdout?.destroy()
    stderr?.destroy()
  }
}
