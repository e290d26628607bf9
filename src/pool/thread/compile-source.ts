import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { constants, Script } from 'node:vm'
import type { FunctionRef } from '../../wire/pool-messages.ts'
import { READINGS } from '../functions/function-text.ts'
import { PoolError } from '../pool-error.ts'
import { textHelpers } from '../functions/text-helpers.ts'
import { unsentError } from '../functions/unsent.ts'
import type { LoaderHost } from './loader-host.ts'

/**
 * Compiles the text of a function that travelled alone, in the mode in which it was written. Helpers that tsc, esbuild and coverage tools put into
 * functions are there. Throws PoolError where it is no function on its own.
 */
export function compileSource(
  ref: FunctionRef & { kind: 'source' },
  host: LoaderHost,
): (...args: unknown[]) => unknown {
  const { name, source, isStrict, self, importFrom } = ref
  const scope = scopeFor(ref, host)
  const head = `(function ({ ${Object.keys(scope).join(', ')} }) { return (function () {${isStrict ? ' "use strict";' : ''}${self === undefined ? '' : ` let ${self};`}`
  const keepSelf = self === undefined ? '() => undefined' : `(made) => { ${self} = made }`
  // The name is for stacks.
  const sourceUrl = `//# sourceURL=pool-task:${/^\w+$/.test(name) ? name : 'anonymous'}`
  let firstError: unknown
  for (const { make, pick } of READINGS) {
    try {
      const text = `${head} return [${make(source)}, ${keepSelf}] })() })\n${sourceUrl}`
      const script = importFrom === undefined ? new Script(text) : importingScript(text, importFrom)
      // The text above is a function of one argument.
      const run = script.runInThisContext() as (scope: object) => [unknown, (made: unknown) => void]
      const [value, keep] = run(scope)
      const made = pick(value)
      if (typeof made !== 'function') continue
      keep(made)
      return made as (...args: unknown[]) => unknown
    } catch (error) {
      firstError ??= error
    }
  }
  const reason = firstError instanceof Error ? firstError.message : 'it is no function'
  const message = `${name || 'the function'} cannot be sent as text: ${reason}`
  throw new PoolError(
    'ERR_POOL_FUNCTION',
    `${message}; export it from a module, or register it with task(import.meta, …)`,
  )
}

/** A script whose import() looks from `url`. */
function importingScript(text: string, filename: string): Script {
  const importModuleDynamically = constants.USE_MAIN_CONTEXT_DEFAULT_LOADER
  const warn = Object.getOwnPropertyDescriptor(process, 'emitWarning')
  // Node warns at the first import that this is new: nothing that the program could do about.
  process.emitWarning = () => undefined
  try {
    new Script("void import('node:module')", { importModuleDynamically }).runInThisContext()
  } finally {
    if (warn !== undefined) Object.defineProperty(process, 'emitWarning', warn)
  }
  return new Script(text, { filename, importModuleDynamically })
}

function scopeFor(
  { source, requireFrom }: FunctionRef & { kind: 'source' },
  { mainPath }: LoaderHost,
): Record<string, unknown> {
  const scope = textHelpers(source)
  const base = requireFrom ?? (mainPath === undefined ? undefined : pathToFileURL(mainPath).href)
  if (base !== undefined && /\brequire\b/.test(source)) scope['require'] = createRequire(base)
  return scope
}

/**
 * A ReferenceError of a function that travelled as text, in the caller's terms: the variable did not travel with it. Other errors as they are.
 */
export function explainReference(error: unknown, name: string, source: string | undefined): unknown {
  if (source === undefined || !(error instanceof ReferenceError)) return error
  const variable = /^(\S+) is not defined$/.exec(error.message)?.[1]
  if (variable === undefined || !source.includes(variable)) return error
  const explained = unsentError(name, [variable], undefined)
  explained.cause = error
  if (error.stack !== undefined) explained.stack = `${explained.name}: ${explained.message}\n${stackLines(error.stack)}`
  return explained
}

function stackLines(stack: string): string {
  return stack.slice(stack.indexOf('\n    at ') + 1)
}
