import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Runtime } from '../mpi/runtime.ts'
import type { RankWait } from '../wire/control-messages.ts'
import { OWN_LINE } from './rank-failure.ts'
import type { WaitObserver } from './link/link-waits.ts'

/** A description is cut at this length, so that it fits into a record of the smallest ring. */
const LONGEST_CALL = 500

/** Says what this rank waits for when the agent asks, and fails the wait when no rank can get on. */
export class WaitReport implements WaitObserver {
  readonly #runtime: Runtime
  readonly #rank: number
  /** Threads of the program's own that run: Node does not list them among what keeps an event loop alive. */
  #threads = 0

  constructor(runtime: Runtime, rank: number) {
    this.#runtime = runtime
    this.#rank = rank
    process.on('worker', (worker) => {
      // Node's own thread for import hooks (rank/package-access.ts), which runs all the time.
      if (worker.constructor.name === 'InternalWorker') return
      this.#threads += 1
      worker.once('exit', () => {
        this.#threads -= 1
      })
    })
  }

  describe(isBlocking: boolean): RankWait | null {
    if (!isBlocking && this.#hasOtherEvents()) return null
    const call = isBlocking ? this.#runtime.describeWait() : this.#runtime.describeAwaited()
    if (call === null) return null
    const place = isBlocking ? programLine(new Error().stack ?? '') : undefined
    const shown = cut(call)
    const collectives = this.#runtime.collectiveWaits().map((wait) => ({ ...wait, name: cut(wait.name) }))
    return {
      rank: this.#rank,
      call: shown,
      ...(place === undefined ? {} : { place }),
      ...(collectives.length === 0 ? {} : { collectives }),
    }
  }

  deadlocked(table: string): void {
    this.#runtime.deadlocked(table)
  }

  /** Whether a timer, a socket, a file, a process, a thread or a signal may still call the program. */
  #hasOtherEvents(): boolean {
    if (this.#threads > 0) return true
    if (process.eventNames().some((name) => typeof name === 'string' && name.startsWith('SIG'))) return true
    // One timer is the link's: it keeps the event loop alive for the messages that it waits for.
    return process.getActiveResourcesInfo().length > 1
  }
}

function cut(text: string): string {
  return text.length > LONGEST_CALL ? `${text.slice(0, LONGEST_CALL)}…` : text
}

/** The program's innermost line in a stack, `ring.js:12`; undefined where it has none. */
export function programLine(stack: string): string | undefined {
  for (const line of stack.split('\n').slice(1)) {
    if (OWN_LINE.test(line)) continue
    const place = /\(?((?:file:\/\/)?\/.+?):(\d+):\d+\)?$/.exec(line)
    if (place === null) continue
    const [, file = '', number = ''] = place
    return `${shortPath(file.startsWith('file:') ? fileURLToPath(file.replace(/\?.*$/, '')) : file)}:${number}`
  }
  return undefined
}

/** Relative where the file lies in the working directory. */
function shortPath(path: string): string {
  const short = relative(process.cwd(), path)
  return short.startsWith('..') ? path : short
}
