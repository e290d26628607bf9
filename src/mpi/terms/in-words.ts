import { IN_PLACE } from './constants.ts'

/*
 * What a program gave, as messages name it. Programs may be JavaScript: anything comes in.
 */

/** A value as it was given: `rank = '0'`, `timeout = NaN`. Objects by what they are. */
export function show(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`
  if (typeof value === 'bigint') return `${value}n`
  return (typeof value === 'object' && value !== null) || typeof value === 'function' ? whatIs(value) : String(value)
}

/** As `show`, of what stands where a rank, a tag, a root or an operation belongs: there undefined is no wish for the default. */
export function showConstant(value: unknown): string {
  return value === undefined ? 'undefined (left out, or a misspelt constant)' : show(value)
}

/** What kind of value it is: 'a Float64Array', 'an Array', 'a string'; numbers and booleans as they are. */
export function whatIs(value: unknown): string {
  if (value === null || value === undefined || typeof value === 'number' || typeof value === 'boolean')
    return String(value)
  if (value === IN_PLACE) return 'MPI.IN_PLACE'
  return withArticle(typeof value === 'object' ? className(value) : typeof value)
}

/** 'a Uint8Array', 'an Int8Array'. */
export function withArticle(noun: string): string {
  return `${/^[aeio]/i.test(noun) ? 'an' : 'a'} ${noun}`
}

// A bundle may have shortened the names of our classes; they have tags.
function className(value: object): string {
  const tagged: unknown = (value as { readonly [Symbol.toStringTag]?: unknown })[Symbol.toStringTag]
  if (typeof tagged === 'string' && tagged !== '') return tagged
  const name: unknown = value.constructor?.name
  return typeof name === 'string' && name !== '' ? name : 'object'
}
