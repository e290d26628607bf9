import { OUTCOME_HEAD_BYTES, PoolRecord } from '../../wire/pool-messages.ts'
import { readPayload, skipPayload } from './payload.ts'
import { taskError } from '../pool-error.ts'
import type { PoolStatistics } from './statistics.ts'
import type { ThreadLane } from '../lanes/thread-lane.ts'

/** Weight of the newest chunk in the running average. */
const AVERAGE_WEIGHT = 0.1
/** What a chunk costs a thread besides its tasks, ms. */
const CHUNK_COST_MS = 0.001

/** Reads what threads write: outcomes for their calls, output, last words. */
export class Inbox {
  readonly #statistics: PoolStatistics
  readonly #onExited: (lane: ThreadLane, status: number) => void

  constructor(statistics: PoolStatistics, onExited: (lane: ThreadLane, status: number) => void) {
    this.#statistics = statistics
    this.#onExited = onExited
  }

  /** Reads all that there is; whether there was anything. */
  drain(lane: ThreadLane): boolean {
    const { inbox } = lane
    let any = false
    while (inbox.next()) {
      any = true
      if (inbox.kind === PoolRecord.result || inbox.kind === PoolRecord.error) this.#outcome(lane)
      else this.#other(lane)
    }
    return any
  }

  #outcome(lane: ThreadLane): void {
    const { inbox } = lane
    const { kind, dest: word, words, floats, bodyOffset: at, bodyBytes } = inbox
    const sent = lane.settleFirst()
    const { chunk } = sent
    const startedAt = floats[at >> 3] ?? 0
    const runMs = floats[(at >> 3) + 1] ?? 0
    const form = words[(at >> 2) + 4] ?? 0
    lane.meanRunMs += (runMs + CHUNK_COST_MS - lane.meanRunMs) * AVERAGE_WEIGHT
    this.#statistics.ran(lane.index, chunk.count, startedAt - sent.at, runMs)
    chunk.call.ran?.(chunk, lane.index, startedAt - sent.at, runMs)
    if (chunk.call.isOver) {
      skipPayload(form, lane.port)
      inbox.release()
    } else if (kind === PoolRecord.result) {
      const results = readPayload(inbox, OUTCOME_HEAD_BYTES, form, chunk.count, lane.port)
      inbox.release()
      chunk.call.succeed(chunk, results, bodyBytes)
    } else {
      const thrown: unknown = readPayload(inbox, OUTCOME_HEAD_BYTES, form, 1, lane.port)
      inbox.release()
      this.#statistics.failed += 1
      chunk.call.fail(chunk, taskError(thrown, chunk.firstIndex + word))
    }
  }

  #other(lane: ThreadLane): void {
    const { inbox } = lane
    const { kind, source: word, dest: form, bodyOffset: from, bodyBytes } = inbox
    if (kind === PoolRecord.failure) {
      const error: unknown = readPayload(inbox, 0, form, 1, lane.port)
      inbox.release()
      lane.failure = { error, isInitializer: word === 1 }
      return
    }
    const body = inbox.bytes.slice(from, from + bodyBytes)
    inbox.release()
    if (kind === PoolRecord.ready) lane.isReady = true
    else if (kind === PoolRecord.output) (word === 2 ? process.stderr : process.stdout).write(body)
    else if (kind === PoolRecord.exited) this.#onExited(lane, word)
    else throw new Error(`unexpected record of kind ${kind} from a pool's thread`)
  }
}
