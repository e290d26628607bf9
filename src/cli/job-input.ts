import type { Readable } from 'node:stream'

type Reply = (bytes: Uint8Array | null) => void

/**
 * Standard input for the ranks that may read it. Nothing is read from the terminal or pipe before a rank asks, and one piece at a
 * time for each time it asks, so a large input never lies in memory and a `while read` loop around the command keeps its lines.
 */
export class JobInput {
  readonly #target: number | 'all' | 'none'
  readonly #ranks: number
  readonly #open: () => Readable
  #source: Readable | undefined
  #isOver = false
  /** Ranks that wait for bytes, and with 'all' what each rank has not had yet. */
  readonly #replies = new Map<number, Reply>()
  readonly #backlog = new Map<number, Uint8Array[]>()

  /** `open` gives the stream at first use. */
  constructor(target: number | 'all' | 'none', ranks: number, open: () => Readable) {
    this.#target = target
    this.#ranks = ranks
    this.#open = open
  }

  /** A rank wants to read; one answer for each call. */
  wanted(rank: number, reply: Reply): void {
    if (this.#target === 'none' || (this.#target !== 'all' && this.#target !== rank)) {
      reply(null)
      return
    }
    const kept = this.#backlog.get(rank)?.shift()
    if (kept !== undefined) reply(kept)
    else if (this.#isOver) reply(null)
    else {
      this.#replies.set(rank, reply)
      this.#read()
    }
  }

  #read(): void {
    const source = this.#source ?? this.#start()
    const bytes = source.read() as Buffer | null
    if (bytes !== null) this.#deliver(bytes)
    // Otherwise 'readable' or 'end' comes later.
  }

  #start(): Readable {
    const source = this.#open()
    this.#source = source
    source.on('readable', () => {
      if (this.#replies.size > 0) this.#read()
    })
    const over = (): void => {
      this.#isOver = true
      for (const [rank, reply] of this.#replies) {
        this.#replies.delete(rank)
        reply(null)
      }
    }
    source.on('end', over)
    source.on('error', over)
    return source
  }

  #deliver(bytes: Uint8Array): void {
    const targets =
      this.#target === 'all' ? Array.from({ length: this.#ranks }, (_, rank) => rank) : [Number(this.#target)]
    for (const rank of targets) {
      const reply = this.#replies.get(rank)
      if (reply === undefined) {
        const backlog = this.#backlog.get(rank) ?? []
        backlog.push(bytes)
        this.#backlog.set(rank, backlog)
      } else {
        this.#replies.delete(rank)
        reply(bytes)
      }
    }
  }

  /** Lets the process end although the source may still be open. */
  close(): void {
    this.#source?.destroy()
  }
}
