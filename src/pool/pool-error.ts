/** What went wrong with a pool itself; errors of tasks are thrown as they were. */
export type PoolErrorCode =
  /** The thread that ran the task has ended: process.exit, an uncaught error, out of memory. */
  | 'ERR_POOL_THREAD_DIED'
  /** The node that had the task was lost (mpirun-ts --pool --on-rank-loss continue). */
  | 'ERR_POOL_NODE_LOST'
  /** The initializer failed, so no thread can serve. */
  | 'ERR_POOL_INITIALIZER'
  /** terminate() ended the pool with this task undone. */
  | 'ERR_POOL_TERMINATED'
  /** close() or terminate() was called before. */
  | 'ERR_POOL_CLOSED'
  /** `new Pool` inside of a pool's thread. */
  | 'ERR_POOL_IN_THREAD'
  /** A function cannot be found where it is to run. */
  | 'ERR_POOL_FUNCTION'
  /** A signal came while the call blocked, and its handler needs the event loop. */
  | 'ERR_POOL_INTERRUPTED'

export class PoolError extends Error {
  readonly code: PoolErrorCode

  constructor(code: PoolErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
// On the prototype, so that stacks begin with it; and also where a bundle has shortened the class's name.
for (const holder of [PoolError, PoolError.prototype]) {
  Object.defineProperty(holder, 'name', { value: 'PoolError', configurable: true, writable: true })
}

/** A task's error as the caller gets it: with its index, and the stack that it had in the thread. */
export function taskError(thrown: unknown, taskIndex: number): unknown {
  if (!(thrown instanceof Error)) return thrown
  // `index` is the name that parallelMap uses; an error may have one of its own.
  const index = Object.hasOwn(thrown, 'index') ? {} : { index: taskIndex }
  return withProperties(thrown, { remoteStack: thrown.stack, taskIndex, ...index })
}

/** An error that is made here for what happened in a thread, with the lines that its cause brought from there. */
export function withThreadLines<E extends Error>(error: E): E {
  const { cause } = error
  const stack = cause instanceof Error ? (cause.stack ?? '') : ''
  const from = stack.indexOf('\n    at ')
  error.stack = `${error.name}: ${error.message}${from < 0 ? '' : stack.slice(from)}`
  return withProperties(error, { remoteStack: error.stack })
}

function withProperties<E extends Error>(error: E, more: Readonly<Record<string, unknown>>): E {
  for (const [name, value] of Object.entries(more)) {
    Object.defineProperty(error, name, { value, enumerable: false, configurable: true, writable: true })
  }
  return error
}
