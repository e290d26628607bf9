import { Script } from 'node:vm'
import { compiles } from './compiles.ts'
import { closureOf } from '../modules/inspector.ts'
import { READINGS } from './function-text.ts'
import type { AnyFunction } from '../modules/task-registry.ts'

/** What the text of a function takes from around it. */
export interface FreeNames {
  /** Variables, `arguments` of an arrow function among them. */
  readonly names: readonly string[]
  /** What cannot be sent at all: "this", "super", "new.target", "import.meta", "#field". */
  readonly outer: string | undefined
  /** Why the text is no function on its own, where no other reason is known. */
  readonly reason: string | undefined
}

const IDENTIFIER = /[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*/gu

/** No names of variables, at least not everywhere. */
const RESERVED = new Set(
  `break case catch class const continue debugger default delete do else enum export extends false finally for function if import in
  instanceof new null return super switch this throw true try typeof var void while with implements interface let package private protected
  public static yield await eval arguments`.split(/\s+/),
)

/**
 * The names that a function's text takes from outside of it. V8 itself says so: the text is compiled within a function that has a parameter for
 * each word of the text; those that the inner function has captured are its free names. Nothing of the text runs.
 * `isStrict`: whether the text is in strict mode where it is written. undefined where V8 cannot be asked.
 */
export function freeNames(source: string, isStrict: boolean): FreeNames | undefined {
  if (COMPUTED.test(source)) return { names: [], outer: undefined, reason: 'it is a method with a computed name' }
  const words = new Set(source.match(IDENTIFIER))
  const names = [...words].filter((word) => !RESERVED.has(word))
  const head = `(function (${names.join(', ')}) {${isStrict ? ' "use strict";' : ''} return `
  let message = ''
  for (const { kind, make, pick } of READINGS) {
    let made: unknown
    try {
      const outside = new Script(`${head}${make(source)} })`).runInThisContext() as () => unknown
      made = pick(outside())
    } catch (error) {
      message ||= error instanceof Error ? error.message : ''
      continue
    }
    if (typeof made !== 'function') continue
    const closure = closureOf(made as AnyFunction)
    if (closure === undefined) return undefined
    // Variables of scripts are global: they are around every function.
    const own = closure.scopes.filter(({ kind }) => kind !== 'Script')
    const captured = new Set(own.flatMap(({ variables }) => Object.keys(variables)))
    return {
      names: [...words].filter((word) => captured.has(word)),
      outer: kind === 'method' ? methodOuter(source, isStrict) : expressionOuter(source, isStrict),
      reason: undefined,
    }
  }
  return { names: [], outer: outerOf(message, source), reason: message || 'it is no function' }
}

/** What V8 says of text that needs more than variables. */
function outerOf(message: string, source: string): string | undefined {
  if (message.includes("'super'")) return 'super'
  if (message.includes('new.target')) return 'new.target'
  if (message.includes('import.meta')) return 'import.meta'
  const field = /Private field '(#[^']+)'/.exec(message)?.[1]
  return field ?? (/(?<![\w$.])import\s*\.\s*meta\b/.test(source) ? 'import.meta' : undefined)
}

/** A method's `super`, which has another object to ask here; in a function it is a mistake. Classes inside of it may have their own. */
function methodOuter(source: string, isStrict: boolean): string | undefined {
  if (!/\bsuper\b/.test(source)) return undefined
  const [, isAsync, star] = /^(async\b(?!\s*\())?\s*(\*)?/.exec(source) ?? []
  const asFunction = `(${isAsync ?? ''} function${star ?? ''} ${source.slice(source.indexOf('('))})`
  return compiles(strict(asFunction, isStrict)) ? undefined : 'super'
}

/**
 * "this" or "new.target", where an arrow function takes it from around it. Asked by what V8 refuses: outside of all functions `new.target` is a
 * mistake, so an arrow function that compiles with it in the place of `this` has none of its own.
 */
function expressionOuter(source: string, isStrict: boolean): string | undefined {
  if (/^(?:async\b\s*)?function\b/.test(source)) return undefined
  if (/\bnew\s*\.\s*target\b/.test(source) && !compiles(strict(`(${source}\n)`, isStrict))) return 'new.target'
  // Helpers of compilers hand `this` on also where the function does not use it.
  const plain = source.replace(/\b(__awaiter|__async|__asyncGenerator)\(this\b/g, '$1(null')
  const asked = plain.replace(THIS, 'new.target')
  return asked !== plain && !compiles(strict(`(${asked}\n)`, isStrict)) ? 'this' : undefined
}

const COMPUTED = /^(?:(?:async|get|set)\b\s*)?\*?\s*\[/
const THIS = /(?<![\w$.])this(?![\w$]|\s*:)/g

function strict(text: string, isStrict: boolean): string {
  return isStrict ? `"use strict";${text}` : text
}
