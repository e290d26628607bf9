import { expect } from 'chai'
import { MPI, Pool } from 'mpirun-ts'
import { thrownBy, withPool } from '../support/with-pool.ts'

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i)

describe('Pool: map and its kin', () => {
  it('map gives results in order of the items, for any chunk size', async () => {
    await withPool(2, {}, (pool) => {
      for (const chunkSize of [undefined, 1, 2, 7, 1000]) {
        const results = pool.map((x: number) => x * x, range(100), chunkSize === undefined ? {} : { chunkSize })
        expect(results).to.deep.equal(range(100).map((x) => x * x))
      }
    })
  })

  it('map takes any iterable, and none at all gives an empty list', async () => {
    await withPool(2, {}, (pool) => {
      expect(pool.map((x: number) => -x, new Set([1, 2]))).to.deep.equal([-1, -2])
      expect(pool.map((x: string) => `${x}!`, 'ab')).to.deep.equal(['a!', 'b!'])
      expect(pool.map((x: number) => x, [])).to.deep.equal([])
    })
  })

  it('mapAsync and map work at the same time', async () => {
    await withPool(2, {}, async (pool) => {
      const later = pool.mapAsync((x: number) => x + 1, range(5000), { chunkSize: 1 })
      expect(pool.map((x: number) => x - 1, [1, 2])).to.deep.equal([0, 1])
      expect(await later).to.deep.equal(range(5000).map((x) => x + 1))
    })
  })

  it('starmap and apply spread their arguments', async () => {
    await withPool(2, {}, async (pool) => {
      const add = (a: number, b: number): number => a + b
      expect(
        pool.starmap(add, [
          [1, 2],
          [3, 4],
        ]),
      ).to.deep.equal([3, 7])
      expect(await pool.starmapAsync(add, [[5, 6]])).to.deep.equal([11])
      expect(pool.apply(add, [20, 22])).to.equal(42)
      expect(await pool.applyAsync(add, [1, 1])).to.equal(2)
      expect(pool.apply(() => 'nothing given')).to.equal('nothing given')
    })
  })

  it('awaits asynchronous functions, one task at a time in a thread', async () => {
    await withPool(1, {}, (pool) => {
      const results = pool.map(
        async (x: number) => {
          const holder = globalThis as { running?: number }
          holder.running = (holder.running ?? 0) + 1
          await new Promise<void>((resolve) => void setTimeout(resolve, 2))
          const seen = holder.running
          holder.running -= 1
          return [x, seen]
        },
        [1, 2, 3],
      )
      expect(results).to.deep.equal([
        [1, 1],
        [2, 1],
        [3, 1],
      ])
    })
  })

  const VALUES = [
    ['numbers', [0, -0, 1.5, Number.NaN, Number.POSITIVE_INFINITY]],
    ['nothing', [undefined, null, '']],
    ['bigint', [2n ** 100n]],
    ['structures', [{ a: [1, { b: 'c' }] }, new Map([[1, new Set([2])]]), new Date(7)]],
    ['small views', [new Uint8Array([1, 2]), new Float32Array([0.5]), new BigInt64Array([-1n])]],
    ['large views', [new Float64Array(100_000).fill(0.25), new Int16Array(50_000).fill(-3)]],
    ['a large view among others', [1, new Uint32Array(20_000).fill(9), 'x']],
    ['long text', ['x'.repeat(200_000)]],
    ['many numbers', range(50_000)],
  ] as const
  for (const [name, values] of VALUES) {
    it(`${name} come back as they went, one by one and together`, async () => {
      await withPool(1, {}, (pool) => {
        for (const chunkSize of [1, values.length]) {
          expect(pool.map((x: unknown) => x, values as readonly unknown[], { chunkSize })).to.deep.equal(values)
        }
      })
    })
  }

  it('a view is copied unless it shows shared memory, which is shared, or is moved', async () => {
    await withPool(1, {}, (pool) => {
      const change = (view: Float64Array): number => (view[0] = 5)
      const own = new Float64Array(10_000)
      pool.apply(change, [own])
      expect(own[0]).to.equal(0)
      const shared = new Float64Array(new SharedArrayBuffer(80_000))
      pool.apply(change, [shared])
      expect(shared[0]).to.equal(5)
      const moved = new Float64Array(10_000)
      pool.apply(change, [Pool.move(moved)])
      expect(moved.length).to.equal(0)
    })
  })

  it('memory of MPI.alloc is shared both ways', async () => {
    await withPool(2, {}, (pool) => {
      const view = MPI.alloc(Float64Array, 10_000)
      const [back] = pool.starmap(
        (shared: Float64Array, i: number) => {
          shared[i] = i
          return shared
        },
        [
          [view, 5],
          [view, 6],
        ],
      )
      expect([view[5], view[6]]).to.deep.equal([5, 6])
      view[7] = 7
      expect(back?.[7]).to.equal(7)
    })
  })

  it('imap takes from an input without end only what is asked for', async () => {
    await withPool(2, {}, (pool) => {
      let pulled = 0
      let isClosed = false
      function* numbers(): Generator<number> {
        try {
          for (;;) yield pulled++
        } finally {
          isClosed = true
        }
      }
      const seen: number[] = []
      for (const x of pool.imap((n: number) => n * 2, numbers())) {
        seen.push(x)
        if (seen.length === 100) break
      }
      expect(seen).to.deep.equal(range(100).map((n) => n * 2))
      expect(pulled).to.be.below(100 + 2 * 2048 + 2)
      expect(isClosed).to.equal(true)
      expect(pool.map((x: number) => x, [1])).to.deep.equal([1])
    })
  })

  it('imap and imapUnordered can be awaited', async () => {
    await withPool(2, {}, async (pool) => {
      const ordered: number[] = []
      for await (const x of pool.imap((n: number) => n + 1, range(1000))) ordered.push(x)
      expect(ordered).to.deep.equal(range(1000).map((n) => n + 1))
      const any: number[] = []
      for await (const x of pool.imapUnordered((n: number) => n + 1, range(1000), { chunkSize: 3 })) any.push(x)
      expect(any.sort((a, b) => a - b)).to.deep.equal(ordered)
    })
  })

  it('imap throws the error of a task in its place and goes on', async () => {
    await withPool(2, {}, async (pool) => {
      const results = pool.imap((n: number) => {
        if (n === 1) throw new RangeError('one')
        return n
      }, range(3))
      expect(results.next().value).to.equal(0)
      expect(await thrownBy(() => results.next())).to.include({ message: 'one', taskIndex: 1 })
      expect(results.next().value).to.equal(2)
      expect(results.next().done).to.equal(true)
    })
  })

  it('a slow task does not hold up tasks that were given to its thread in advance', async () => {
    await withPool(2, {}, (pool) => {
      const done = new Int32Array(new SharedArrayBuffer(4))
      // One task lasts until all others are done, or for 30 s.
      const work = ([task, done]: [number, Int32Array]): string => {
        if (task !== 200) Atomics.add(done, 0, 1)
        for (const until = Date.now() + 30_000; task === 200 && Atomics.load(done, 0) < 300; )
          if (Date.now() > until) return `only ${Atomics.load(done, 0)} others were done`
        return ''
      }
      // Many short tasks teach the dispatcher to give much in advance; then comes the long one.
      const tasks = range(301).map((task): [number, Int32Array] => [task, done])
      expect(pool.map(work, tasks, { chunkSize: 1 }).join('')).to.equal('')
      const { threads } = pool.stats()
      expect(Math.max(...threads.map(({ tasks }) => tasks))).to.be.below(301)
    })
  })

  it('reports progress up to the end', async () => {
    await withPool(2, {}, (pool) => {
      const reports: { done: number; total: number | undefined }[] = []
      const began = performance.now()
      pool.map((x: number) => x, range(50), { chunkSize: 1, onProgress: (progress) => void reports.push(progress) })
      expect(reports.at(-1)).to.deep.equal({ done: 50, total: 50, nodes: 1 })
      // The first, the last, and ten a second between them.
      expect(reports.length).to.be.at.most(2 + (performance.now() - began) / 100)
    })
  })

  it('stats() counts tasks, chunks and times for each thread', async () => {
    await withPool(2, {}, (pool) => {
      pool.map((x: number) => x, range(100), { chunkSize: 10 })
      const stats = pool.stats()
      expect(stats).to.include({ tasks: 100, chunks: 10, failed: 0, retried: 0 })
      expect(stats.threads.map(({ tasks }) => tasks).reduce((a, b) => a + b)).to.equal(100)
      expect(stats.runTimeMs.max).to.be.at.least(stats.runTimeMs.p50)
      expect(stats.waitTimeMs.max).to.be.above(0)
    })
  })
})
