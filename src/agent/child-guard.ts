import type { ChildProcess } from 'node:child_process'
import type { Family } from './family.ts'

/** What no rank tells of (a child's child, a blocking spawnSync) is found by looking this often. */
const LOOK_EVERY_MS = 500
/** A child exists some milliseconds after its rank has said so. */
const LOOK_AFTER_MS = [5, 50]

/** Keeps the last list of processes that it was told and kills them when its input ends without a word: kill -9 of its parent. */
const GUARD = 'trap "" USR1 USR2; while read -r line; do pids=$line; done; [ -z "$pids" ] || kill -9 $pids 2>/dev/null'

/**
 * Ends what ranks of this process have started, should this process be killed: nobody else would. A shell stands guard as soon as a
 * rank has a child, and not before, since most ranks have none.
 */
export class ChildGuard {
  readonly #family: Family
  #guard: ChildProcess | undefined
  #known = ''
  #isClosed = false
  readonly #timer: NodeJS.Timeout

  constructor(family: Family) {
    this.#family = family
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY_MS)
    this.#timer.unref()
  }

  /** A rank is starting a child. */
  lookSoon(): void {
    for (const ms of LOOK_AFTER_MS) setTimeout(() => this.#look(), ms).unref()
  }

  #look(): void {
    const list = this.#family.descendants().join(' ')
    if (list === this.#known || this.#isClosed) return
    this.#known = list
    this.#guard ??= startGuard()
    this.#guard.stdin?.write(`${list}\n`)
  }

  /** The job has ended in order: nothing is to be killed any more. */
  close(): void {
    this.#isClosed = true
    clearInterval(this.#timer)
    this.#guard?.stdin?.end('\n')
  }
}

function startGuard(): ChildProcess {
  // Loaded only here, because it costs every agent's start-up some milliseconds.
  const { spawn } = process.getBuiltinModule('node:child_process')
  // A session of its own, so that neither the terminal's Ctrl-C nor the end of this process's group ends it.
  const guard = spawn('/bin/sh', ['-c', GUARD], { stdio: ['pipe', 'ignore', 'ignore'], detached: true })
  guard.unref()
  // Without a shell there is no guard, and the job runs all the same.
  guard.on('error', () => undefined)
  guard.stdin.on('error', () => undefined)
  return guard
}
