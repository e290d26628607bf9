import { expect } from 'chai'
import { LoopbackLink } from '../../../src/mpi/link/loopback-link.ts'
import { createRuntime } from '../../../src/mpi/runtime.ts'
import { errorCode, failureOf } from './support/failure-of.ts'
import { onRanks } from './support/on-ranks.ts'
import { testHost } from './support/test-network.ts'

/** The order of evaluation of a reduction: ((0+1)+(2+3))+… */
function tree(leaves: readonly string[]): string {
  if (leaves.length === 1) return leaves[0] ?? ''
  const half = 2 ** Math.ceil(Math.log2(leaves.length) - 1)
  return `(${tree(leaves.slice(0, half))}${tree(leaves.slice(half))})`
}

const paren = (lower: string, higher: string): string => `(${lower}${higher})`

describe('reduceScatter', () => {
  for (const size of [1, 2, 3, 4, 5, 6, 7, 8, 9]) {
    const ranks = [...Array(size).keys()]

    it(`lists of ${size} ranks are combined in the order of reduce`, async () => {
      await onRanks(size, async (comm) => {
        const parts = ranks.map((part) => `${comm.rank}:${part} `)
        const wanted = tree(ranks.map((rank) => `${rank}:${comm.rank} `))
        expect(await comm.ireduceScatter(parts, paren)).to.equal(wanted)
        const views = ranks.map((part) => new Float32Array(part).fill(comm.rank))
        expect(await comm.ireduceScatter(views)).to.deep.equal(
          new Float32Array(comm.rank).fill((size * (size - 1)) / 2),
        )
      })
    })

    it(`views of ${size} ranks, in equal and unequal blocks, have the bits of reduce`, async () => {
      await onRanks(size, async (comm, mpi) => {
        const mine = Float64Array.from({ length: size * 40 }, (_, i) => Math.sin(comm.rank * 1000 + i) * 10 ** (i % 7))
        const before = mine.slice()
        const whole = await comm.iallreduce(mine)
        const block = await comm.ireduceScatter(mine)
        expect(block).to.deep.equal(whole.slice(comm.rank * 40, (comm.rank + 1) * 40))
        expect(mine).to.deep.equal(before)
        // Every other rank gets nothing.
        const counts = ranks.map((rank) => (rank % 2 === 0 ? rank * 3 + 1 : 0))
        const from = counts.slice(0, comm.rank).reduce((sum, count) => sum + count, 0)
        const wanted = whole.slice(from, from + (counts[comm.rank] ?? 0))
        const counted = mine.subarray(
          0,
          counts.reduce((sum, count) => sum + count, 0),
        )
        expect(await comm.ireduceScatter(counted, mpi.SUM, { counts })).to.deep.equal(wanted)
        const into = new Float64Array(wanted.length)
        await comm.ireduceScatterInto(counted, into, mpi.SUM, { counts })
        // Elements that no count names would be dropped without a word.
        if (counted.length < mine.length) {
          expect(errorCode(() => comm.ireduceScatterInto(mine, into, mpi.SUM, { counts }))).to.equal('ERR_COUNT')
          const call = () => comm.ireduceScatterInto(mpi.IN_PLACE, mine.slice(), mpi.SUM, { counts })
          expect(errorCode(call)).to.equal('ERR_COUNT')
        }
        expect(into).to.deep.equal(wanted)
        const inPlace = counted.slice()
        await comm.ireduceScatterInto(mpi.IN_PLACE, inPlace, mpi.SUM, { counts })
        expect(inPlace.slice(0, wanted.length)).to.deep.equal(wanted)
        expect(inPlace.slice(wanted.length)).to.deep.equal(counted.slice(wanted.length))
        const last = await comm.ireduceScatter(mine, (_lower: number, higher: number) => higher)
        const ofLast = Float64Array.from(
          { length: size * 40 },
          (_, i) => Math.sin((size - 1) * 1000 + i) * 10 ** (i % 7),
        )
        expect(last).to.deep.equal(ofLast.slice(comm.rank * 40, (comm.rank + 1) * 40))
      })
    })
  }

  it('every integer type wraps, and bitwise operations work', async () => {
    await onRanks(3, async (comm, mpi) => {
      expect(await comm.ireduceScatter(new Uint8Array(3).fill(100))).to.deep.equal(Uint8Array.of(300 - 256))
      expect(await comm.ireduceScatter(new BigInt64Array(3).fill(2n ** 62n))).to.deep.equal(
        BigInt64Array.of(-(2n ** 62n)),
      )
      expect(await comm.ireduceScatter(new Int32Array(3).fill(1 << comm.rank), mpi.BOR)).to.deep.equal(Int32Array.of(7))
    })
  })

  it('refuses what does not fit, before anything is sent', async () => {
    await onRanks(2, async (comm, mpi) => {
      const code = (call: () => unknown, wanted: string): void => {
        expect(call).to.throw().with.property('code', wanted)
      }
      code(() => comm.ireduceScatter(new Float64Array(3)), 'ERR_COUNT')
      code(() => comm.ireduceScatter(new Float64Array(3), mpi.SUM, { counts: [1, 1, 1] }), 'ERR_COUNT')
      code(() => comm.ireduceScatter(new Float64Array(3), mpi.SUM, { counts: [2, 2] }), 'ERR_COUNT')
      code(() => comm.ireduceScatter(new Float64Array(3), mpi.SUM, { counts: [-1, 2] }), 'ERR_COUNT')
      code(() => comm.ireduceScatter(new Float64Array(2), mpi.BAND), 'ERR_OP')
      code(() => comm.ireduceScatter([1, 2, 3]), 'ERR_COUNT')
      code(() => comm.ireduceScatter(7 as never), 'ERR_ARG')
      code(() => comm.ireduceScatter(['a', 'b']), 'ERR_TYPE')
      const memory = new Float64Array(4)
      code(() => comm.ireduceScatterInto(memory.subarray(0, 2), memory.subarray(1, 2)), 'ERR_BUFFER')
      code(() => comm.ireduceScatterInto(memory, new Float64Array(1)), 'ERR_COUNT')
      code(() => comm.ireduceScatterInto(memory, new Float32Array(2)), 'ERR_TYPE')
      code(() => comm.ireduceScatterInto([1, 2] as never, new Float32Array(2)), 'ERR_TYPE')
      expect(await comm.ireduceScatter([1, 2])).to.equal(comm.rank === 0 ? 2 : 4)
    })
  })

  it('lengths and operations that differ are an error of every rank', async () => {
    await onRanks(3, async (comm, mpi) => {
      const lengths = await failureOf(comm.ireduceScatter(new Int8Array(comm.rank === 1 ? 6 : 3)))
      expect(lengths).to.have.property('code', 'ERR_COLLECTIVE_MISMATCH')
      const ops = await failureOf(comm.ireduceScatter(new Int8Array(3), comm.rank === 1 ? mpi.MAX : mpi.MIN))
      expect(ops).to.have.property('code', 'ERR_COLLECTIVE_MISMATCH')
      // A rank that has its block already learns it in its next collective.
      const twice = async (): Promise<void> => {
        await comm.ireduceScatter([1, 2, 3], (one: number, other: number) => {
          if (comm.rank === 2) throw new Error('no')
          return one + other
        })
        await comm.ibarrier()
      }
      const thrown = await failureOf(twice())
      expect((thrown as Error).message).to.include('no')
    })
  })
})

