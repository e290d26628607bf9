import type { Chunk } from '../calls/chunk.ts'
import { PoolError, taskError, withThreadLines } from '../pool-error.ts'
import type { ThreadLane } from '../lanes/thread-lane.ts'

/** Why a thread is over, for messages. */
export interface Loss {
  /** Goes on after 'its thread'. */
  readonly reason: string
  readonly options: ErrorOptions | undefined
}

/** `how`: what the dispatcher has seen; the thread's own last words say more. */
export function lossOf({ failure }: ThreadLane, how: string): Loss {
  if (failure === undefined) return { reason: how, options: undefined }
  const options = { cause: failure.error }
  if (isOutOfMemory(failure.error)) return { reason: how, options }
  return { reason: `ended by an uncaught error: ${String(failure.error)}`, options }
}

export function isOutOfMemory(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY'
}

/** What the caller gets for the task at `position` of a chunk whose thread was lost. */
export function lostTaskError({ firstIndex, count, losses }: Chunk, position: number, loss: Loss): unknown {
  const index = firstIndex + Math.min(position, count - 1)
  const tries = losses === 1 ? '' : ` (tried ${losses} times)`
  const message = `task ${index} was lost${tries}: its thread ${loss.reason}`
  return taskError(withThreadLines(new PoolError('ERR_POOL_THREAD_DIED', message, loss.options)), index)
}

/** What the caller gets for a chunk whose node was lost. */
export function lostNodeError({ firstIndex, count, losses }: Chunk, leader: number): unknown {
  const which = count === 1 ? `task ${firstIndex} was` : `tasks ${firstIndex} to ${firstIndex + count - 1} were`
  const tries = losses === 1 ? '' : ` (tried ${losses} times)`
  const message = `${which} lost${tries} with the node of rank ${leader}`
  return taskError(withThreadLines(new PoolError('ERR_POOL_NODE_LOST', message)), firstIndex)
}

/** What all tasks get where no thread can serve. */
export function startError(hasInitializer: boolean, loss: Loss): PoolError {
  const what = hasInitializer ? 'the initializer failed: its thread' : 'a thread of the pool did not start: it'
  return withThreadLines(new PoolError('ERR_POOL_INITIALIZER', `${what} ${loss.reason}`, loss.options))
}

/** What a chunk gets that cannot be sent. */
export function unsendableError({ firstIndex, count }: Chunk, cause: unknown): unknown {
  const reason = cause instanceof Error ? cause.message : String(cause)
  const which = count === 1 ? `task ${firstIndex}` : `one of the tasks ${firstIndex} to ${firstIndex + count - 1}`
  const error = new TypeError(`${which} cannot be sent: ${reason}`, { cause })
  error.stack = `${error.name}: ${error.message}`
  return taskError(error, firstIndex)
}
