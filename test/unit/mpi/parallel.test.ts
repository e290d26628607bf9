import { expect } from 'chai'
import { Chunks } from '../../../src/mpi/collectives/parallel/chunks.ts'
import { failureOf } from './support/failure-of.ts'
import { onRanks } from './support/on-ranks.ts'

describe('parallelMap', () => {
  for (const size of [1, 2, 3, 5, 8]) {
    it(`gives the results in order of the items on ${size} ranks, with every root`, async () => {
      const items = Array.from({ length: 100 }, (_, i) => i)
      for (const root of new Set([0, size - 1])) {
        const results = await onRanks(size, async (comm) =>
          comm.iparallelMap((x: number, i) => ({ x, i }), comm.rank === root ? items : undefined, { root }),
        )
        expect(results[root]).to.deep.equal(items.map((x) => ({ x, i: x })))
        for (const [rank, result] of results.entries()) if (rank !== root) expect(result).to.equal(undefined)
      }
    })
  }

  it('takes any iterable, none at all, and a chunk size', async () => {
    await onRanks(3, async (comm) => {
      expect(await comm.iparallelMap((x: number) => x, [])).to.deep.equal(comm.rank === 0 ? [] : undefined)
      const doubled = await comm.iparallelMap((x: string) => x + x, new Set('abc'), { chunkSize: 1 })
      if (comm.rank === 0) expect(doubled).to.deep.equal(['aa', 'bb', 'cc'])
      const unordered = await comm.iparallelMap((x: number) => x, [1, 2, 3, 4], { chunkSize: 1, ordered: false })
      if (comm.rank === 0) expect(unordered).to.have.members([1, 2, 3, 4])
    })
  })

  it('an error of the function comes to root as it was thrown, and fails the call on all ranks', async () => {
    for (const size of [1, 2, 4]) {
      await onRanks(size, async (comm) => {
        const fn = (x: number): number => {
          if (x === 7) throw new RangeError(`bad ${x}`)
          return x
        }
        const error = await failureOf(
          comm.iparallelMap(
            fn,
            Array.from({ length: 20 }, (_, i) => i),
            { chunkSize: 1 },
          ),
        )
        if (comm.rank === 0) {
          expect(error).to.be.instanceOf(RangeError)
          expect(error).to.have.property('message', 'bad 7')
        } else {
          expect(String(error)).to.match(/bad 7/)
        }
      })
    }
  })

  it('items that are no items fail the call on all ranks', async () => {
    await onRanks(3, async (comm) => {
      const error = await failureOf(comm.iparallelMap((x: number) => x))
      expect(error).to.include({ code: 'ERR_ARG' })
    })
  })
})

describe('parallelReduce', () => {
  it('depends on the items, the size and the chunk size alone', async () => {
    const items = Array.from({ length: 1000 }, (_, i) => 1 / (i + 1))
    const run = async (chunkSize: number | undefined): Promise<number | undefined> => {
      const options = chunkSize === undefined ? {} : { chunkSize }
      const results = await onRanks(4, async (comm, mpi) =>
        comm.iparallelReduce((x: number) => x, mpi.SUM, items, options),
      )
      return results[0]
    }
    const first = await run(undefined)
    expect(await run(undefined)).to.equal(first)
    expect(await run(undefined)).to.equal(first)
    expect(await run(10)).to.equal(await run(10))
  })

  it('is exact for bigint, keeps the order for functions, and adds views', async () => {
    const items = Array.from({ length: 77 }, (_, i) => i)
    await onRanks(3, async (comm, mpi) => {
      const sum = await comm.iparallelReduce((x: number) => 2n ** BigInt(x), mpi.SUM, items)
      const text = await comm.iparallelReduce(
        (x: number) => `${x},`,
        (lower: string, higher: string) => lower + higher,
        items,
      )
      const same = new Int32Array(2)
      const views = await comm.iparallelReduce(
        (x: number) => {
          same[0] = x
          same[1] = 1
          return same
        },
        mpi.SUM,
        items,
      )
      const none = await comm.iparallelReduce((x: number) => x, mpi.SUM, [])
      if (comm.rank !== 0) return
      expect(sum).to.equal(2n ** 77n - 1n)
      expect(text).to.equal(items.map((x) => `${x},`).join(''))
      expect(views).to.deep.equal(Int32Array.of((77 * 76) / 2, 77))
      expect(none).to.equal(undefined)
    })
  })

  it('reports progress, and the whole at the end', async () => {
    const reports: { done: number; total: number }[] = []
    await onRanks(2, async (comm, mpi) =>
      comm.iparallelReduce(
        (x: number) => x,
        mpi.SUM,
        Array.from({ length: 500 }, (_, i) => i),
        {
          onProgress: (progress) => void reports.push(progress),
        },
      ),
    )
    expect(reports.at(-1)).to.deep.equal({ done: 500, total: 500 })
  })
})

describe('Chunks', () => {
  it('cover all items once, in order', () => {
    for (const total of [0, 1, 2, 7, 100, 12345]) {
      for (const chunkSize of [null, 1, 10, 20000]) {
        const chunks = new Chunks(total, 3, chunkSize)
        let next = 0
        for (let chunk = chunks.next(); chunk !== null; chunk = chunks.next()) {
          expect(chunk.from).to.equal(next)
          expect(chunk.to).to.be.greaterThan(chunk.from)
          next = chunk.to
        }
        expect(next).to.equal(total)
      }
    }
  })
})
