import { inspect } from 'node:util'
import type { RankFailure } from '../wire/control-messages.ts'

/** Lines of a stack that show only Node's inside, how the rank was started, or the loader's hooks (rank/package-access.ts). */
export const OWN_LINE: RegExp =
  /^\s+at .*(node:internal\/|\[worker eval\]|mpirun-ts:rank|\(data:text\/javascript,const%20config)/
/** The line of Node's own code that threw, which is shown before some errors. */
const OWN_PLACE = /^(node:internal\/|mpirun-ts:rank).*\n.*\n\s*\^+\n\s*\n/
/** So many lines of one stack are shown, as Node does. */
const STACK_LINES = 10
const STACK_LINE = /^\s+at /
/** What follows after the last line of a stack when properties come behind it. */
const PROPERTIES = ' {'

/** Says of an uncaught error what `node program.js` would: class, message, stack, cause and properties. */
export function describeFailure(error: unknown): RankFailure {
  const shown = show(error)
  if (!(error instanceof Error)) return { kind: 'error', message: `uncaught ${shown}` }
  return { kind: 'error', message: `${error.name}: ${error.message}`, stack: withoutOwnLines(shown) }
}

function show(error: unknown): string {
  try {
    return inspect(error, { depth: 4 })
  } catch {
    // A getter or an inspect function of the program's own threw.
    return error instanceof Error ? `${error.name}: ${error.message}` : typeof error
  }
}

function withoutOwnLines(shown: string): string {
  const kept: string[] = []
  let places = 0
  for (const line of shown.replace(OWN_PLACE, '').split('\n')) {
    places = STACK_LINE.test(line) ? places : 0
    if (places < STACK_LINES && !OWN_LINE.test(line)) {
      kept.push(line)
      if (STACK_LINE.test(line)) places++
    } else if (line.endsWith(PROPERTIES)) kept.push(`${kept.pop() ?? ''}${PROPERTIES}`)
  }
  return kept.join('\n')
}
