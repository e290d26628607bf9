import { expect } from 'chai'
import { decode, encode, encodeBriefly } from '../../../src/wire/codec.ts'
import { FLAT_MARK } from '../../../src/wire/flat-shape.ts'

const isFlat = (value: unknown): boolean => encode(value)[0] === FLAT_MARK
const through = (value: unknown): unknown => decode(encode(value))
/** What tells everything apart, also -0 from 0, NaN from null, and the order of keys. */
const shown = (value: unknown): string =>
  JSON.stringify(value, (_key, part: unknown) => {
    if (part === undefined) return 'undefined'
    if (Object.is(part, -0)) return '-0'
    return typeof part === 'number' && !Number.isFinite(part) ? String(part) : part
  })
const rows = (make: (i: number) => unknown, count = 100): unknown[] => Array.from({ length: count }, (_, i) => make(i))

describe('Flat objects', () => {
  const flat: object[] = [
    { a: 7, b: 3.14 },
    { zero: 0, minusZero: -0, nan: Number.NaN, infinite: Number.NEGATIVE_INFINITY },
    { most: 2 ** 31 - 1, more: 2 ** 31, least: -(2 ** 31), less: -(2 ** 31) - 1, large: 2 ** 53 },
    { none: undefined, null: null, yes: true, no: false },
    { text: '', short: 'é', long: 'x'.repeat(255), 'a key of its own': 'ÿ' },
    { b: 1, a: 2, 10: 3, 9: 4 },
    { constructor: 1, hasOwnProperty: 2, toString: 'x' },
    { '': 1, 'a"\\\n': 2 },
    Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`k${i}`, i])),
  ]
  for (const value of flat) {
    it(`keep ${shown(value).slice(0, 60)}`, () => {
      expect(isFlat(value)).to.equal(true)
      // The reader of a shape is compiled after a few uses.
      for (let i = 0; i < 20; i += 1) {
        const copy = through(value) as object
        expect(copy).to.deep.equal(value)
        expect(shown(copy)).to.equal(shown(value))
        expect(Object.getPrototypeOf(copy)).to.equal(Object.prototype)
      }
    })
  }

  const others: object[] = [
    {},
    { a: 1, b: { c: 2 } },
    { a: 1n },
    { date: new Date(5) },
    { text: 'x'.repeat(256) },
    { text: '€' },
    { '€': 1 },
    JSON.parse('{"__proto__": 1, "a": 2}') as object,
    Object.assign(Object.create(null) as object, { a: 1 }),
    new (class Point {
      x = 1
    })(),
    Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`key ${i}`, i])),
    new Map([['a', 1]]),
  ]
  for (const [i, value] of others.entries()) {
    it(`are left to MessagePack where they are something else (${i})`, () => expect(isFlat(value)).to.equal(false))
  }

  it('may have getters, which may encode', () => {
    const value = {
      get a() {
        return decode(encodeBriefly({ inner: 1 })) === undefined ? 0 : 5
      },
      b: 2,
    }
    for (let i = 0; i < 3; i += 1) expect(through(value)).to.deep.equal({ a: 5, b: 2 })
  })

  it('are the same with the same keys in another order, and with fewer and more of them', () => {
    const values = [{ a: 1, b: 2 }, { a: 1 }, { a: 1, b: 2, c: 3 }, { a: 1, c: 3 }, { b: 2, a: 1 }]
    for (let i = 0; i < 30; i += 1) {
      const value = values[i % values.length]
      expect(shown(through(value))).to.equal(shown(value))
    }
  })

  it('share no memory with each other, nor with bytes that are encoded briefly', () => {
    const first = encode({ a: 1, b: 'one' })
    const second = encodeBriefly({ a: 2, b: 'two' })
    expect(decode(first)).to.deep.equal({ a: 1, b: 'one' })
    expect(decode(second)).to.deep.equal({ a: 2, b: 'two' })
  })

  it('of a thousand shapes arrive', () => {
    for (let i = 0; i < 1000; i += 1)
      expect(through({ [`name ${i}`]: i, b: 'x' })).to.deep.equal({ [`name ${i}`]: i, b: 'x' })
  })
})

