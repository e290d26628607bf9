import { type Closure, scriptOf } from '../modules/inspector.ts'
import { mainText } from '../modules/main-module.ts'
import type { AnyFunction } from '../modules/task-registry.ts'

const DIRECTIVE = /(['"])use strict\1/

/** Whether a function runs in strict mode where it is written. In doubt it does: then what differs is an error, and not a wrong value. */
export function isStrictFunction(fn: AnyFunction, source: string, closure: Closure | undefined): boolean {
  if (closure?.scopes.some(({ kind }) => kind === 'Module') === true) return true
  // V8 gives these properties to plain functions of sloppy mode only.
  if (isPlainFunction(source)) return !Object.hasOwn(fn, 'arguments')
  const text = textAround(fn, source)
  if (text === undefined) return false
  const isMethod = !/^(?:async\b\s*)?(?:function\b|\(|[\w$]+\s*=>)/.test(source)
  return DIRECTIVE.test(text.slice(0, text.indexOf(source))) || (isMethod && /\bclass\b/.test(text))
}

/** Neither arrow function, method, generator nor asynchronous. */
export function isPlainFunction(source: string): boolean {
  return /^function\b(?!\s*\*)/.test(source)
}

function textAround(fn: AnyFunction, source: string): string | undefined {
  const main = mainText()
  return main?.includes(source) === true ? main : scriptOf(fn)?.text
}
