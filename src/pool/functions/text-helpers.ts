/** tsc (`importHelpers: false`) and esbuild write these in front of a file; a function that travels alone needs them here. */
const helpers: Readonly<Record<string, unknown>> = {
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

const counter: object = new Proxy({}, { get: () => 0, set: () => true })
const branches: object = new Proxy({}, { get: () => counter })
const coverageCounters = { f: counter, s: counter, b: branches }

/** Whether a name is one that textHelpers() gives. */
export function isHelper(name: string): boolean {
  return Object.hasOwn(helpers, name) || /^cov_[0-9a-z]+$/.test(name)
}

/** The helpers that the text of a function names. */
export function textHelpers(source: string): Record<string, unknown> {
  const scope: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(helpers)) if (source.includes(name)) scope[name] = value
  for (const name of source.match(COVERAGE) ?? []) scope[name] = () => coverageCounters
  return scope
}
