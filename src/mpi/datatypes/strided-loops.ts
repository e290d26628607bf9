import { compile } from '../../wire/flat-shape.ts'

/** Elements of a typed array, whatever they are: they are moved as they are. */
export type Elements = Record<number, unknown>

/**
 * Moves n2 × n1 × n0 elements that lie s2, s1 and s0 apart from `from` on to `at` and the places behind it; `isIn`: the other way round. Returns
 * the place behind the last one. All places are below 2^31.
 */
export type Loop = (
  inside: Elements,
  outside: Elements,
  from: number,
  at: number,
  n2: number,
  s2: number,
  n1: number,
  s1: number,
  n0: number,
  s0: number,
) => number

export interface Loops {
  readonly pack: Loop
  readonly unpack: Loop
}

/*
 * Numbers of 32 bits, said so, because of others V8 may make floating-point numbers, which takes twice as long; and four elements at a time,
 * because it looks up where both arrays lie for each step (measured, a column of 1000: 0.95 µs; one at a time 1.7).
 */

// oxlint-disable-next-line max-params
const pack: Loop = (inside, outside, from, at, n2, s2, n1, s1, n0, s0) => {
  let to = at | 0
  for (let i2 = 0, p2 = from | 0; i2 < n2; i2 += 1, p2 = (p2 + s2) | 0) {
    for (let i1 = 0, p1 = p2; i1 < n1; i1 += 1, p1 = (p1 + s1) | 0) {
      let p0 = p1
      const end = (to + n0) | 0
      for (const fours = (end - 3) | 0; to < fours; to = (to + 4) | 0, p0 = (p0 + 4 * s0) | 0) {
        const a = inside[p0]
        const b = inside[(p0 + s0) | 0]
        const c = inside[(p0 + 2 * s0) | 0]
        const d = inside[(p0 + 3 * s0) | 0]
        outside[to] = a
        outside[(to + 1) | 0] = b
        outside[(to + 2) | 0] = c
        outside[(to + 3) | 0] = d
      }
      for (; to < end; to = (to + 1) | 0, p0 = (p0 + s0) | 0) outside[to] = inside[p0]
    }
  }
  return to
}

// oxlint-disable-next-line max-params
const unpack: Loop = (inside, outside, from, at, n2, s2, n1, s1, n0, s0) => {
  let to = at | 0
  for (let i2 = 0, p2 = from | 0; i2 < n2; i2 += 1, p2 = (p2 + s2) | 0) {
    for (let i1 = 0, p1 = p2; i1 < n1; i1 += 1, p1 = (p1 + s1) | 0) {
      let p0 = p1
      const end = (to + n0) | 0
      for (const fours = (end - 3) | 0; to < fours; to = (to + 4) | 0, p0 = (p0 + 4 * s0) | 0) {
        const a = outside[to]
        const b = outside[(to + 1) | 0]
        const c = outside[(to + 2) | 0]
        const d = outside[(to + 3) | 0]
        inside[p0] = a
        inside[(p0 + s0) | 0] = b
        inside[(p0 + 2 * s0) | 0] = c
        inside[(p0 + 3 * s0) | 0] = d
      }
      for (; to < end; to = (to + 1) | 0, p0 = (p0 + s0) | 0) inside[p0] = outside[to]
    }
  }
  return to
}

const shared: Loops = { pack, unpack }
const byDatatype: (Loops | undefined)[] = []

/**
 * The loops for elements of a datatype, each with code of its own: V8 compiles a loop that has met several types of arrays to one that asks for
 * the type at every element.
 */
export function loopsOf(datatype: number): Loops {
  const known = byDatatype[datatype]
  if (known !== undefined) return known
  const loops = compile<() => Loops>([], `return { pack: ${String(pack)}, unpack: ${String(unpack)} }`)?.() ?? shared
  byDatatype[datatype] = loops
  return loops
}
