import { expect } from 'chai'
import { LoopbackLink } from '../../../src/mpi/link/loopback-link.ts'
import { createRuntime } from '../../../src/mpi/runtime.ts'
import { failureOf } from './support/failure-of.ts'
import { onRanks } from './support/on-ranks.ts'
import { Random, testSeed } from '../../support/random.ts'
import { testHost } from './support/test-network.ts'

const { MPI } = createRuntime(new LoopbackLink(), testHost)

/** Places of the elements of a part of an array, in order, found the slow way: by looking at each element of the array. */
function placesOf(sizes: readonly number[], subsizes: readonly number[], starts: readonly number[]): number[] {
  const total = sizes.reduce((product, size) => product * size, 1)
  return [...Array(total).keys()].filter((place) => {
    let left = place
    for (let dim = sizes.length - 1; dim >= 0; dim -= 1) {
      const x = (left % (sizes[dim] ?? 1)) - (starts[dim] ?? 0)
      if (x < 0 || x >= (subsizes[dim] ?? 0)) return false
      left = Math.floor(left / (sizes[dim] ?? 1))
    }
    return true
  })
}

describe('Strided', () => {
  const seed = testSeed()

  it(`parts of random arrays are what looking at each element finds (seed ${seed})`, () => {
    const random = new Random(seed)
    for (let i = 0; i < 400; i += 1) {
      const sizes = Array.from({ length: 1 + random.below(4) }, () => 1 + random.below(5))
      const subsizes = sizes.map((size) => random.below(size + 1))
      const starts = sizes.map((size, dim) => random.below(size - (subsizes[dim] ?? 0) + 1))
      const total = sizes.reduce((product, size) => product * size, 1)
      const view = Int16Array.from({ length: total }, (_, at) => at)
      const part = MPI.subarray(view, { sizes, subsizes, starts })
      const places = placesOf(sizes, subsizes, starts)
      expect(part.length).to.equal(places.length)
      expect([...part.pack()]).to.deep.equal(places)
      part.unpack(Int16Array.from(places, (_, at) => -1 - at))
      const wanted = [...Array(total).keys()].map((at) => (places.includes(at) ? -1 - places.indexOf(at) : at))
      expect([...view]).to.deep.equal(wanted)
    }
  })

  it(`vectors are blocks at equal distances (seed ${seed})`, () => {
    const random = new Random(seed)
    for (let i = 0; i < 200; i += 1) {
      const [count, blockLength, offset] = [random.below(6), random.below(4), random.below(5)]
      const stride = blockLength + random.below(4)
      const view = BigInt64Array.from({ length: offset + 6 * 8 }, (_, at) => BigInt(at))
      const vector = MPI.vector(view, { count, blockLength, offset, stride })
      const places = Array.from({ length: count * blockLength }, (_, at) => {
        return offset + Math.floor(at / blockLength) * stride + (at % blockLength)
      })
      expect([...vector.pack()]).to.deep.equal(places.map(BigInt))
    }
  })

  it(`long runs, and blocks in any order, are where they belong (seed ${seed})`, () => {
    const random = new Random(seed)
    for (let i = 0; i < 40; i += 1) {
      const sizes = [
        1 + random.below(3),
        1 + random.below(3),
        1 + random.below(4),
        1 + random.below(3),
        100 + random.below(200),
      ]
      const subsizes = sizes.map((size, dim) => (dim === 4 ? 1 + random.below(size) : random.below(size + 1)))
      const starts = sizes.map((size, dim) => random.below(size - (subsizes[dim] ?? 0) + 1))
      const view = Float32Array.from({ length: sizes.reduce((product, size) => product * size, 1) }, (_, at) => at)
      const part = MPI.subarray(view, { sizes, subsizes, starts })
      const places = placesOf(sizes, subsizes, starts)
      expect([...part.pack()]).to.deep.equal(places)
      const displacements = [...new Set(places.map((place) => place - (place % 10)))].reverse()
      const lengths = displacements.map((begin) => Math.min(random.below(11), view.length - begin))
      const blocks = MPI.indexed(view, { blockLengths: lengths, displacements })
      const wanted = displacements.flatMap((begin, at) => Array.from({ length: lengths[at] ?? 0 }, (_, k) => begin + k))
      expect([...blocks.pack()]).to.deep.equal(wanted)
      blocks.unpack(Float32Array.from(wanted, (at) => -at))
      expect(wanted.every((at) => view[at] === -at)).to.equal(true)
    }
  })

  it('refuses what is not in the view', () => {
    const view = new Float64Array(12)
    const code = (call: () => unknown, wanted: string): void => {
      expect(call).to.throw().with.property('code', wanted)
    }
    code(() => MPI.vector(view, { count: 4, stride: 4 }), 'ERR_COUNT')
    code(() => MPI.vector(view, { count: 2, stride: 1, blockLength: 2 }), 'ERR_ARG')
    code(() => MPI.vector(view, { count: -1, stride: 1 }), 'ERR_ARG')
    code(() => MPI.vector(view, { count: 1.5, stride: 1 }), 'ERR_ARG')
    code(() => MPI.vector([1] as never, { count: 1, stride: 1 }), 'ERR_TYPE')
    code(() => MPI.subarray(view, { sizes: [4, 4], subsizes: [1, 1], starts: [0, 0] }), 'ERR_COUNT')
    code(() => MPI.subarray(view, { sizes: [3, 4], subsizes: [3, 4], starts: [0, 1] }), 'ERR_ARG')
    code(() => MPI.subarray(view, { sizes: [3, 4], subsizes: [3], starts: [0, 1] }), 'ERR_ARG')
    code(() => MPI.subarray(view, { sizes: [], subsizes: [], starts: [] }), 'ERR_ARG')
    expect(MPI.vector(view, { count: 3, stride: 4, offset: 3 }).length).to.equal(3)
  })

  it('travels as a view and is received as one, in any combination', async () => {
    await onRanks(2, async (comm, mpi) => {
      const partner = 1 - comm.rank
      const matrix = Float64Array.from({ length: 12 }, (_, i) => 100 * comm.rank + i) // 3 rows of 4
      const column = (at: number) => mpi.vector(matrix, { count: 3, stride: 4, offset: at })
      const of = (...numbers: number[]): number[] => numbers.map((x) => 100 * partner + x)
      const whole = comm.irecv(partner, 1)
      await comm.isend(column(1), partner, 1)
      expect(await whole).to.deep.equal(Float64Array.from(of(1, 5, 9)))
      const status = comm.irecvInto(column(0), partner, 2)
      await comm.issend(column(3), partner, 2)
      expect((await status).count).to.equal(3)
      expect([...column(0).pack()]).to.deep.equal(of(3, 7, 11))
      // A shorter message leaves the rest.
      const short = comm.irecvInto(column(2), partner, 3)
      await comm.isend(Float64Array.of(-1), partner, 3)
      await short
      expect([...column(2).pack()]).to.deep.equal([-1, 100 * comm.rank + 6, 100 * comm.rank + 10])
      // One that is too long is an error, and its beginning has come; another type changes nothing.
      const long = comm.irecvInto(column(2), partner, 4)
      await comm.isend(Float64Array.of(1, 2, 3, 4), partner, 4)
      expect(await failureOf(long)).to.have.property('code', 'ERR_TRUNCATE')
      const other = comm.irecvInto(column(2), partner, 5)
      await comm.isend(Int32Array.of(7, 7, 7), partner, 5)
      expect(await failureOf(other)).to.have.property('code', 'ERR_TYPE')
      expect([...column(2).pack()]).to.deep.equal([1, 2, 3])
      await comm.isendrecvInto(column(2), partner, column(2), partner)
      expect([...column(2).pack()]).to.deep.equal([1, 2, 3])
      const parts = await comm.ialltoall([column(2), column(2)])
      expect(parts).to.deep.equal([Float64Array.of(1, 2, 3), Float64Array.of(1, 2, 3)])
    })
  })
})
