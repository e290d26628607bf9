import { expect } from 'chai'
import type { Pool } from 'mpirun-ts'
import { withPool } from '../support/with-pool.ts'

const inc = (x: number): number => x + 1
const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i)

/** A generator that asks the pool for each of its items. */
function* asked(pool: Pool, items: Iterable<number>): Generator<number> {
  for (const item of items) yield pool.apply(inc, [item])
}

describe('Pool: calls within calls', () => {
  for (const threads of [1, 2]) {
    it(`an imap of an imap of the same pool, with ${threads} threads`, async () => {
      await withPool(threads, {}, async (pool) => {
        const twice = range(50).map((x) => x + 2)
        expect([...pool.imap(inc, pool.imap(inc, range(50)))]).to.deep.equal(twice)
        const unordered = [...pool.imapUnordered(inc, pool.imapUnordered(inc, range(50)))]
        expect(unordered.sort((a, b) => a - b)).to.deep.equal(twice)
        expect([
          ...pool.imap(inc, pool.imap(inc, pool.imap(inc, range(50), { chunkSize: 3 })), { chunkSize: 7 }),
        ]).to.have.length(50)
        const awaited: number[] = []
        for await (const x of pool.imap(inc, pool.imap(inc, range(50)))) awaited.push(x)
        expect(awaited).to.deep.equal(twice)
      })
    })

    it(`a generator that feeds the pool may call it, with ${threads} threads`, async () => {
      await withPool(threads, {}, async (pool) => {
        const twice = range(20).map((x) => x + 2)
        expect([...pool.imap(inc, asked(pool, range(20)))]).to.deep.equal(twice)
        expect(pool.map(inc, asked(pool, range(20)))).to.deep.equal(twice)
        const mapped = function* (): Generator<number> {
          for (const x of range(5)) yield* pool.map(inc, [x, x])
        }
        const awaited: number[] = []
        for await (const x of pool.imapUnordered(inc, mapped())) awaited.push(x)
        expect(awaited).to.have.length(10)
      })
    })
  }

  it('onProgress may call the pool, also one that is awaited', async () => {
    await withPool(2, {}, async (pool) => {
      const seen: number[][] = []
      const onProgress = (): void => void seen.push(pool.map(inc, [1, 2, 3]))
      const options = { chunkSize: 1, onProgress }
      expect(pool.map(inc, range(40), options)).to.deep.equal(range(40).map(inc))
      expect(await pool.mapAsync(inc, range(40), options)).to.deep.equal(range(40).map(inc))
      expect([...pool.imap(inc, range(40), { onProgress })]).to.deep.equal(range(40).map(inc))
      expect(seen.length).to.be.greaterThan(2)
      for (const results of seen) expect(results).to.deep.equal([2, 3, 4])
    })
  })

  it('an input may end its pool', async () => {
    await withPool(1, {}, (pool) => {
      const input = function* (): Generator<number> {
        yield 1
        pool.terminate()
        yield 2
      }
      expect(() => [...pool.imap(inc, input())])
        .to.throw()
        .with.property('code', 'ERR_POOL_TERMINATED')
    })
  })

  it('a getter of an argument may not call the pool: that would never end', async () => {
    await withPool(1, {}, (pool) => {
      const argument = {
        get value(): number {
          return pool.apply(inc, [1])
        },
        // Only objects of a class are read by getters alone.
        map: new Map(),
      }
      expect(() => pool.map((x: { value: number }) => x.value, [argument])).to.throw('may not call the pool')
    })
  })
})

describe('Pool: lists are taken at the call', () => {
  it('onProgress of a blocking call may empty and fill its list', async () => {
    await withPool(2, {}, (pool) => {
      const list = range(100)
      const onProgress = (): void => void list.splice(0, 100, -1)
      expect(pool.map(inc, list, { chunkSize: 1, onProgress })).to.deep.equal(range(100).map(inc))
    })
  })

  it('a blocking call ends though another call empties its list meanwhile', async () => {
    await withPool(2, {}, async (pool) => {
      const list = range(1000)
      const other = pool.mapAsync(inc, range(10), { chunkSize: 1, onProgress: () => void (list.length = 0) })
      const results = pool.map(inc, list, { chunkSize: 1 })
      expect(results).to.have.length(1000)
      expect(await other).to.deep.equal(range(10).map(inc))
    })
  })

  it('the caller may empty and fill them at once', async () => {
    await withPool(2, {}, async (pool) => {
      const list = range(100)
      const done = pool.mapAsync(inc, list)
      list.length = 0
      expect(await done).to.deep.equal(range(100).map(inc))
      const pairs = range(100).map((x): [number] => [x])
      const spread = pool.starmapAsync(inc, pairs, { chunkSize: 1 })
      pairs.fill([-1])
      expect(await spread).to.deep.equal(range(100).map(inc))
      const args: [number] = [5]
      // All threads are busy, so that the call is sent later.
      const calls = range(50).map(() => pool.applyAsync(inc, args))
      args.length = 0 as never
      expect(await Promise.all(calls)).to.deep.equal(range(50).map(() => 6))
    })
  })
})
