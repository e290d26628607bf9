import { constants } from 'node:os'
import { isMainThread } from 'node:worker_threads'
import { surroundings } from '../nodes/job-pool.ts'
import { PoolError } from '../pool-error.ts'
import { SignalThread } from './signal-thread.ts'

/** A program that blocks looks for signals this often. */
const LOOK_MS = 50

/**
 * Signals for a program that blocks: its event loop does not turn, so Node calls no handler. Here the blocking call runs them itself, as Python does
 * between two steps of a blocking one. Nothing is done for signals without a handler: they end the program, as always. In a rank of a job
 * they come as messages; in plain node a thread hears them (signal-thread.ts), from the first call that blocks until the loop turns.
 */
class SignalWatch {
  /** Calls block one after the other, and the event loop has not turned since the first. */
  #isBlocking = false
  #lookAt = 0
  #thread: SignalThread | undefined

  /** A pool is being made: the thread is started before those of the pool, so that it hears when their first task runs. */
  prepare(): void {
    if (isHearing() && signalsWithHandlers().length > 0) this.#thread ??= new SignalThread()
  }

  /** A call is going to block: before its tasks are handed out. */
  begin(): void {
    if (this.#isBlocking) return
    this.#isBlocking = true
    this.#lookAt = performance.now() + LOOK_MS
    setImmediate(() => this.#end())
    this.#hear()
  }

  /** Runs the handlers of signals that have come. Throws what they throw; ERR_POOL_INTERRUPTED where one of them needs the event loop. */
  look(now: number): void {
    this.begin()
    if (now < this.#lookAt) return
    this.#lookAt = now + LOOK_MS
    const takeSignal = surroundings()?.takeSignal
    if (takeSignal !== undefined) {
      for (let signal = takeSignal(); signal !== undefined; signal = takeSignal()) runHandlers(signal)
      return
    }
    this.#hear()
    for (const number of this.#thread?.arrived ?? []) this.#answer(number)
  }

  /** Signals that have come stay among them until they are answered. */
  #hear(): void {
    this.prepare()
    this.#thread?.hear([...new Set([...signalsWithHandlers().map(numberOf), ...this.#thread.arrived])])
  }

  #answer(number: number): void {
    const signal = nameOf(number)
    // Before it is taken: what comes meanwhile is in the event loop's queue, or here.
    forgetInLoop(signal)
    this.#thread?.take(number)
    if (process.listenerCount(signal) > 0) return runHandlers(signal)
    // The program has taken its last handler away since the thread began to hear the signal: it ends by it.
    this.#thread?.hear(signalsWithHandlers().map(numberOf))
    process.kill(process.pid, signal)
  }

  /** The event loop turns again and calls handlers itself: signals without one must end the program. */
  #end(): void {
    this.#isBlocking = false
    if (this.#thread === undefined) return
    this.#thread.hear([])
    for (const number of this.#thread.arrived) {
      this.#thread.take(number)
      if (process.listenerCount(nameOf(number)) === 0) process.kill(process.pid, number)
    }
  }
}

/** One for all pools: signals are the program's. */
export const signalWatch: SignalWatch = new SignalWatch()

/** Workers of plain node get no signals, and ranks get them as messages. */
function isHearing(): boolean {
  return isMainThread && surroundings() === undefined
}

/** Node listens for the size of its terminal itself. */
const OF_NODE = 'SIGWINCH'

function signalsWithHandlers(): NodeJS.Signals[] {
  const isSignal = (name: string | symbol): name is NodeJS.Signals =>
    typeof name === 'string' && name !== OF_NODE && Object.hasOwn(constants.signals, name)
  return process.eventNames().filter((name) => isSignal(name))
}

function numberOf(signal: NodeJS.Signals): number {
  return constants.signals[signal]
}

function nameOf(number: number): NodeJS.Signals {
  const [name] = Object.entries(constants.signals).find(([, value]) => value === number) ?? []
  // Numbers come from numberOf().
  return name as NodeJS.Signals
}

/** The event loop calls no handler for signals that have come before: Node listens anew for the first handler of a signal. */
function forgetInLoop(signal: NodeJS.Signals): void {
  const handlers = process.rawListeners(signal)
  process.removeAllListeners(signal)
  for (const handler of handlers) process.on(signal, handler as NodeJS.SignalsListener)
}

/** As process.emit(), which does not say what handlers give. */
function runHandlers(signal: NodeJS.Signals): void {
  let isAsync = false
  for (const handler of process.rawListeners(signal)) {
    const given: unknown = Reflect.apply(handler, process, [signal, numberOf(signal)])
    isAsync ||= given instanceof Promise
  }
  if (!isAsync) return
  throw new PoolError(
    'ERR_POOL_INTERRUPTED',
    `the call was interrupted by ${signal}: its handler is asynchronous and cannot go on while a call blocks. Its tasks go on; await the asynchronous form of the call, or catch this error`,
  )
}