describe('Flat lists', () => {
  const point = (i: number) => ({ id: i, name: `record ${i}`, value: i / 7, isOdd: i % 2 === 1 })
  const flat: [string, unknown[]][] = [
    ['records', rows(point)],
    ['numbers of all kinds', rows((i) => ({ a: i, b: [0, -0, Number.NaN, 2 ** 40, -1.5][i % 5] }))],
    ['negative zeros', rows((i) => ({ a: i, b: i === 50 ? -0 : 0 }))],
    ['empty strings', rows((i) => ({ a: i, text: '' }))],
    ['strings of all kinds', rows((i) => ({ text: ['', 'a', 'é', '€', '😀'.repeat(i), '\ud800'][i % 6] as string }))],
    ['equal objects that are not one', rows(() => ({ a: 1 }))],
    ['keys in their order', rows((i) => ({ b: i, a: 1, 7: 2 }))],
  ]
  for (const [what, list] of flat) {
    it(`keep ${what}`, () => {
      expect(isFlat(list)).to.equal(true)
      const copy = through(list) as unknown[]
      expect(shown(copy)).to.equal(shown(list))
      expect(copy).to.deep.equal(list)
      expect(new Set(copy).size).to.equal(list.length)
      const shifted = new Uint8Array(encode(list).length + 1).subarray(1)
      shifted.set(encode(list))
      expect(shown(decode(shifted))).to.equal(shown(list))
    })
  }

  const one = { a: 1 }
  const others: [string, unknown[]][] = [
    ['an object twice', rows((i) => (i % 50 === 0 ? one : { a: 1 }))],
    ['a value of another type', rows((i) => ({ a: i === 70 ? null : i }))],
    ['a missing key', rows((i) => (i === 70 ? { a: i } : { a: i, b: i }))],
    ['another key', rows((i) => (i === 70 ? { a: i, c: i } : { a: i, b: i }))],
    ['another order of keys', rows((i) => (i === 70 ? { b: i, a: i } : { a: i, b: i }))],
    ['something that is no object', rows((i) => (i === 70 ? i : { a: i }))],
    ['a Map', rows((i) => (i === 70 ? new Map([['a', 1]]) : { a: i }))],
    ['nested objects', rows((i) => ({ a: { b: i } }))],
    ['few objects', rows(point, 10)],
  ]
  for (const [what, list] of others) {
    it(`are left to MessagePack with ${what}`, () => {
      expect(isFlat(list)).to.equal(false)
      expect(through(list)).to.deep.equal(list)
    })
  }

  it('are left to MessagePack with a key that sets prototypes', () => {
    expect(isFlat(rows((i) => JSON.parse(`{"__proto__": ${i}}`) as unknown))).to.equal(false)
  })

  it('keep one object twice as one', () => {
    const copy = through(rows((i) => (i % 50 === 0 ? one : { a: 1 }))) as unknown[]
    expect(copy[0]).to.equal(copy[50])
    expect(copy[0]).to.not.equal(copy[1])
  })

  it('may shrink while a getter is read', () => {
    const list: unknown[] = rows((i) => ({ a: i }))
    list[3] = {
      get a() {
        list.length = 10
        return 3
      },
    }
    expect(through(list)).to.deep.equal(rows((i) => ({ a: i }), 10))
  })

  it('of random columns arrive as they were', () => {
    const seed = Date.now() % 1e9
    let state = seed
    const random = (below: number) => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0
      return Math.floor((state / 2 ** 32) * below)
    }
    const makers = [
      () => random(1e9) - 5e8,
      () => random(1e9) / 7,
      () => random(2) === 1,
      () => 'aé€'.charAt(random(3)).repeat(random(20)),
    ]
    for (let round = 0; round < 100; round += 1) {
      const columns = Array.from(
        { length: 1 + random(6) },
        (_, i) => [`k${i}`, makers[random(4)] ?? (() => 0)] as const,
      )
      const list = rows(() => Object.fromEntries(columns.map(([key, make]) => [key, make()])), 1 + random(200))
      expect(shown(through(list)), `seed ${seed}, round ${round}`).to.equal(shown(list))
    }
  })
})
