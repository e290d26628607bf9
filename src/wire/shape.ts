/**
 * Shapes of what another program sends: each says whether a value is what it should be, and if not, what is wrong. Nothing of a value is used
 * before its shape has been looked at.
 */

/** What the numbers of a message are measured against. */
export interface Bounds {
  /** Ranks of the job. */
  readonly size: number
  readonly nodeCount: number
  /** Node of each world rank. */
  readonly nodeOfRank: readonly number[]
  /** The node that the message comes from, or goes to. */
  readonly nodeId: number
}

/**
 * What does not fit, as the rest of a sentence that begins with where it is: '.rank is 7, not a rank of the node'; null: all fits. T is what a value
 * is that fits, for the compiler alone.
 */
export type Shape<T> = ((value: unknown, bounds: Bounds) => string | null) & { readonly of?: T }

/** A fault is shown with so much of the value. */
const SHOWN_CHARACTERS = 40

/** A value in a message about it. */
export function shown(value: unknown): string {
  if (typeof value === 'string') {
    return JSON.stringify(value.length > SHOWN_CHARACTERS ? `${value.slice(0, SHOWN_CHARACTERS)}…` : value)
  }
  if (Array.isArray(value)) return `a list of ${value.length}`
  if (value instanceof Uint8Array) return `${value.length} bytes`
  return typeof value === 'object' && value !== null ? 'an object' : String(value)
}

function not(value: unknown, expected: string): string {
  return ` is ${shown(value)}, not ${expected}`
}

export function integer(least: number, most: number): Shape<number> {
  return (value) =>
    Number.isSafeInteger(value) && Number(value) >= least && Number(value) <= most
      ? null
      : not(value, `an integer from ${least} to ${most}`)
}

/** A count of something: 0 and more. */
export const count: Shape<number> = integer(0, Number.MAX_SAFE_INTEGER)

/** Any number, NaN too. */
export const number: Shape<number> = (value) => (typeof value === 'number' ? null : not(value, 'a number'))

export const flag: Shape<boolean> = (value) => (typeof value === 'boolean' ? null : not(value, 'true or false'))

/** At most so many characters. */
export function text(most: number): Shape<string> {
  return (value) =>
    typeof value === 'string' && value.length <= most ? null : not(value, `a text of at most ${most} characters`)
}

export function bytes(most: number): Shape<Uint8Array> {
  return (value) => (value instanceof Uint8Array && value.length <= most ? null : not(value, `at most ${most} bytes`))
}

export const nothing: Shape<null> = (value) => (value === null ? null : not(value, 'null'))

/** One of these values. */
export function oneOf<const T extends string | number>(...values: readonly T[]): Shape<T> {
  return (value) =>
    values.some((known) => known === value) ? null : not(value, values.map((known) => shown(known)).join(' or '))
}

export function either<A, B>(one: Shape<A>, other: Shape<B>): Shape<A | B> {
  return (value, bounds) => (one(value, bounds) === null ? null : other(value, bounds))
}

/** A field that may be missing. */
export function optional<T>(shape: Shape<T>): Shape<T> {
  return (value, bounds) => (value === undefined ? null : shape(value, bounds))
}

export function listOf<T>(shape: Shape<T>, most: number = Number.POSITIVE_INFINITY): Shape<readonly T[]> {
  return (value, bounds) => {
    if (!Array.isArray(value)) return not(value, 'a list')
    if (value.length > most) return not(value, `one of at most ${most}`)
    for (let i = 0; i < value.length; i += 1) {
      const fault = shape(value[i], bounds)
      if (fault !== null) return `[${i}]${fault}`
    }
    return null
  }
}

/** Texts by name. */
export function textsByName(most: number): Shape<Readonly<Record<string, string>>> {
  const oneText = text(most)
  return (value, bounds) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return not(value, 'an object')
    for (const [name, one] of Object.entries(value)) {
      const fault = oneText(one, bounds)
      if (fault !== null) return `[${shown(name)}]${fault}`
    }
    return null
  }
}

export type Fields<T> = { readonly [K in keyof T]-?: Shape<NonNullable<T[K]> | Extract<T[K], null>> }

/** An object with these fields and no others. */
export function object<T>(fields: Fields<T>): Shape<T> {
  const shapes = new Map<string, Shape<unknown>>(Object.entries(fields))
  return (value, bounds) => {
    if (typeof value !== 'object' || value === null) return not(value, 'an object')
    for (const name of Object.keys(value)) if (!shapes.has(name)) return ` has a field ${shown(name)}, which is unknown`
    for (const [name, shape] of shapes) {
      // Looked up by its name, whatever there is.
      const fault = shape((value as Readonly<Record<string, unknown>>)[name], bounds)
      if (fault !== null) return `.${name}${fault}`
    }
    return null
  }
}

/** Messages with a `type`: the fields of each, beside that. */
export type FieldsByType<M extends { readonly type: string }> = {
  readonly [T in M['type']]: Fields<Omit<Extract<M, { readonly type: T }>, 'type'>>
}

/** One of the messages of a table. */
export function messageOf<M extends { readonly type: string }>(table: FieldsByType<M>): Shape<M> {
  const known = new Map<unknown, Shape<unknown>>()
  for (const [type, fields] of Object.entries<object>(table))
    known.set(type, object<object>({ type: anything, ...fields }))
  return (value, bounds) => {
    if (typeof value !== 'object' || value === null || !('type' in value))
      return ` that is ${shown(value)}, without a type`
    const shape = known.get(value.type)
    if (shape === undefined) return ` of the unknown type ${shown(value.type)}`
    const fault = shape(value, bounds)
    return fault === null
      ? null
      : ` of type ${String(value.type)} that does not fit: ${fault.replace(/^\./, '').trimStart()}`
  }
}

const anything: Shape<unknown> = () => null

/** A world rank. */
export const rank: Shape<number> = (value, { size }) =>
  isIndex(value, size) ? null : not(value, `a rank of the job's ${size}`)

/** A rank of the node that speaks, or is spoken to. */
export const ownRank: Shape<number> = (value, { size, nodeOfRank, nodeId }) =>
  isIndex(value, size) && nodeOfRank[value] === nodeId ? null : not(value, 'a rank of the node')

export const node: Shape<number> = (value, { nodeCount }) =>
  isIndex(value, nodeCount) ? null : not(value, `a node of the job's ${nodeCount}`)

export const ownNode: Shape<number> = (value, { nodeId }) => (value === nodeId ? null : not(value, String(nodeId)))

/** Any other node than that which speaks, or is spoken to. */
export const otherNode: Shape<number> = (value, { nodeCount, nodeId }) =>
  isIndex(value, nodeCount) && value !== nodeId ? null : not(value, 'another node of the job')

function isIndex(value: unknown, end: number): value is number {
  return Number.isInteger(value) && Number(value) >= 0 && Number(value) < end
}