describe('reduceLocal', () => {
  const { MPI } = createRuntime(new LoopbackLink(), testHost)

  it('combines values and views, and leaves what it was given', () => {
    expect(MPI.reduceLocal(2, 3)).to.equal(5)
    expect(MPI.reduceLocal(2n, 3n, MPI.PROD)).to.equal(6n)
    expect(MPI.reduceLocal('a', 'b', (lower, higher) => `${lower}<${higher}`)).to.equal('a<b')
    const [lower, higher] = [Float32Array.of(1, 5), Float32Array.of(2, 4)]
    expect(MPI.reduceLocal(lower, higher, MPI.MAX)).to.deep.equal(Float32Array.of(2, 5))
    expect([lower, higher]).to.deep.equal([Float32Array.of(1, 5), Float32Array.of(2, 4)])
    MPI.reduceLocalInto(lower, higher, (one: number, other: number) => one * 10 + other)
    expect([lower, higher]).to.deep.equal([Float32Array.of(1, 5), Float32Array.of(12, 54)])
  })

  it('refuses what does not go together', () => {
    const code = (call: () => unknown, wanted: string): void => {
      expect(call).to.throw().with.property('code', wanted)
    }
    code(() => MPI.reduceLocal('a', 'b'), 'ERR_TYPE')
    code(() => MPI.reduceLocal<unknown>(1, 'b'), 'ERR_TYPE')
    code(() => MPI.reduceLocal<unknown>(Int8Array.of(1), 1), 'ERR_TYPE')
    code(() => MPI.reduceLocal<unknown>(Int8Array.of(1), Int16Array.of(1)), 'ERR_TYPE')
    code(() => MPI.reduceLocal(Int8Array.of(1), new Int8Array(2)), 'ERR_COUNT')
    code(() => MPI.reduceLocal(Float32Array.of(1), Float32Array.of(1), MPI.BOR), 'ERR_OP')
    const memory = new Int8Array(2)
    code(() => MPI.reduceLocalInto(memory, memory), 'ERR_BUFFER')
  })
})
