import { Worker } from 'node:worker_threads'

/** Word 0: the number of the last order that the thread has carried out, or REFUSED. Behind it one word for each signal's number: how many have come. */
const WORDS = 66
/** Until the thread has started and carries an order out, at most; on a machine with much other work the program goes on without. */
const ORDER_MS = 1000
const REFUSED = -1

/**
 * A worker has signals of its own for nobody but Node's inside. process.binding() is old and for few uses, this one among them; where it is refused
 * nothing is heard. Counts pair with the load in `arrived`, word 0 with the wait in hear().
 */
const PROGRAM = `
process.noDeprecation = true
const { parentPort, workerData: words } = require('node:worker_threads')
const done = (order) => {
  Atomics.store(words, 0, order)
  Atomics.notify(words, 0)
}
const signalClass = () => {
  try {
    return process.binding('signal_wrap').Signal
  } catch {
    done(${REFUSED})
    process.exit()
  }
}
const Signal = signalClass()
const heard = new Map()
parentPort.on('message', ({ order, signals }) => {
  for (const [signal, handle] of heard) {
    if (signals.includes(signal)) continue
    handle.close()
    heard.delete(signal)
  }
  for (const signal of signals) {
    if (heard.has(signal)) continue
    const handle = new Signal()
    handle.onsignal = () => Atomics.add(words, signal, 1)
    handle.start(signal)
    heard.set(signal, handle)
  }
  done(order)
})
`

/** A thread that hears the signals of this process while the main thread blocks. While it hears one, that signal does not end the process. */
export class SignalThread {
  readonly #words = new Int32Array(new SharedArrayBuffer(4 * WORDS))
  readonly #worker: Worker
  #orders = 0
  #signals: readonly number[] = []

  constructor() {
    this.#worker = new Worker(PROGRAM, {
      eval: true,
      workerData: this.#words,
      execArgv: [],
      env: {},
      name: 'pool signals',
      stdout: true,
      stderr: true,
      resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 1 },
    })
    this.#worker.unref()
  }

  /** Hears these, by number, and no others when this returns. Blocks, for some 0.1 ms; the first time until the thread has started. */
  hear(signals: readonly number[]): void {
    if (signals.join() === this.#signals.join()) return
    this.#signals = signals
    this.#orders += 1
    this.#worker.postMessage({ order: this.#orders, signals })
    for (;;) {
      const done = Atomics.load(this.#words, 0)
      if (done === this.#orders || done === REFUSED) return
      if (Atomics.wait(this.#words, 0, done, ORDER_MS) === 'timed-out') return
    }
  }

  /** Signals that have come and were not taken, by number. */
  get arrived(): number[] {
    const arrived: number[] = []
    for (let signal = 1; signal < WORDS; signal += 1) if (Atomics.load(this.#words, signal) > 0) arrived.push(signal)
    return arrived
  }

  /** However often it has come: once. */
  take(signal: number): void {
    Atomics.store(this.#words, signal, 0)
  }
}
