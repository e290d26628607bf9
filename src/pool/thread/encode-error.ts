import { encode } from '../../wire/codec.ts'

/** Lines of a stack that show only how the thread works. */
const OWN_LINE = /^\s+at .*(mpirun-ts:pool-thread|\[worker eval\]|node:internal\/)/

/** What a task threw as bytes, whatever it is. */
export function encodeError(thrown: unknown): Uint8Array {
  cleanStacks(thrown, new Set())
  try {
    return encode(thrown)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    return encode(new Error(`a task threw what cannot be sent: ${reason}`))
  }
}

/** Of an error and of all errors that it leads to. */
function cleanStacks(thrown: unknown, seen: Set<unknown>): void {
  if (!(thrown instanceof Error) || seen.has(thrown)) return
  seen.add(thrown)
  try {
    const { stack } = thrown
    if (typeof stack === 'string')
      thrown.stack = stack
        .split('\n')
        .filter((line) => !OWN_LINE.test(line))
        .join('\n')
    cleanStacks(thrown.cause, seen)
    if (thrown instanceof AggregateError) for (const part of thrown.errors) cleanStacks(part, seen)
  } catch {
    // A frozen error keeps its stack, and getters of a program's may throw.
  }
}
