import { setImmediate as turn } from 'node:timers/promises'

interface Entry {
  readonly at: number
  readonly order: number
  readonly run: () => void
  isStopped: boolean
}

/** Simulated time, ms. The timers of this process run on it between install() and the function that it returns. */
export class Clock {
  now = 0
  /** A binary heap: the next entry first. */
  readonly #heap: Entry[] = []
  #order = 0

  after(ms: number, run: () => void): Entry {
    const entry = { at: this.now + Math.max(0, ms), order: this.#order++, run, isStopped: false }
    const heap = this.#heap
    let at = heap.push(entry) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!isBefore(heap[at], heap[parent])) break
      this.#swap(at, parent)
      at = parent
    }
    return entry
  }

  /** Runs what is due, one after the other, until `isOver` or nothing is left. */
  async runUntil(isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      const entry = this.#take()
      if (entry === undefined) return
      if (entry.isStopped) continue
      this.now = entry.at
      entry.run()
      // Promises are settled before anything else happens.
      await turn()
    }
  }

  install(): () => void {
    const real = { setTimeout, clearTimeout, setInterval, clearInterval }
    const handle = (entry: Entry): unknown => {
      const made = { entry, unref: () => made, ref: () => made }
      return made
    }
    const stop = (made: unknown): void => {
      if (typeof made === 'object' && made !== null && 'entry' in made)
        (made as { entry: Entry }).entry.isStopped = true
    }
    const repeat = (run: () => void, ms: number, entry: Entry): Entry =>
      Object.assign(entry, {
        run: () => {
          run()
          if (!entry.isStopped) Object.assign(entry, { again: this.after(ms, () => entry.run()) })
        },
      })
    Object.assign(globalThis, {
      setTimeout: (run: () => void, ms = 0) => handle(this.after(ms, run)),
      setInterval: (run: () => void, ms = 0) => handle(repeat(run, ms, this.after(ms, run))),
      clearTimeout: stop,
      clearInterval: stop,
    })
    return () => void Object.assign(globalThis, real)
  }

  #take(): Entry | undefined {
    const heap = this.#heap
    const first = heap[0]
    const last = heap.pop()
    if (first === undefined || last === undefined || heap.length === 0) return first
    heap[0] = last
    for (let at = 0; ; ) {
      let least = at
      for (const child of [2 * at + 1, 2 * at + 2]) if (isBefore(heap[child], heap[least])) least = child
      if (least === at) return first
      this.#swap(at, least)
      at = least
    }
  }

  #swap(one: number, other: number): void {
    const heap = this.#heap
    const [left, right] = [heap[one], heap[other]]
    if (left === undefined || right === undefined) return
    heap[one] = right
    heap[other] = left
  }
}

function isBefore(one: Entry | undefined, other: Entry | undefined): boolean {
  if (one === undefined || other === undefined) return false
  return one.at < other.at || (one.at === other.at && one.order < other.order)
}
