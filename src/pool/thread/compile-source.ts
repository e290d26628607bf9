import { createRequire } from 'node:module'
import { PoolError } from '../pool-error.ts'
import type { LoaderHost } from './functions.ts'

/** Names that Node gives every CommonJS module; here they belong to the program's main file. */
type Scope = Record<string, unknown>

/**
 * Compiles the text of a function that travelled alone. Helpers that tsc, esbuild and coverage tools put into functions are there.
 * Throws PoolError where it is no function on its own.
 */
export function compileSource(
  { name, source }: { readonly name: string; readonly source: string },
  host: LoaderHost,
): (...args: unknown[]) => unknown {
  const scope = scopeFor(source, host)
  const names = Object.keys(scope).join(', ')
  const readings = [`(${source}\n)`, `Object.values({ ${source}\n})[0]`]
  let firstError: unknown
  for (const reading of readings) {
    try {
      // The name is for stacks.
      const sourceUrl = `//# sourceURL=pool-task:${/^\w+$/.test(name) ? name : 'anonymous'}`
      const make = host.evaluate(`(function ({ ${names} }) { return ${reading} })\n${sourceUrl}`)
      // The text above is a function of one argument.
      const made = (make as (scope: Scope) => unknown)(scope)
      if (typeof made === 'function') return made as (...args: unknown[]) => unknown
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

/** tsc (`importHelpers: false`) and esbuild write these in front of a file; a function that travels alone needs them here. */
const helpers: Scope = {
  __name: (fn: object, value: string): object => Object.defineProperty(fn, 'name', { value, configurable: true }),
  __awaiter: awaiter,
  __async: (self: unknown, args: unknown, generator: GeneratorFunction) => awaiter(self, args, Promise, generator),
  __spreadArray: (to: unknown[], from: ArrayLike<unknown>): unknown[] => to.concat(Array.from(from)),
  __assign: Object.assign,
  __spreadValues: Object.assign,
  __spreadProps: Object.assign,
  __rest: rest,
  __objRest: rest,
}

function awaiter(self: unknown, args: unknown, _class: unknown, generator: GeneratorFunction): Promise<unknown> {
  return new Promise((resolve, reject) => {
    // An async function that was compiled to a generator: its yields are awaits.
    const steps = generator.apply(self, (args ?? []) as never)
    const advance = (resume: () => IteratorResult<unknown>): void => {
      try {
        const { done, value } = resume()
        if (done === true) resolve(value)
        else
          void Promise.resolve(value).then(
            (result) => advance(() => steps.next(result as never)),
            (error: unknown) => advance(() => steps.throw(error)),
          )
      } catch (error) {
        reject(error instanceof Error ? error : new Error(String(error), { cause: error }))
      }
    }
    advance(() => steps.next())
  })
}

function rest(source: Record<string, unknown>, without: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(source).filter(([key]) => !without.includes(key)))
}

/** Counters of Istanbul (`cov_1a2b3c().s[0]++`): they count into nothing. */
const COVERAGE = /\bcov_[0-9a-z]+\b/g

function scopeFor(source: string, { mainPath }: LoaderHost): Scope {
  const scope: Scope = {}
  for (const [name, value] of Object.entries(helpers)) if (source.includes(name)) scope[name] = value
  for (const name of source.match(COVERAGE) ?? []) scope[name] = () => coverageCounters
  if (mainPath !== undefined && /\brequire\b/.test(source)) scope['require'] = createRequire(mainPath)
  return scope
}

const counter: object = new Proxy({}, { get: () => 0, set: () => true })
const branches: object = new Proxy({}, { get: () => counter })
const coverageCounters = { f: counter, s: counter, b: branches }

/**
 * A ReferenceError of a function that travelled as text, in the caller's terms: the variable did not travel with it. Other errors as they are.
 */
export function explainReference(error: unknown, name: string, source: string | undefined): unknown {
  if (source === undefined || !(error instanceof ReferenceError)) return error
  const variable = /^(\S+) is not defined$/.exec(error.message)?.[1]
  if (variable === undefined || !source.includes(variable)) return error
  const what = name === '' ? 'the function' : name
  const ways = `pass it as an argument, define it inside of ${what}, or let the threads load ${what} from its module: export it, use task(import.meta, { … }) or './file.js#name' (the main file then needs the guard \`if (Pool.isMain)\`)`
  const explained = new TypeError(`${what} uses '${variable}', which is not sent with it: ${ways}`, { cause: error })
  if (error.stack !== undefined) explained.stack = `${explained.name}: ${explained.message}\n${stackLines(error.stack)}`
  return explained
}

function stackLines(stack: string): string {
  return stack.slice(stack.indexOf('\n    at ') + 1)
}
