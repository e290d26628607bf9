import { inspect } from 'node:util'
import type { RankFailure } from '../wire/control-messages.ts'

/** Lines of a stack that show only Node's inside or how the rank was started. */
const OWN_LINE = /^\s+at .*(\(node:internal\/|node:internal\/modules|\[worker eval\]|mpirun-ts:rank).*$/

/** Says of an uncaught error what `node program.js` would: class, message, stack, cause and properties. */
export function describeFailure(error: unknown): RankFailure {
  const shown = inspect(error, { depth: 4 })
  const stack = shown
    .split('\n')
    .filter((line) => !OWN_LINE.test(line))
    .join('\n')
  const message = error instanceof Error ? `${error.name}: ${error.message}` : `uncaught ${inspect(error)}`
  return { kind: 'error', message, stack }
}
