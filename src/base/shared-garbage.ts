/** Shared memory that may come to a thread before its garbage is collected, in bytes. */
const ENOUGH_BYTES = 128 * 1024 * 1024
/** Until this much has come, at most one in so many parts of the thread's time goes into that. */
const MOST_BYTES = 256 * 1024 * 1024
const PARTS_OF_TIME = 20

/** What a meter needs of its thread; a test gives its own. */
export interface Collector {
  /** Milliseconds from any fixed moment. */
  now(): number
  /** Collects all garbage of the thread. */
  collect(): void
}

/**
 * V8 does not count shared memory: a thread to which much of it comes, and which makes little else, collects nothing, and holds on to the memory of every handle that it has
 * dropped. So whatever makes or gets shared memory says so here, and now and then the thread's garbage is collected: it takes milliseconds, or as long as the
 * program's heap asks for.
 */
export class SharedGarbage {
  readonly #collector: Collector
  #bytes = 0
  #notBefore = Number.NEGATIVE_INFINITY

  constructor(collector: Collector = threadCollector()) {
    this.#collector = collector
  }

  /** This much shared memory is new to the thread. May block for the collection. */
  came(bytes: number): void {
    this.#bytes += bytes
    if (this.#bytes < ENOUGH_BYTES) return
    const began = this.#collector.now()
    if (began < this.#notBefore && this.#bytes < MOST_BYTES) return
    this.#bytes = 0
    this.#collector.collect()
    const ended = this.#collector.now()
    this.#notBefore = ended + (PARTS_OF_TIME - 1) * (ended - began)
  }
}

/** This thread. Where Node gives no way to collect, nothing is done. */
function threadCollector(): Collector {
  let collect: (() => void) | undefined
  return {
    now: () => performance.now(),
    collect() {
      collect ??= findCollect()
      collect()
    },
  }
}

/** V8's own function, which it shows to contexts that are made while the flag is set. */
function findCollect(): () => void {
  const { gc } = globalThis
  if (gc !== undefined) {
    return () => {
      gc()
    }
  }
  try {
    const [{ setFlagsFromString }, { runInNewContext }] = [
      process.getBuiltinModule('node:v8'),
      process.getBuiltinModule('node:vm'),
    ]
    setFlagsFromString('--expose-gc')
    try {
      // What V8 calls so takes no arguments and returns nothing.
      return runInNewContext('gc') as () => void
    } finally {
      setFlagsFromString('--no-expose-gc')
    }
  } catch {
    return () => undefined
  }
}
