import { expect } from 'chai'
import { decode, encode } from '../../../src/wire/codec.ts'

/** A head of a flat message with these keys, as flat-shape.ts writes it; the hash is not looked at by who has not seen it before. */
function head(kind: number, ...keys: string[]): Buffer {
  const names = keys.map((key) => Buffer.concat([Buffer.of(key.length), Buffer.from(key, 'latin1')]))
  const bytes = Buffer.concat([Buffer.of(0xc1, kind, 0, 0, 1, 2, 3, 4), ...names])
  bytes.writeUInt16LE(bytes.length, 2)
  return bytes
}

const padded = (bytes: Buffer, length: number): Buffer => Buffer.concat([bytes, Buffer.alloc(length - bytes.length)])

/** A list of `count` rows with columns of these types, and so many bytes of columns. */
function list(count: number, types: readonly number[], keys: readonly string[], bytes: number): Buffer {
  const names = padded(head(2, ...keys), Math.ceil(head(2, ...keys).length / 8) * 8)
  const counted = Buffer.alloc(4)
  counted.writeUInt32LE(count)
  const before = Buffer.concat([names, counted, Buffer.from(types)])
  return Buffer.concat([padded(before, Math.ceil(before.length / 8) * 8), Buffer.alloc(bytes)])
}

describe('decode() of bytes that encode() did not make', () => {
  const cases: readonly { readonly name: string; readonly bytes: Uint8Array }[] = [
    { name: 'a list of 2^32 rows without columns', bytes: Buffer.from('c102080000000000ffffffff00000000', 'hex') },
    { name: 'a list of more rows than there are bytes', bytes: list(1000, [0], ['a'], 8) },
    { name: 'a list of 2^32 - 1 rows of booleans', bytes: list(0xffffffff, [2], ['a'], 64) },
    { name: 'a list of a type that there is not', bytes: list(1, [5], ['a'], 64) },
    { name: 'a list of longer texts than there are', bytes: list(2, [3], ['a'], 8) },
    { name: 'a list whose head is longer than it', bytes: Buffer.from('c102ffff00000000', 'hex') },
    { name: 'an object longer than any', bytes: padded(head(1, 'a'), 4000) },
    { name: 'an object with too many values', bytes: Buffer.concat([head(1, 'a'), Buffer.of(1, 1)]) },
    { name: 'an object with too few values', bytes: Buffer.concat([head(1, 'a', 'b'), Buffer.of(1)]) },
    { name: 'an object whose text goes beyond its end', bytes: Buffer.concat([head(1, 'a'), Buffer.of(6, 200, 65)]) },
    { name: 'an object with a number that is cut off', bytes: Buffer.concat([head(1, 'a'), Buffer.of(5, 0)]) },
    { name: 'an object with a key that sets prototypes', bytes: Buffer.concat([head(1, '__proto__'), Buffer.of(1)]) },
    { name: 'an object without keys', bytes: head(1) },
    { name: 'an object whose head is too short', bytes: Buffer.from('c101000000000000', 'hex') },
    { name: 'nothing', bytes: new Uint8Array(0) },
    { name: 'a long array of nothing', bytes: Buffer.from('ddffffffff', 'hex') },
    { name: 'a long map of nothing', bytes: Buffer.from('dfffffffff', 'hex') },
    { name: 'a long text of nothing', bytes: Buffer.from('dbffffffff41', 'hex') },
    { name: 'arrays in arrays in arrays', bytes: Buffer.concat([Buffer.alloc(200_000, 0x91), Buffer.of(0xc0)]) },
    { name: 'two values', bytes: Buffer.of(1, 2) },
    { name: 'a pointer to nothing', bytes: Buffer.from('d67000000001', 'hex') },
    { name: 'an error that is none', bytes: Buffer.from('c7016500c0', 'hex') },
  ]
  for (const { name, bytes } of cases) {
    it(`throws for ${name}`, () => {
      const began = performance.now()
      expect(() => decode(bytes)).to.throw(Error)
      expect(performance.now() - began).to.be.below(5000)
    })
  }

  it('does not print a value with shared parts that something stands behind', () => {
    let value: unknown = [1]
    for (let level = 0; level < 60; level += 1) value = [value, value]
    const bytes = encode(value)
    expect(decode(bytes)).to.be.an('array')
    expect(() => decode(Buffer.concat([bytes, Buffer.of(0)]))).to.throw(TypeError)
    expect(() => decode(Buffer.concat([bytes, Buffer.alloc(2000)]))).to.throw(TypeError)
  })

  it('leaves prototypes as they are', () => {
    expect(({} as { polluted?: unknown }).polluted).to.equal(undefined)
    const bytes = Buffer.concat([head(1, 'constructor'), Buffer.of(1)])
    expect(decode(bytes)).to.deep.equal({ constructor: null })
  })
})
