/**
 * How the text of a function becomes a function again: an expression, a method of an object, a private method of a class. `make` gives the text of an
 * expression, `pick` the function in its value. The first one that compiles is the right one.
 */
export interface Reading {
  readonly kind: 'expression' | 'method'
  readonly make: (source: string) => string
  readonly pick: (value: unknown) => unknown
}

const PRIVATE_NAME = /^(?:async\b\s*)?\*?\s*(#[\w$\p{L}]+)/u

export const READINGS: readonly Reading[] = [
  { kind: 'expression', make: (source) => `(${source}\n)`, pick: (value) => value },
  {
    kind: 'method',
    make: (source) => `({ ${source}\n })`,
    pick: (value) => {
      // Accessors too: their text is like a method's.
      const [property = {}] = Object.values(Object.getOwnPropertyDescriptors(value as object))
      return Object.values(property as Record<string, unknown>).find((each) => typeof each === 'function')
    },
  },
  {
    kind: 'method',
    make: (source) => {
      const name = PRIVATE_NAME.exec(source)?.[1]
      if (name === undefined) throw new SyntaxError('it is no function')
      return `new (class { ${source}\n get 0() { return this.${name} } })`
    },
    pick: (value) => (value as { readonly 0: unknown })[0],
  },
]
