import { readFileSync } from 'node:fs'
import inspector from 'node:inspector'
import { fileURLToPath } from 'node:url'
import type { AnyFunction } from './task-registry.ts'

/**
 * What V8 knows of a function and JavaScript does not tell: which variables around it belong to the program, and where it is written.
 * Asked in this thread through node:inspector, without stopping anything.
 */

/** A scope around a function, from the inside out: the variables that some function in it has captured. */
export interface Scope {
  /** V8's word: "Module", "Closure (name)", "Block", "Script", "Catch", "With", … */
  readonly kind: string
  readonly variables: Readonly<Record<string, unknown>>
}

export interface Closure {
  /** Without the global scope. */
  readonly scopes: readonly Scope[]
  /** Of a bound function: what it was made from. */
  readonly target: AnyFunction | undefined
}

/** A script as V8 runs it. */
export interface ScriptPlace {
  readonly url: string
  readonly text: string
}

type Post = <T>(method: string, params?: object) => T

/** Scopes of a function; undefined where this Node has no inspector. Takes 0.1 to 0.5 ms. */
export function closureOf(fn: AnyFunction): Closure | undefined {
  return inspect(fn, (post, internals, box) => {
    for (const [name, code] of [
      ['[[Scopes]]', 'scopes = Array.from(this)'],
      ['[[TargetFunction]]', 'target = this'],
    ] as const) {
      const objectId = internals.get(name)?.objectId
      if (objectId === undefined) continue
      post('Runtime.callFunctionOn', { objectId, functionDeclaration: `function () { ${HELD}.${code} }` })
    }
    const { scopes = [], target } = box
    return {
      scopes: scopes
        .filter(({ description }) => description !== 'Global')
        .map(({ description, object }) => ({ kind: description, variables: object })),
      target,
    }
  })
}

/**
 * Where a function is written; undefined for native functions, and where this Node has no inspector. The first call takes some 50 ms, because
 * V8 lists all scripts, so it is for functions that nothing else has found.
 */
export function scriptOf(fn: AnyFunction): ScriptPlace | undefined {
  return inspect(fn, (post, internals, _box, session) => {
    const place = internals.get('[[FunctionLocation]]')?.value as { readonly scriptId: string } | undefined
    if (place === undefined) return undefined
    const { scriptId } = place
    if (!scripts.has(scriptId)) listScripts(post, session)
    const script = scripts.get(scriptId) ?? { url: '', isModule: false, text: undefined }
    const source = Function.prototype.toString.call(fn)
    script.text ??= fileText(script.url, source)
    if (script.text === undefined) {
      post('Debugger.enable')
      script.text = post<{ scriptSource: string }>('Debugger.getScriptSource', { scriptId }).scriptSource
    }
    return { url: script.url, text: script.text }
  })
}

/** By V8's number; a script never changes. */
const scripts = new Map<string, { readonly url: string; readonly isModule: boolean; text: string | undefined }>()

function listScripts(post: Post, session: inspector.Session): void {
  session.on('Debugger.scriptParsed', ({ params: { scriptId, url, isModule = false } }) => {
    if (!scripts.has(scriptId)) scripts.set(scriptId, { url, isModule, text: undefined })
  })
  post('Debugger.enable')
}

/** The file's text, where it is what V8 runs: with a loader it may be something else. */
function fileText(url: string, source: string): string | undefined {
  try {
    const text = readFileSync(url.startsWith('file:') ? fileURLToPath(url) : url, 'utf8')
    return text.includes(source) ? text : undefined
  } catch {
    return undefined
  }
}

/** URLs of the ES modules that are loaded, in the order of their loading. As slow as the first scriptOf(). */
export function loadedModuleUrls(): string[] {
  inspect(loadedModuleUrls, (post, _internals, _box, session) => listScripts(post, session))
  return [...scripts.values()].filter(({ isModule }) => isModule).map(({ url }) => url)
}

/** What crosses between this code and what the inspector evaluates, which is in Node's own context: also where a test runner has others. */
interface Box {
  readonly fn: AnyFunction
  scopes?: { readonly description: string; readonly object: Record<string, unknown> }[]
  target?: AnyFunction
}

const KEY = 'mpirun-ts: function in question'
const HELD = `process.getBuiltinModule('node:inspector')[${JSON.stringify(KEY)}]`

interface Internal {
  readonly objectId?: string
  readonly value?: unknown
}

function inspect<T>(
  fn: AnyFunction,
  ask: (post: Post, internals: Map<string, Internal | undefined>, box: Box, session: inspector.Session) => T,
): T | undefined {
  const box: Box = { fn }
  const holder = inspector as unknown as Record<string, Box | undefined>
  let session: inspector.Session | undefined
  try {
    session = new inspector.Session()
    session.connect()
    holder[KEY] = box
    const post = poster(session)
    const { result } = post<{ result: Internal }>('Runtime.evaluate', { expression: `${HELD}.fn`, silent: true })
    const { internalProperties = [] } = post<{
      internalProperties?: { readonly name: string; readonly value?: Internal }[]
    }>('Runtime.getProperties', { objectId: result.objectId, ownProperties: true })
    const internals = new Map(internalProperties.map(({ name, value }) => [name, value]))
    return ask(post, internals, box, session)
  } catch {
    // No inspector in this build of Node, or it is not permitted.
    return undefined
  } finally {
    delete holder[KEY]
    session?.disconnect()
  }
}

/** In the thread of its session the inspector answers before post() returns. */
function poster(session: inspector.Session): Post {
  return <T>(method: string, params?: object): T => {
    let answer: unknown
    let failure: Error | undefined
    session.post(method, params, (error: Error | null, result: unknown) => {
      failure = error ?? undefined
      answer = result
    })
    if (failure instanceof Error) throw failure
    // What the protocol promises for the method.
    return answer as T
  }
}
