import { fileURLToPath, pathToFileURL } from 'node:url'
import { type Closure, closureOf, type ScriptPlace, scriptOf } from './inspector.ts'
import { mainPath, mainText } from './main-module.ts'
import { exportedNames, isDefaultExport, rewrittenName } from './export-names.ts'
import { pathTo } from './path-to.ts'
import type { AnyFunction } from './task-registry.ts'

/** Where a module exports a function: `path` is a name, or names joined by dots in an exported object. */
export interface ModuleExport {
  readonly url: string
  readonly path: string
  /** What the program runs is another text than the file's: the thread has no text to compare. */
  readonly isRewritten?: boolean
}

/** Names in a variable of a module, the variable's own among them. */
const DEPTH = 3
/** Functions whose modules are looked at: that of the function itself, and those of functions that it holds. */
const MOST_MODULES = 8

/**
 * The ES module that exports a function, found by identity: V8 shows the variables of the module that a function is written in. What a
 * wrapper has made, `export const f = wrap(g)`, is written in the wrapper's module, but holds `g`, which is written in the right one.
 */
export function esModuleExport(fn: AnyFunction, closure: Closure): ModuleExport | undefined {
  const seen = new Set<Scope>()
  const queue: { readonly holder: AnyFunction; readonly closure: Closure; readonly depth: number }[] = [
    { holder: fn, closure, depth: 0 },
  ]
  for (let next = queue.shift(); next !== undefined && seen.size < MOST_MODULES; next = queue.shift()) {
    const { holder, depth } = next
    const scopes = next.closure.scopes
    const variables = scopes.find(({ kind }) => kind === 'Module')?.variables
    if (variables !== undefined && !seen.has(variables)) {
      seen.add(variables)
      const found = exportFrom(fn, holder, variables, holder === fn && scopes[0]?.kind === 'Module')
      if (found !== undefined) return found
    }
    if (depth === 2) continue
    const held = scopes.filter(({ kind }) => kind !== 'Module').flatMap((scope) => Object.values(scope.variables))
    for (const value of [next.closure.target, ...held.slice(0, MOST_MODULES)]) {
      if (typeof value !== 'function') continue
      const inner = closureOf(value as AnyFunction)
      if (inner !== undefined) queue.push({ holder: value as AnyFunction, closure: inner, depth: depth + 1 })
    }
  }
  return undefined
}

type Scope = Readonly<Record<string, unknown>>

/** `holder`: a function that is written in the module with these variables. */
function exportFrom(fn: AnyFunction, holder: AnyFunction, variables: Scope, isTop: boolean): ModuleExport | undefined {
  const isVariable = (pathTo(variables, fn, 1) ?? pathTo(variables, fn, DEPTH)) !== undefined
  if (!isVariable && !isTop) return undefined
  const module = moduleOf(holder)
  if (module === undefined) return undefined
  const { url, text } = module
  for (const [variable, value] of Object.entries(variables)) {
    const rest = value === fn ? '' : pathTo(value, fn, DEPTH - 1)
    if (rest === undefined) continue
    const [name] = exportedNames(text, variable)
    if (name !== undefined) return { url, path: rest === '' ? name : `${name}.${rest}` }
  }
  const source = Function.prototype.toString.call(fn)
  return isTop && isDefaultExport(text, source) ? { url, path: 'default' } : undefined
}

/** The module that a function is written in; the main module without asking V8 for all scripts. */
function moduleOf(holder: AnyFunction): ScriptPlace | undefined {
  const main = mainPath()
  const text = mainText()
  if (main !== undefined && text?.includes(Function.prototype.toString.call(holder)) === true) {
    return { url: pathToFileURL(main).href, text }
  }
  const script = scriptOf(holder)
  return script?.url.startsWith('file:') === true ? script : undefined
}

/** The file that exports a function, where a test runner has made something else of it than a module. */
export function rewrittenExport(fn: AnyFunction): ModuleExport | undefined {
  const script = fn.name === '' ? undefined : scriptOf(fn)
  if (script === undefined || !/^(?:file:|\/)/.test(script.url)) return undefined
  const path = rewrittenName(script.text, fn.name, Function.prototype.toString.call(fn))
  if (path === undefined) return undefined
  const url = script.url.startsWith('file:') ? script.url : pathToFileURL(script.url).href
  return { url, path, isRewritten: true }
}

export function isMainUrl(url: string): boolean {
  try {
    return fileURLToPath(url) === mainPath()
  } catch {
    return false
  }
}
