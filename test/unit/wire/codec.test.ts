import { expect } from 'chai'
import { decode, decodeControl, encode, encodeControl } from '../../../src/wire/codec.ts'

const through = (value: unknown): unknown => decode(encode(value))

describe('Codec', () => {
  const values: unknown[] = [
    0,
    -0,
    1.5,
    -1,
    2 ** 40,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    true,
    false,
    '',
    'text',
    'é€😀'.repeat(200),
    'x'.repeat(70_000),
    undefined,
    null,
    10n,
    -(2n ** 70n),
    2n ** 200n,
    {},
    [],
    { a: undefined },
    { a: [{ b: 1 }, { b: 2 }], c: { d: '' } },
    [[], [[]]],
    new Map<unknown, unknown>([
      [1, { a: 1 }],
      ['x', new Set([1, 2])],
    ]),
    new Date(5),
    /x+/gi,
    new Float64Array([1, 2]),
    new Uint8Array(0),
    new Uint8ClampedArray(3),
    new BigInt64Array(2),
    new ArrayBuffer(3),
    { constructor: 1 },
    { hasOwnProperty: 1 },
  ]
  for (const value of values) {
    const shown = typeof value === 'string' ? `a string of ${value.length}` : Object.prototype.toString.call(value)
    it(`keeps ${shown}`, () => expect(through(value)).to.deep.equal(value))
  }

  it('keeps undefined, null, zero and the empty string apart', () => {
    const encodings = [undefined, null, 0, -0, '', false].map((value) => Buffer.from(encode(value)).toString('hex'))
    expect(new Set(encodings).size).to.equal(encodings.length)
    expect(Object.is(through(-0), -0)).to.equal(true)
  })

  it('does not keep what the documentation names', () => {
    // docs/coming-from-mpi4py.md; what changes here must change there.
    const [zero] = through([-0]) as number[]
    expect([Object.is(zero, 0), Object.is((through({ a: -0 }) as { a: number }).a, -0)]).to.deep.equal([true, true])
    expect(through('a\ud800b')).to.match(/^a\ufffd+b$/)
    expect(1 in (through(new Array(3)) as unknown[])).to.equal(true)
    class Point {
      x = 1
    }
    expect(Object.getPrototypeOf(through(new Point()))).to.equal(Object.prototype)
    expect(Reflect.ownKeys(through({ [Symbol('s')]: 1, b: [] }) as object)).to.deep.equal(['b'])
  })

  it('keeps cycles and shared references', () => {
    const shared = { n: 1 }
    const cycle: Record<string, unknown> = { one: shared, two: shared }
    cycle['self'] = cycle
    const copy = through(cycle) as Record<string, unknown>
    expect(copy['self']).to.equal(copy)
    expect(copy['one']).to.equal(copy['two'])
  })

  it('keeps class, message, stack, cause and properties of an error', () => {
    const error = Object.assign(new TypeError('bad', { cause: new Error('inner') }), { code: 'E_BAD', index: -1 })
    const copy = through({ error }) as { error: TypeError & { code: string; index: number } }
    expect(copy.error).to.be.instanceOf(TypeError)
    expect(copy.error).to.include({ message: 'bad', stack: error.stack, code: 'E_BAD', index: -1 })
    expect(copy.error.cause).to.have.property('message', 'inner')
    const own = Object.assign(new Error('mine'), { name: 'MyError' })
    expect(through(own)).to.include({ name: 'MyError', message: 'mine' })
  })

  it('refuses what would arrive as something else', () => {
    const refused: [unknown, RegExp][] = [
      [() => 1, /cannot carry a function/],
      [{ deep: [{ f() {} }] }, /cannot carry a function/],
      [class {}, /cannot carry a function/],
      [Symbol('s'), /cannot carry a symbol/],
      [[Symbol('s')], /cannot carry a symbol/],
      [Promise.resolve(), /cannot carry a Promise/],
      [{ p: new WeakMap() }, /cannot carry a WeakMap/],
      [new SharedArrayBuffer(1), /cannot carry a SharedArrayBuffer/],
    ]
    for (const [value, message] of refused) expect(() => encode(value)).to.throw(TypeError, message)
    expect(through('still works')).to.equal('still works')
  })

  it('gives memory of its own', () => {
    const bytes = Uint8Array.from(encode({ view: Uint8Array.of(1, 2), text: 'x'.repeat(2000) }))
    const copy = decode(bytes) as { view: Uint8Array }
    bytes.fill(0)
    expect([...copy.view]).to.deep.equal([1, 2])
    const first = Uint8Array.from(encode('first'))
    encode('second')
    expect(decode(first)).to.equal('first')
  })

  it('keeps objects of many shapes apart', () => {
    const objects = Array.from({ length: 300 }, (_, i) => ({ [`key${i}`]: i, x: 1 }))
    expect(through(objects)).to.deep.equal(objects)
    const dictionary = Object.fromEntries(Array.from({ length: 70_000 }, (_, i) => [`k${i}`, i]))
    expect(Object.keys(through(dictionary) as object)).to.have.length(70_000)
  })

  it('control messages keep binary and undefined fields', () => {
    const message = {
      type: 'output',
      bytes: Uint8Array.of(1, 2, 3),
      none: undefined,
      list: [1, 'a', null],
      deep: { x: 1.5 },
    }
    const frame = Uint8Array.from(encodeControl(message))
    const copy = decodeControl(frame) as typeof message
    frame.fill(0)
    expect(copy.type).to.equal('output')
    expect(copy.bytes).to.be.instanceOf(Uint8Array)
    expect([...copy.bytes]).to.deep.equal([1, 2, 3])
    expect('none' in copy && copy.none === undefined).to.equal(true)
    expect(copy.list).to.deep.equal(message.list)
    expect(copy.deep).to.deep.equal(message.deep)
  })
})
