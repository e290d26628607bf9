import { createSecretKey } from 'node:crypto'
import { EventEmitter } from 'node:events'
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

  it('keeps chains and cycles of errors, and the lists of them', () => {
    const outer = new RangeError('outer', { cause: new Error('middle', { cause: 'text' }) })
    const parts = new AggregateError([outer, 5], 'several')
    Object.assign(outer, { parts, details: { again: outer, list: [parts] } })
    const copy = through(parts) as AggregateError
    const [first, second] = copy.errors as [
      RangeError & { parts: unknown; details: { again: unknown; list: unknown[] } },
      number,
    ]
    expect(copy).to.be.instanceOf(AggregateError)
    expect([first.message, second, first instanceof RangeError]).to.deep.equal(['outer', 5, true])
    expect((first.cause as Error).cause).to.equal('text')
    expect([first.parts === copy, first.details.again === first, first.details.list[0] === copy]).to.deep.equal([
      true,
      true,
      true,
    ])
    const alone = new Error('alone')
    alone.cause = alone
    const itself = through([alone, { alone }]) as [Error, { alone: Error }]
    expect(itself[0].cause).to.equal(itself[0])
    expect(itself[1].alone).to.equal(itself[0])
    expect(Object.keys(through(new Error('x', { cause: 1 })) as object)).to.deep.equal([])
    const long = 'x'.repeat(100_000)
    expect(through(new Error(long))).to.have.property('message', long)
  })

  it('keeps the name of the class of an error, and what Node says of its own', () => {
    class ValidationError extends TypeError {}
    const copy = through(new ValidationError('bad')) as Error
    expect([copy.name, copy instanceof TypeError, String(copy)]).to.deep.equal([
      'ValidationError',
      true,
      'ValidationError: bad',
    ])
    let ofNode: unknown
    try {
      Buffer.alloc('x' as never)
    } catch (error) {
      ofNode = error
    }
    expect(through(ofNode)).to.be.instanceOf(TypeError).and.include({ name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' })
    const timeout = through(new DOMException('late', 'TimeoutError')) as DOMException
    expect([timeout instanceof DOMException, timeout.name, timeout.message]).to.deep.equal([
      true,
      'TimeoutError',
      'late',
    ])
  })

  it('leaves out what cannot travel with an error, alone, and names it', () => {
    const error = Object.assign(new Error('bad', { cause: () => 1 }), {
      code: 'E',
      deep: { socket: new Blob([]) },
      ok: [1],
    })
    const copy = through(error) as Error & { code: string; deep?: unknown; ok: number[] }
    expect(copy).to.include({ message: 'bad', code: 'E' })
    expect(copy.ok).to.deep.equal([1])
    expect(['deep' in copy, 'cause' in copy]).to.deep.equal([false, false])
    expect(copy.stack).to.match(/left out, because it cannot travel: deep \(a Blob\), cause \(a function\)\]$/)
  })

  it('keeps what extends Map and Set', () => {
    class Table extends Map<string, number> {}
    class Names extends Set<string> {}
    expect(through({ table: new Table([['a', 1]]), names: new Names(['b']) })).to.deep.equal({
      table: new Map([['a', 1]]),
      names: new Set(['b']),
    })
  })

  it('refuses what would arrive as something else', () => {
    const { port1, port2 } = new MessageChannel()
    const refused: [unknown, RegExp][] = [
      [new Blob(['x']), /cannot carry a Blob/],
      [{ deep: [new URL('http://localhost')] }, /cannot carry an? URL/],
      [new WebAssembly.Module(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0)), /cannot carry a WebAssembly\.Module/],
      [port1, /cannot carry a MessagePort/],
      [new ReadableStream(), /cannot carry a ReadableStream/],
      [[[1].values()], /cannot carry an Array Iterator/],
      [new Map().entries(), /cannot carry a Map Iterator/],
      [(function* () {})(), /cannot carry a Generator/],
      [Object(5), /cannot carry a Number/],
      [Object('text'), /cannot carry a String/],
      [new AbortController().signal, /cannot carry an AbortSignal/],
      [createSecretKey(Buffer.alloc(8)), /cannot carry a SecretKeyObject, of which nothing would arrive/],
      [new Intl.NumberFormat(), /cannot carry an Intl\.NumberFormat/],
      [new EventEmitter(), /cannot carry an EventEmitter/],
      [
        new (class Hidden {
          readonly #x = 1
          x(): number {
            return this.#x
          }
        })(),
        /cannot carry a Hidden, of which nothing/,
      ],
      [() => 1, /cannot carry a function/],
      [{ deep: [{ f() {} }] }, /cannot carry a function/],
      [class {}, /cannot carry a function/],
      [Symbol('s'), /cannot carry a symbol/],
      [[Symbol('s')], /cannot carry a symbol/],
      [Promise.resolve(), /cannot carry a Promise/],
      [{ p: new WeakMap() }, /cannot carry a WeakMap/],
      [new SharedArrayBuffer(1), /cannot carry a SharedArrayBuffer/],
    ]
    for (const [value, message] of refused) expect(() => encode(value), String(message)).to.throw(TypeError, message)
    port1.close()
    port2.close()
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
