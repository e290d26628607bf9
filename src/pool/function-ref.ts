import { readFileSync } from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { FunctionRef } from '../wire/pool-messages.ts'
import { definingUrl } from './defining-module.ts'
import { globalPathOf } from './global-functions.ts'
import { commonJsExport } from './loaded-modules.ts'
import { mainPath } from './main-module.ts'
import { type AnyFunction, registeredAs } from './task-registry.ts'

const NATIVE = /\{\s*\[native code\]\s*\}\s*$/

/**
 * How a function travels to a thread: as an export of its module where it is one, as text otherwise. `callerUrl`: file of the code that
 * calls the pool, for './file.js#name'. Throws TypeError where it cannot travel.
 */
export function describeFunction(fn: AnyFunction | string, callerUrl: () => string | undefined): FunctionRef {
  if (typeof fn === 'string') return parseName(fn, callerUrl())
  if (typeof fn !== 'function') throw new TypeError(`a pool needs a function, or './file.js#name', not ${typeof fn}`)
  const registered = registeredAs(fn)
  if (registered !== undefined) return { kind: 'module', ...registered }
  const source = String(fn)
  if (NATIVE.test(source)) return nativeRef(fn)
  return moduleRef(fn, source) ?? { kind: 'source', name: fn.name, source }
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

function nativeRef(fn: AnyFunction): FunctionRef {
  const path = globalPathOf(fn)
  if (path !== undefined) return { kind: 'global', path }
  const what = fn.name === '' ? 'the function' : fn.name
  throw new TypeError(
    `${what} cannot be sent: it is bound or native, so it has no text; wrap it in a function of a module`,
  )
}

/** As an export: found by identity among CommonJS modules, by name and text in the ES module that defines it. */
function moduleRef(fn: AnyFunction, source: string): FunctionRef | undefined {
  const exported = commonJsExport(fn)
  if (exported !== undefined)
    return isSafeToLoad(exported.path) ? moduleOf(exported.path, exported.name, source) : undefined
  const main = mainPath()
  const mainText = main === undefined ? undefined : textOf(main)
  if (main !== undefined && mainText?.includes(source) === true) {
    return fn.name !== '' && isSafeToLoad(main) && exportsName(mainText, fn.name)
      ? moduleOf(main, fn.name, source)
      : undefined
  }
  const url = definingUrl(fn)
  if (url === undefined || !url.startsWith('file:')) return undefined
  const path = fileURLToPath(url)
  const text = textOf(path)
  if (text === undefined || !isSafeToLoad(path)) return undefined
  const name = exportedName(text, fn.name)
  return name === undefined ? undefined : moduleOf(path, name, source)
}

function moduleOf(path: string, name: string, source: string): FunctionRef {
  return { kind: 'module', url: pathToFileURL(path).href, name, source }
}

/** A thread may load any module but a main program that does not know of threads: it would run it from the start. */
function isSafeToLoad(path: string): boolean {
  return path !== mainPath() || textOf(path)?.includes('isMain') === true
}

function exportedName(text: string, name: string): string | undefined {
  if (name !== '' && exportsName(text, name)) return name
  return /\bexport\s+default\b/.test(text) ? 'default' : undefined
}

/** Whether the text of an ES module exports `name`. A wrong answer costs a load: the thread compares the function's text. */
function exportsName(text: string, name: string): boolean {
  const escaped = name.replaceAll('$', '\\$')
  const declared = new RegExp(
    `\\bexport\\s+(?:async\\s+)?(?:function\\s*\\*?|const|let|var|class)\\s+${escaped}(?![\\w$])`,
  )
  const listed = new RegExp(`\\bexport\\s*\\{[^}]*(?<![\\w$])${escaped}(?![\\w$])[^}]*\\}`)
  return declared.test(text) || listed.test(text)
}

const texts = new Map<string, string | undefined>()

function textOf(path: string): string | undefined {
  if (!texts.has(path)) {
    let text: string | undefined
    try {
      text = readFileSync(path, 'utf8')
    } catch {
      // A program that was given as text has no file.
    }
    texts.set(path, text)
  }
  return texts.get(path)
}
