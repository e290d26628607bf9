import type { AnyFunction } from '../modules/task-registry.ts'

/**
 * With a `signal` each task gets a context behind its arguments. Throws TypeError where a parameter with a default value stands there, such as `k` in
 * `(x, k = 10) => …`: it would silently be the context. `{ signal } = {}` and `context = undefined` are made for it.
 */
export function checkContextPlace(fn: AnyFunction | string, argumentCount: number): void {
  if (typeof fn !== 'function' || fn.length > argumentCount) return
  const parameter = parametersOf(Function.prototype.toString.call(fn))[argumentCount] ?? ''
  const [, name, value = ''] = /^([\p{ID_Start}$_][\p{ID_Continue}$]*)\s*=(?!=)\s*([\s\S]*)$/u.exec(parameter) ?? []
  if (name === undefined || /^(?:\{|undefined\b|null\b|void\b)/.test(value)) return
  const what = fn.name === '' ? 'the function' : fn.name
  throw new TypeError(
    `${what} has a default for its parameter '${name}', and a call with a signal puts the task's context there: write it as one parameter more, or as a variable of ${what}`,
  )
}

const PAIRS: Readonly<Record<string, number>> = { '(': 1, '[': 1, '{': 1, ')': -1, ']': -1, '}': -1 }
/** Comments, strings and templates, whose brackets and commas do not count. */
const SKIPPED = /\/\*[\s\S]*?\*\/|\/\/.*|'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|`(?:\\.|[^`\\])*`|[\s\S]/g

/** Texts of a function's parameters. */
function parametersOf(source: string): string[] {
  const parameters: string[] = []
  let depth = 0
  let text = ''
  for (const [piece] of source.slice(source.indexOf('(')).matchAll(SKIPPED)) {
    const change = PAIRS[piece] ?? 0
    depth += change
    if (depth === 0) break
    if (depth === 1 && piece === ',') {
      parameters.push(text.trim())
      text = ''
    } else if ((depth > 1 || change === 0) && !/^\/[*/]/.test(piece)) text += piece
  }
  return [...parameters, text.trim()]
}
