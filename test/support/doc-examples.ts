import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { commCalls, isTwin } from './declared-calls.ts'
import { projectDir } from './run-job.ts'

/** A fenced block of a page: ```language words… */
export interface DocExample {
  readonly page: string
  readonly language: string
  /** What stands behind the language, such as `prelude`. */
  readonly words: readonly string[]
  readonly code: string
  /** Line of the page on which the code begins. */
  readonly line: number
}

/** The fenced blocks of a page of docs/, in order. */
export function examplesOf(page: string): DocExample[] {
  const text = readFileSync(join(projectDir, 'docs', page), 'utf8')
  return [...text.matchAll(/^```(\w+)([^\n]*)\n([\s\S]*?)^```$/gm)].map((match) => {
    const [, language = '', words = '', code = ''] = match
    const line = text.slice(0, match.index).split('\n').length + 1
    return { page, language, words: words.split(' ').filter((word) => word !== ''), code, line }
  })
}

const PRINTS = /^(.*?)console\.log\((.*)\) \/\/ (.*)$/

/**
 * A program that runs examples one after the other. Each `console.log(…) // text` must print that text on every rank that comes to it, and some
 * rank must come to it. `isAwaited`: each call that has a twin is made as `await comm.i…`.
 */
export function programOf(prelude: string, examples: readonly DocExample[], isAwaited: boolean): string {
  const checks: string[] = []
  const bodies = examples.map(({ page, code, line }) => {
    const lines = code.split('\n').map((text, i) => {
      const [, before, values, wanted] = PRINTS.exec(text) ?? []
      if (wanted === undefined) return text
      checks.push(`${page}:${line + i}`)
      return `${before}check__(${checks.length - 1}, ${JSON.stringify(wanted)}, ${values})`
    })
    const body = lines.join('\n')
    return `examples__.push(['${page}:${line}', async () => {\n${isAwaited ? awaited(body) : body}}])\n`
  })
  return `${prelude}
import { formatWithOptions } from 'node:util'
const places__ = ${JSON.stringify(checks)}
const seen__ = new Int32Array(places__.length)
function check__(place, wanted, ...values) {
  seen__[place] += 1
  const printed = formatWithOptions({ breakLength: Infinity }, ...values).replace(/\\s+/g, ' ')
  if (printed !== wanted) throw new Error(\`\${places__[place]}: it prints \${printed} where the page says \${wanted}\`)
}
const examples__ = []
${bodies.join('')}
for (const [place, run] of examples__) {
  try {
    await run()
  } catch (error) {
    throw new Error(\`\${place} failed\`, { cause: error })
  }
  MPI.COMM_WORLD.barrier()
}
const unseen__ = [...MPI.COMM_WORLD.allreduce(seen__)].flatMap((count, place) => (count === 0 ? [places__[place]] : []))
if (unseen__.length > 0) throw new Error(\`no rank comes to \${unseen__.join(', ')}\`)
if (MPI.COMM_WORLD.rank === 0) console.log(\`\${places__.length} lines hold\`)
`
}

const twins = commCalls.filter((name) => commCalls.includes(`i${name}`) && isTwin(`i${name}`))
const BLOCKING = new RegExp(`\\b(?!message\\b)(\\w+)\\.(${twins.join('|')})\\(`, 'g')

/** The same code with `(await comm.ibcast(…))` for each `comm.bcast(…)`. */
function awaited(code: string): string {
  let result = code
  // From the back: calls in the arguments of a call come first, and positions before them stay.
  for (const match of [...code.matchAll(BLOCKING)].reverse()) {
    const [text, comm = '', name = ''] = match
    const open = match.index + text.length
    const close = closing(result, open)
    const isStatement = /(^|\n)\s*$/.test(result.slice(0, match.index))
    const call = `(await ${comm}.i${name}(${result.slice(open, close)}))`
    result = `${result.slice(0, match.index)}${isStatement ? ';' : ''}${call}${result.slice(close + 1)}`
  }
  return result
}

/** Where the parenthesis closes that opens before `from`. */
function closing(code: string, from: number): number {
  let depth = 1
  for (let at = from; at < code.length; at += 1) {
    if (code[at] === '(') depth += 1
    if (code[at] === ')') depth -= 1
    if (depth === 0) return at
  }
  throw new Error(`a parenthesis does not close: ${code.slice(from)}`)
}
