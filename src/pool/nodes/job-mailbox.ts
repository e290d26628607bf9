import type { JobPool } from './job-pool.ts'
import { type FromNode, fromNodeMessages } from './node-messages.ts'

/** Messages of the other nodes' leaders, sorted by pool: several pools may be at work. */
export class JobMailbox {
  readonly #job: JobPool
  readonly #waiting = new Map<number, { from: number; message: FromNode }[]>()
  #nextPool = 0

  constructor(job: JobPool) {
    this.#job = job
  }

  open(): number {
    const pool = this.#nextPool
    this.#nextPool += 1
    this.#waiting.set(pool, [])
    return pool
  }

  close(pool: number): void {
    this.#waiting.delete(pool)
  }

  hasNews(pool: number): boolean {
    return this.#job.hasNews || (this.#waiting.get(pool)?.length ?? 0) > 0
  }

  /** What has come for a pool. */
  take(pool: number): readonly { readonly from: number; readonly message: FromNode }[] {
    for (let next = this.#job.receive(); next !== null; next = this.#job.receive()) {
      const { from, bytes } = next
      const messages = fromNodeMessages(bytes)
      if (messages === null) this.#job.misfit(from, `something for pools that does not fit, from rank ${from}`)
      else for (const message of messages) this.#waiting.get(message[1])?.push({ from, message })
    }
    const mine = this.#waiting.get(pool) ?? []
    if (mine.length > 0) this.#waiting.set(pool, [])
    return mine
  }
}

let mailbox: JobMailbox | undefined

/** The mailbox of this rank. */
export function jobMailbox(job: JobPool): JobMailbox {
  mailbox ??= new JobMailbox(job)
  return mailbox
}
