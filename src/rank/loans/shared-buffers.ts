import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads'
import { SharedGarbage } from '../../base/shared-garbage.ts'
import type { BufferNotice } from '../../wire/rank-messages.ts'

/** Another rank keeps at most so many buffers of this one, of so many bytes in all; what is used again is sent again. */
const MOST_TOLD = 256
const MOST_TOLD_BYTES = 2 ** 28
/** First and longest sleep between two looks for a buffer that is on its way, ms. */
const SHORTEST_SLEEP_MS = 0.02
const LONGEST_SLEEP_MS = 1

/** What a rank of the node has been told of one buffer. */
interface Told {
  readonly bytes: number
  /** Uses that must end before it may be told to forget the buffer. */
  pins: number
}

/**
 * Shared memory of this rank that other ranks of the node read and write, and theirs here. A buffer is known by its owner and the owner's
 * number for it; its handle goes once to each rank that needs it, through the agent's thread, which never blocks.
 *
 * `port` leads to the agent. Nobody listens on it: handles are taken from it when they are needed, also while this thread blocks.
 */
export class SharedBuffers {
  readonly #rank: number
  readonly #port: MessagePort
  #nextId = 1
  readonly #ids = new WeakMap<SharedArrayBuffer, number>()
  /** By rank: what it knows, least recently used first. */
  readonly #told = new Map<number, Map<number, Told>>()
  readonly #toldBytes = new Map<number, number>()
  /** By rank: its buffers. */
  readonly #known = new Map<number, Map<number, SharedArrayBuffer>>()
  readonly #garbage = new SharedGarbage()
  readonly #sleepWord = new Int32Array(new SharedArrayBuffer(4))
  readonly #collected = new FinalizationRegistry<number>((id) => this.#forgetEverywhere(id))

  constructor(rank: number, port: MessagePort) {
    this.#rank = rank
    this.#port = port
  }

  /** This rank's number for a buffer; the same for the same buffer. */
  idOf(buffer: SharedArrayBuffer): number {
    let id = this.#ids.get(buffer)
    if (id === undefined) {
      id = this.#nextId++
      this.#ids.set(buffer, id)
      this.#collected.register(buffer, id)
      this.#garbage.came(buffer.byteLength)
    }
    return id
  }

  /** Whether `rank` has been given the buffer before. */
  isKnownTo(rank: number, buffer: SharedArrayBuffer): boolean {
    return this.#told.get(rank)?.has(this.idOf(buffer)) ?? false
  }

  /** Gives a buffer to `rank`, a rank of this node or `AGENT`, which keeps it until as many calls of unpin(). Returns its number. */
  pin(rank: number, buffer: SharedArrayBuffer): number {
    const id = this.idOf(buffer)
    const told = this.#toldTo(rank)
    const before = told.get(id)
    if (before !== undefined) {
      // To the end of the order of use.
      told.delete(id)
      told.set(id, before)
      before.pins += 1
      return id
    }
    told.set(id, { bytes: buffer.byteLength, pins: 1 })
    this.#toldBytes.set(rank, (this.#toldBytes.get(rank) ?? 0) + buffer.byteLength)
    this.#post({ from: this.#rank, to: rank, id, buffer })
    this.#forgetOldest(rank, told)
    // A rank that gives buffers and never needs one of the others would keep theirs for ever.
    this.#takeNotices()
    return id
  }

  /** Ends one use by `rank`, which may be told to forget the buffer later. */
  unpin(rank: number, id: number): void {
    const told = this.#told.get(rank)?.get(id)
    if (told !== undefined) told.pins -= 1
  }

  /** Buffer `id` of another rank; blocks until it is here. Only for numbers that the other rank has from pin() and not unpinned. */
  find(rank: number, id: number): SharedArrayBuffer {
    let sleepMs = SHORTEST_SLEEP_MS
    for (;;) {
      const buffer = this.#known.get(rank)?.get(id)
      if (buffer !== undefined) return buffer
      if (this.#takeNotices()) continue
      // The agent passes it on within its next turns. Nothing changes the word: this only sleeps.
      Atomics.wait(this.#sleepWord, 0, 0, sleepMs)
      sleepMs = Math.min(2 * sleepMs, LONGEST_SLEEP_MS)
    }
  }

  #takeNotices(): boolean {
    let any = false
    for (let next = receiveMessageOnPort(this.#port); next !== undefined; next = receiveMessageOnPort(this.#port)) {
      // Only agents post there.
      this.#take(next.message as BufferNotice)
      any = true
    }
    return any
  }

  #take({ from, id, buffer }: BufferNotice): void {
    let known = this.#known.get(from)
    if (known === undefined) {
      known = new Map()
      this.#known.set(from, known)
    }
    if (buffer === null) known.delete(id)
    else {
      known.set(id, buffer)
      this.#garbage.came(buffer.byteLength)
    }
  }

  #toldTo(rank: number): Map<number, Told> {
    let told = this.#told.get(rank)
    if (told === undefined) {
      told = new Map()
      this.#told.set(rank, told)
    }
    return told
  }

  #forgetOldest(rank: number, told: Map<number, Told>): void {
    for (const [id, { pins }] of told) {
      if (told.size <= MOST_TOLD && (this.#toldBytes.get(rank) ?? 0) <= MOST_TOLD_BYTES) return
      if (pins === 0) this.#forget(rank, told, id)
    }
  }

  #forgetEverywhere(id: number): void {
    for (const [rank, told] of this.#told) this.#forget(rank, told, id)
  }

  #forget(rank: number, told: Map<number, Told>, id: number): void {
    const entry = told.get(id)
    if (entry === undefined) return
    told.delete(id)
    this.#toldBytes.set(rank, (this.#toldBytes.get(rank) ?? 0) - entry.bytes)
    this.#post({ from: this.#rank, to: rank, id, buffer: null })
  }

  #post(notice: BufferNotice): void {
    this.#port.postMessage(notice)
  }
}
