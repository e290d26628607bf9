import { type ChildProcess, spawn } from 'node:child_process'
import { descendants } from '../agent/end-children.ts'

const LOOK_EVERY_MS = 500

/** Keeps the last list of processes that it was told and kills them when its input ends without a word: kill -9 of its parent. */
const GUARD = 'while read -r line; do pids=$line; done; [ -z "$pids" ] || kill -9 $pids 2>/dev/null'

/**
 * Ends what ranks of this process have started, should this process be killed. A shipped agent leads a process group that is ended
 * with it; the coordinator does not, so a shell stands guard as soon as a rank has a child.
 */
export class ChildGuard {
  #guard: ChildProcess | undefined
  #known = ''
  readonly #timer: NodeJS.Timeout

  constructor() {
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY_MS)
    this.#timer.unref()
  }

  #look(): void {
    const list = descendants().join(' ')
    if (list === this.#known) return
    this.#known = list
    this.#guard ??= startGuard()
    this.#guard.stdin?.write(`${list}\n`)
  }

  /** The job has ended in order: nothing is to be killed any more. */
  close(): void {
    clearInterval(this.#timer)
    this.#guard?.stdin?.end('\n')
  }
}

function startGuard(): ChildProcess {
  // A session of its own, so that the terminal's Ctrl-C does not end it with the job that it guards.
  const guard = spawn('/bin/sh', ['-c', GUARD], { stdio: ['pipe', 'ignore', 'ignore'], detached: true })
  guard.unref()
  // Without a shell there is no guard, and the job runs all the same.
  guard.on('error', () => undefined)
  guard.stdin.on('error', () => undefined)
  return guard
}
