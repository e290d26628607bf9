import { usageError } from '../arguments/values.ts'
import { quote } from '../../placement/host-name.ts'

/** `{…}` with the word np in it, and nothing in it but arithmetic: braces of JSON and of shells stay as they are. */
const PLACEHOLDER = /\{([\w\s.+\-*/^()]*\bnp\b[\w\s.+\-*/^()]*)\}/g
const TOKEN = /\s*(\d+\.?\d*(?:e[+-]?\d+)?|\.\d+(?:e[+-]?\d+)?|[a-z]\w*|[-+*/^()])/iy

const FUNCTIONS: Readonly<Record<string, (value: number) => number>> = {
  sqrt: Math.sqrt,
  cbrt: Math.cbrt,
  floor: Math.floor,
  ceil: Math.ceil,
  round: Math.round,
  log2: Math.log2,
}

/** Whether a word has a placeholder that is more than the bare number of ranks. */
export function growsWithRanks(word: string): boolean {
  return [...word.matchAll(PLACEHOLDER)].some(([, text]) => text?.trim() !== 'np')
}

/**
 * A word of the command line with `{np}`, `{1e9*np}`, `{1000*sqrt(np)}` replaced by their values for `np` ranks.
 * Throws ERR_USAGE (exit status 2) for what is not arithmetic.
 */
export function withRanks(word: string, np: number): string {
  return word.replace(PLACEHOLDER, (whole, text: string) => {
    const value = new Reader(text, whole, np).value()
    if (!Number.isFinite(value)) throw usageError(`Cannot compute ${quote(whole)} for ${np} ranks: it has no value.`)
    return numberText(value)
  })
}

/** Whole numbers digit by digit, because programs may not take 1e+21. */
function numberText(value: number): string {
  return Number.isInteger(value) ? BigInt(value).toString() : String(value)
}

/** Recursive descent: sum = product {± product}, product = power {×÷ power}, power = value [^ power]. */
class Reader {
  readonly #text: string
  readonly #whole: string
  readonly #np: number
  #tokens: string[] = []

  constructor(text: string, whole: string, np: number) {
    this.#text = text
    this.#whole = whole
    this.#np = np
  }

  value(): number {
    this.#tokens = this.#read()
    const value = this.#sum()
    if (this.#tokens.length > 0) throw this.#error(`${quote(this.#tokens[0] ?? '')} is not expected there`)
    return value
  }

  #read(): string[] {
    const tokens: string[] = []
    const pattern = new RegExp(TOKEN)
    while (pattern.lastIndex < this.#text.trimEnd().length) {
      const at = pattern.lastIndex
      const token = pattern.exec(this.#text)?.[1]
      if (token === undefined) throw this.#error(`${quote(this.#text.slice(at).trim())} is not understood`)
      tokens.push(token)
    }
    return tokens
  }

  #sum(): number {
    let sum = this.#product()
    for (let operator = this.#take('+', '-'); operator !== undefined; operator = this.#take('+', '-')) {
      const next = this.#product()
      sum = operator === '+' ? sum + next : sum - next
    }
    return sum
  }

  #product(): number {
    let product = this.#power()
    for (let operator = this.#take('*', '/'); operator !== undefined; operator = this.#take('*', '/')) {
      const next = this.#power()
      product = operator === '*' ? product * next : product / next
    }
    return product
  }

  #power(): number {
    if (this.#take('-') !== undefined) return -this.#power()
    const base = this.#single()
    return this.#take('^') === undefined ? base : base ** this.#power()
  }

  #single(): number {
    const token = this.#tokens.shift()
    if (token === undefined) throw this.#error('it ends too soon')
    if (token === 'np') return this.#np
    if (/^[\d.]/.test(token)) return Number(token)
    const apply = Object.hasOwn(FUNCTIONS, token) ? FUNCTIONS[token] : undefined
    if (apply === undefined && token !== '(') throw this.#error(`${quote(token)} is not known there`)
    if (apply !== undefined && this.#take('(') === undefined) throw this.#error(`write ${token}(…)`)
    const inner = this.#sum()
    if (this.#take(')') === undefined) throw this.#error('a ")" is missing')
    return apply === undefined ? inner : apply(inner)
  }

  #take(...wanted: readonly string[]): string | undefined {
    return wanted.includes(this.#tokens[0] ?? '') ? this.#tokens.shift() : undefined
  }

  #error(reason: string): Error {
    const example = 'Write np, numbers, + - * / ^ ( ) sqrt cbrt floor ceil round log2, such as {1e9*np}'
    return usageError(`Cannot compute ${quote(this.#whole)}: ${reason}. ${example}.`)
  }
}
