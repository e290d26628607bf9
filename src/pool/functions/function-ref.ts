import { pathToFileURL } from 'node:url'
import type { FunctionRef } from '../../wire/pool-messages.ts'
import { bundledExport, bundledModule } from '../modules/bundled-modules.ts'
import { freeNames } from './free-names.ts'
import { loadedModuleExport } from '../modules/export-index.ts'
import { globalPathOf } from './global-functions.ts'
import { type Closure, closureOf, scriptOf } from '../modules/inspector.ts'
import { builtinExport, commonJsExport } from '../modules/loaded-modules.ts'
import { isMainGuarded, mainPath, mainText } from '../modules/main-module.ts'
import { esModuleExport, isMainUrl, type ModuleExport, rewrittenExport } from '../modules/module-exports.ts'
import { isPlainFunction, isStrictFunction } from './strictness.ts'
import { type AnyFunction, registeredAs } from '../modules/task-registry.ts'
import { isHelper } from './text-helpers.ts'
import { unsentError, waysOut } from './unsent.ts'

/** Names from a module to a function in what it exports. */
const EXPORT_DEPTH = 3
const DYNAMIC_IMPORT = /\bimport\s*\(/
const NATIVE = /\{\s*\[native code\]\s*\}\s*$/

/** Functions that need nothing from outside, by their text: a program may write one anew for each call. */
export type KnownTexts = Map<string, FunctionRef & { readonly kind: 'source' }>

/**
 * How a function travels to a thread: as an export of its module where it is one, as text otherwise. `callerUrl`: file of the code that
 * calls the pool, for './file.js#name'. Throws TypeError where it cannot travel, with the variable that stands against it.
 */
export function describeFunction(
  fn: AnyFunction | string,
  callerUrl: () => string | undefined,
  texts: KnownTexts,
): FunctionRef {
  if (typeof fn === 'string') return parseName(fn, callerUrl())
  if (typeof fn !== 'function') throw new TypeError(`a pool needs a function, or './file.js#name', not ${typeof fn}`)
  const registered = registeredAs(fn)
  if (registered !== undefined) return { kind: 'module', ...registered }
  const source = Function.prototype.toString.call(fn)
  if (/^class\b/.test(source))
    throw new TypeError(`a pool needs a function: ${nameOf(fn)} is a class, which cannot be called without 'new'`)
  const known = texts.get(source)
  if (known !== undefined && isSameMode(fn, known)) return known
  const closure = closureOf(fn)
  const found = exportOf(fn, closure)
  if (isLoadable(found)) {
    return moduleRef(found, source)
  }
  return NATIVE.test(source) ? nativeRef(fn, found) : textRef(fn, source, closure, found, texts)
}

/** Arrow functions and methods do not show their mode: there the text has to do. */
function isSameMode(fn: AnyFunction, { source, isStrict }: { source: string; isStrict: boolean }): boolean {
  return !isPlainFunction(source) || isStrictFunction(fn, source, undefined) === isStrict
}

function parseName(text: string, callerUrl: string | undefined): FunctionRef {
  const at = text.lastIndexOf('#')
  if (at < 1 || at === text.length - 1) {
    throw new TypeError(`a pool needs a function, or './file.js#name', not "${text}"`)
  }
  const main = mainPath()
  const base = callerUrl ?? (main === undefined ? pathToFileURL(`${process.cwd()}/`).href : pathToFileURL(main).href)
  return { kind: 'module', url: new URL(text.slice(0, at), base).href, name: text.slice(at + 1) }
}

/** By identity: among what ES modules export, where V8 shows that the function is of one, and among CommonJS modules. */
function exportOf(fn: AnyFunction, closure: Closure | undefined): ModuleExport | undefined {
  const bundled = bundledExport(fn)
  if (bundled !== undefined) return bundled
  const exported = closure === undefined ? undefined : esModuleExport(fn, closure)
  if (exported !== undefined || closure?.scopes.some(({ kind }) => kind === 'Module') === true) return exported
  return commonJsExport(fn, 1)
}

/** A thread may load any module but a main program that does not know of threads. */
function isLoadable(found: ModuleExport | undefined): found is ModuleExport {
  return found !== undefined && (!isMainUrl(found.url) || isMainGuarded())
}

/** The thread compares the text, unless both sides have compiled it for themselves. */
function moduleRef({ url, path: name, isRewritten = false }: ModuleExport, source: string): FunctionRef {
  const isCompiled = isRewritten || /\.[cm]?tsx?$/.test(url) || bundledModule(url) !== undefined
  return isCompiled ? { kind: 'module', url, name } : { kind: 'module', url, name, source }
}

/** For a function that could not go otherwise: a longer search. */
function deepExportOf(fn: AnyFunction): ModuleExport | undefined {
  return commonJsExport(fn, EXPORT_DEPTH) ?? loadedModuleExport(fn) ?? rewrittenExport(fn)
}

/** A function of the language or of Node, by identity. */
function builtinRef(fn: AnyFunction): FunctionRef | undefined {
  const path = globalPathOf(fn)
  if (path !== undefined) return { kind: 'global', path }
  const builtin = builtinExport(fn)
  return builtin === undefined ? undefined : { kind: 'module', ...builtin }
}

function nativeRef(fn: AnyFunction, found: ModuleExport | undefined): FunctionRef {
  const ref = builtinRef(fn)
  if (ref !== undefined) return ref
  const exported = found ?? deepExportOf(fn)
  if (isLoadable(exported)) return { kind: 'module', url: exported.url, name: exported.path }
  const name = nameOf(fn)
  const way = exported === undefined ? `wrap it in a function of a module` : waysOut(name, exported)
  throw new TypeError(`${name} cannot be sent: it is bound or native, so it has no text; ${way}`)
}

function textRef(
  fn: AnyFunction,
  source: string,
  closure: Closure | undefined,
  found: ModuleExport | undefined,
  texts: KnownTexts,
): FunctionRef {
  const isStrict = isStrictFunction(fn, source, closure)
  const ref = { kind: 'source', name: fn.name, source, isStrict } as const
  const free = freeNames(source, isStrict)
  // Without an inspector a variable that is missing shows when the function runs.
  if (closure === undefined || free === undefined) return ref
  const bound = free.names.filter((name) => closure.scopes.some(({ variables }) => Object.hasOwn(variables, name)))
  const isOwn = (name: string): boolean => variable(closure, name) === fn
  const unsent = bound.filter((name) => !isHelper(name) && !isOwn(name) && !isRequire(variable(closure, name)))
  const outer = [...unsent, ...(free.outer === undefined ? [] : [free.outer])]
  if (outer.length > 0 || free.reason !== undefined) {
    const builtin = builtinRef(fn)
    if (builtin !== undefined) return builtin
    const exported = found ?? deepExportOf(fn)
    if (isLoadable(exported)) return moduleRef(exported, source)
    throw refusal(fn, outer, free.reason, exported)
  }
  refuseOwnProperties(fn, source, found)
  if (free.names.length === 0 && Object.keys(fn).length === 0 && !DYNAMIC_IMPORT.test(source)) texts.set(source, ref)
  const self = bound.find(isOwn)
  const requireFrom = free.names.includes('require') ? requireBase(fn, source, variable(closure, 'require')) : undefined
  const importFrom = DYNAMIC_IMPORT.test(source) ? urlAround(fn, source) : undefined
  return {
    ...ref,
    ...(self === undefined ? {} : { self }),
    ...(requireFrom === undefined ? {} : { requireFrom }),
    ...(importFrom === undefined ? {} : { importFrom }),
  }
}

/** The value of the innermost variable of that name. */
function variable(closure: Closure, name: string): unknown {
  return closure.scopes.find(({ variables }) => Object.hasOwn(variables, name))?.variables[name]
}

function refusal(
  fn: AnyFunction,
  outer: readonly string[],
  reason: string | undefined,
  exported: ModuleExport | undefined,
): TypeError {
  const name = nameOf(fn)
  const url = scriptOf(fn)?.url ?? ''
  if (url.startsWith('node:')) {
    const why = `Node made it (${url}) and no module of Node exports it`
    return new TypeError(`${name} cannot be sent: ${why}; wrap it in a function of a module`)
  }
  if (outer.length > 0) return unsentError(fn.name, outer, exported)
  return new TypeError(`${name} cannot be sent as text: ${reason}; ${waysOut(name, exported)}`)
}

/** What a function remembers on itself, `f.cache`, does not travel with its text. */
function refuseOwnProperties(fn: AnyFunction, source: string, found: ModuleExport | undefined): void {
  for (const key of Object.keys(fn)) {
    if (fn.name !== '' && source.includes(`${fn.name}.${key}`)) throw unsentError(fn.name, [`${fn.name}.${key}`], found)
  }
}

function isRequire(value: unknown): value is NodeJS.Require {
  return typeof value === 'function' && 'resolve' in value && 'cache' in value
}

/** The folder from which a function's `require` looks, as a URL. */
function requireBase(fn: AnyFunction, source: string, own: unknown): string | undefined {
  if (!isRequire(own)) return urlAround(fn, source)
  const [folder] = own.resolve.paths('./') ?? []
  return folder === undefined ? undefined : pathToFileURL(`${folder}/`).href
}

/** URL of the file that a function is written in. */
function urlAround(fn: AnyFunction, source: string): string | undefined {
  const main = mainPath()
  if (main !== undefined && mainText()?.includes(source) === true) return pathToFileURL(main).href
  const url = scriptOf(fn)?.url ?? ''
  if (url.startsWith('file:')) return url
  return url.startsWith('/') ? pathToFileURL(url).href : undefined
}

function nameOf(fn: AnyFunction): string {
  return fn.name === '' ? 'the function' : fn.name
}
