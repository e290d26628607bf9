import { setImmediate } from 'node:timers/promises'
import type { Watch } from '../../mpi/link/link.ts'
import type { Doorbell } from '../../shm/doorbell.ts'
import type { WaitWord } from '../../shm/wait-word.ts'
import type { RankWait } from '../../wire/control-messages.ts'
import type { WaitAnswer } from '../../wire/rank-messages.ts'
import { RecordKind } from '../../wire/record.ts'
import type { AgentLine } from './agent-line.ts'
import type { Looking } from './looking.ts'

/** Who knows what the rank waits for, and is told that it waits for ever. */
export interface WaitObserver {
  /** What the rank waits for; null where something else than messages may end the wait. */
  describe(isBlocking: boolean): RankWait | null
  /** What was described last never ends, as the table says. */
  deadlocked(table: string): void
}

/** What a link waits for. */
interface Work {
  /** Whether receive() or a trySend() that found no room would get on. */
  readonly hasNews: boolean
  /** The same for a blocking wait, to which what the latest receive() has left is no news. */
  readonly hasWanted: boolean
  /** For how long at most to wait, ms; asked once for each wait. */
  takePatienceMs(): number
}

interface Parts {
  /** Of this rank. */
  readonly bell: Doorbell
  readonly word: WaitWord
  readonly looking: Looking
  readonly agent: AgentLine
}

/** The waits of a rank for its link: blocking ones and those of its event loop. Tells the agent what for when it asks. */
export class LinkWaits {
  observer: WaitObserver | undefined
  readonly #work: Work
  readonly #bell: Doorbell
  readonly #word: WaitWord
  readonly #looking: Looking
  readonly #agent: AgentLine
  /** Of the wait that runs: work, or what its `watch` looks at. */
  readonly #news: Watch = { hasCome: () => (this.#watch?.hasCome() ?? false) || this.#work.hasWanted }
  #watch: Watch | undefined
  #wake: (() => void) | undefined
  #sleepsAsync = false
  /** Of #sleepAsync(): it has looked at the rings and waits for the bell. */
  #isAsleep = false
  /** Atomics.waitAsync does not keep an event loop alive; this timer does while a wake-up is wanted. */
  #keepAlive: NodeJS.Timeout | undefined

  constructor(work: Work, { bell, word, looking, agent }: Parts) {
    this.#work = work
    this.#bell = bell
    this.#word = word
    this.#looking = looking
    this.#agent = agent
  }

  wait(timeoutMs: number, watch?: Watch): void {
    const limitMs = Math.min(timeoutMs, this.#work.takePatienceMs())
    this.#watch = watch
    if (this.#looking.until(this.#news, limitMs)) return
    this.#sleep(limitMs)
    this.#looking.slept()
  }

  #sleep(limitMs: number): void {
    const seen = this.#bell.prepare()
    if (this.#news.hasCome()) this.#bell.awake()
    else if (limitMs === Number.POSITIVE_INFINITY) this.#block(seen)
    else this.#bell.sleep(seen, limitMs)
  }

  /** Sleeps without a limit; says so, and what for when the agent asks. */
  #block(seen: number): void {
    this.#word.block()
    this.#bell.sleep(seen, Number.POSITIVE_INFINITY)
    while (this.#answer(true)) {
      const seenNow = this.#bell.prepare()
      if (this.#news.hasCome()) {
        this.#bell.awake()
        break
      }
      this.#bell.sleep(seenNow, Number.POSITIVE_INFINITY)
    }
    this.#word.unblock()
  }

  /** Answers the agent's question; false where there is none. */
  #answer(isBlocking: boolean): boolean {
    const question = this.#word.takeQuestion()
    if (question === 0) return false
    const answer: WaitAnswer = { question, wait: this.observer?.describe(isBlocking) ?? null }
    this.#agent.tell(RecordKind.waits, Buffer.from(JSON.stringify(answer)))
    return true
  }

  wakeOnce(wake: () => void): void {
    this.#wake = wake
    if (this.#isAsleep) this.#word.await(true)
    this.#keepAlive ??= setInterval(() => undefined, 2 ** 30)
    if (!this.#sleepsAsync) void this.#sleepAsync()
  }

  cancelWake(): void {
    this.#wake = undefined
    this.#word.await(false)
    clearInterval(this.#keepAlive)
    this.#keepAlive = undefined
  }

  async #sleepAsync(): Promise<void> {
    this.#sleepsAsync = true
    do {
      const seen = this.#bell.prepare()
      if (this.#work.hasNews) {
        this.#bell.awake()
        // Through the event loop, so that a busy neighbour does not starve this rank's timers and sockets.
        await setImmediate()
        break
      }
      const patienceMs = this.#work.takePatienceMs()
      this.#isAsleep = patienceMs === Number.POSITIVE_INFINITY
      this.#word.await(this.#isAsleep && this.#wake !== undefined)
      await this.#bell.sleepAsync(seen, patienceMs)
    } while (this.#answer(false))
    this.#isAsleep = false
    this.#sleepsAsync = false
    const wake = this.#wake
    if (wake === undefined) return
    this.cancelWake()
    wake()
  }
}
