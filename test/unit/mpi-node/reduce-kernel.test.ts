import { expect } from 'chai'
import { datatypeOf, type View, viewConstructor } from '../../../src/mpi/datatypes/datatype.ts'
import { ReduceKernels } from '../../../src/mpi/collectives/in-memory/combining/reduce-kernel.ts'
import { reduceLoop } from '../../../src/mpi/operations/reduce-loops.ts'
import { MAX, MIN, type Op, PROD, SUM } from '../../../src/mpi/operations/reduce-op.ts'
import { Datatype } from '../../../src/wire/envelope.ts'
import { Random, testSeed } from '../../support/random.ts'

const PAGES = 1
/** Bytes that a check fills and compares. */
const REGION = 32_000
const memory = new WebAssembly.Memory({ initial: PAGES, maximum: PAGES, shared: true })
const kernels = new ReduceKernels(memory)
const bytes = new Uint8Array(memory.buffer)

const specials = [Number.NaN, -0, 0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 5e-324, 1]

/** Random bytes; of floating-point numbers every third is a special one. */
function fill(view: View, random: Random): void {
  const words = new Uint8Array(view.buffer, view.byteOffset, view.byteLength)
  for (let i = 0; i < words.length; i += 1) words[i] = random.below(256)
  if (!(view instanceof Float64Array || view instanceof Float32Array)) return
  for (let i = 0; i < view.length; i += 3) view[i] = specials[random.below(specials.length)] ?? 0
}

describe('ReduceKernels', () => {
  const seed = testSeed()
  const types = Object.values(Datatype).filter((datatype) => datatype !== Datatype.value)
  for (const op of [SUM, PROD, MIN, MAX]) {
    it(`${op.name} gives what the loops give, at any place and length (seed ${seed})`, () => {
      const random = new Random(seed)
      let tried = 0
      for (const datatype of types) if (check(op, datatype, random)) tried += 1
      expect(tried).to.be.at.least(8)
    })
  }

  it('has none for operations and types without vector instructions', () => {
    expect(kernels.find(PROD, Datatype.int8)).to.equal(null)
    expect(kernels.find(MAX, Datatype.bigInt64)).to.equal(null)
  })

  it('has none in memory that is no WebAssembly.Memory', () => {
    const plain = new ReduceKernels({ buffer: new SharedArrayBuffer(1024) })
    expect(plain.find(SUM, Datatype.float64)).to.equal(null)
  })
})

/** Whether there is a kernel; then it gives the same elements and leaves those around them alone. */
function check(op: Op, datatype: number, random: Random): boolean {
  const kernel = kernels.find(op, datatype)
  const loop = reduceLoop(op, datatype)
  if (kernel === null || loop === null) return false
  const constructor = viewConstructor(datatype)
  const all = new constructor(memory.buffer)
  const size = constructor.BYTES_PER_ELEMENT
  for (const length of [0, 1, 3, 7, 8, 9, 15, 17, 63, 64, 65, 1000]) {
    for (const target of ['lower', 'higher', 'other'] as const) {
      fill(all.subarray(0, REGION / size) as View, random)
      const lower = random.below(16) * size
      const higher = 10_000 + random.below(16) * size - (10_000 % size)
      const to = { lower, higher, other: 20_000 + random.below(16) * size - (20_000 % size) }[target]
      const wanted = new constructor(new SharedArrayBuffer(bytes.length))
      wanted.set(all as never)
      loop(wanted, to / size, wanted, lower / size, wanted, higher / size, length)
      kernel(to, lower, higher, length)
      const what = `${constructor.name} of ${length} into ${target}`
      expect(datatypeOf(all)).to.equal(datatype)
      const [got, model] = [all.subarray(0, REGION / size), wanted.subarray(0, REGION / size)]
      for (let i = 0; i < got.length; i += 1) if (!Object.is(got[i], model[i])) expect.fail(`${what}: element ${i}`)
    }
  }
  return true
}
