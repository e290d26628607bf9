import { expect } from 'chai'
import { Pool } from 'mpirun-ts'
import type { TaskContext } from '../../src/pool/thread/task-context.ts'
import { thrownBy, withPool } from '../support/with-pool.ts'

const same = (x: number): number => x
/** Says that it has begun, and never ends. */
const endless = (begun: Int32Array): never => {
  Atomics.store(begun, 0, 1)
  for (;;);
}
const word = (): Int32Array => new Int32Array(new SharedArrayBuffer(4))

/** Aborts when a task has said that it has begun. */
async function abortWhenBegun(begun: Int32Array, controller: AbortController): Promise<void> {
  while (Atomics.load(begun, 0) === 0) await new Promise<void>((resolve) => void setTimeout(resolve, 5))
  controller.abort()
}

describe('Pool: cancellation', () => {
  it('a loop that never awaits sees ctx.signal.aborted, and its thread lives on', async () => {
    await withPool(1, {}, async (pool) => {
      // The thread is up before anything is aborted.
      pool.map(same, [1])
      const controller = new AbortController()
      const loop = (_x: number, { signal }: TaskContext): void => {
        while (!signal.aborted);
      }
      const later = pool.mapAsync(loop, [1], { signal: controller.signal })
      setTimeout(() => controller.abort(new Error('enough')), 50)
      expect(await thrownBy(() => later)).to.include({ message: 'enough' })
      expect(await pool.mapAsync(same, [1])).to.deep.equal([1])
      expect(pool.stats().threads[0]).to.include({ started: 1, lost: 0 })
    })
  })

  const endings: readonly [how: string, end: (pool: Pool) => unknown][] = [
    [
      'a loop that is left early',
      (pool) => {
        for (const result of pool.imap(same, [1, 2, 3, 4, 5, 6])) if (pool.close() === undefined && result > 1) break
      },
    ],
    [
      'a signal',
      async (pool) => {
        const controller = new AbortController()
        const results = pool.imapUnordered(same, [1, 2, 3, 4, 5, 6], { signal: controller.signal })
        pool.close()
        controller.abort(new Error('enough'))
        expect(await thrownBy(() => [...results])).to.include({ message: 'enough' })
      },
    ],
  ]
  for (const [how, end] of endings) {
    it(`a closed pool ends also when ${how} ends its last iteration`, async () => {
      const pool = new Pool(1)
      await end(pool)
      await pool.join()
    })
  }

  it('a task that awaits gets the event of its signal', async () => {
    await withPool(1, {}, async (pool) => {
      // The thread is up before anything is aborted.
      pool.map(same, [1])
      const controller = new AbortController()
      const seen = word()
      const wait = (state: Int32Array, { signal }: TaskContext): Promise<void> =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            Atomics.store(state, 0, 2)
            reject(new Error('stopped'))
          })
          Atomics.store(state, 0, 1)
        })
      const later = pool.applyAsync(wait, [seen], { signal: controller.signal })
      void abortWhenBegun(seen, controller)
      expect(await thrownBy(() => later)).to.include({ name: 'AbortError' })
      await pool.mapAsync(same, [1])
      expect(seen[0]).to.equal(2)
      expect(pool.stats().threads[0]).to.include({ started: 1, lost: 0 })
    })
  })

  it('a task that does not stop loses its thread after the grace period, others keep theirs', async () => {
    await withPool(2, { graceMs: 50 }, async (pool) => {
      pool.map(same, [1, 2])
      const controller = new AbortController()
      const slow = pool.applyAsync(
        (ms: number) => new Promise<string>((resolve) => void setTimeout(() => resolve('kept'), ms)),
        [400],
      )
      const begun = word()
      const later = pool.mapAsync(endless, [begun], { signal: controller.signal })
      void abortWhenBegun(begun, controller)
      expect(await thrownBy(() => later)).to.include({ name: 'AbortError' })
      expect(await slow).to.equal('kept')
      expect(
        pool
          .stats()
          .threads.map(({ lost }) => lost)
          .sort((a, b) => a - b),
      ).to.deep.equal([0, 1])
      expect(pool.map(same, [1, 2])).to.deep.equal([1, 2])
    })
  })

  it('a task that does not stop loses its thread also when the pool has nothing else to do', async () => {
    await withPool(1, { graceMs: 20 }, async (pool) => {
      pool.map(same, [1])
      const controller = new AbortController()
      const begun = word()
      const later = pool.applyAsync(endless, [begun], { signal: controller.signal })
      void abortWhenBegun(begun, controller)
      await thrownBy(() => later)
      for (let i = 0; i < 100 && pool.stats().threads[0]?.lost !== 1; i += 1) {
        await new Promise<void>((resolve) => void setTimeout(resolve, 20))
      }
      expect(pool.stats().threads[0]).to.include({ started: 2, lost: 1 })
    })
  })

  it('tasks that have not begun never do', async () => {
    await withPool(1, {}, async (pool) => {
      // The thread is up before anything is aborted.
      pool.map(same, [1])
      const controller = new AbortController()
      const counter = word()
      const task = async (count: Int32Array, { signal }: TaskContext): Promise<void> => {
        Atomics.add(count, 0, 1)
        await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
      }
      const later = pool.mapAsync(
        task,
        Array.from({ length: 10 }, () => counter),
        {
          chunkSize: 1,
          signal: controller.signal,
        },
      )
      void abortWhenBegun(counter, controller)
      await thrownBy(() => later)
      await pool.mapAsync(same, [1])
      expect(counter[0]).to.equal(1)
    })
  })

  it('AbortSignal.timeout() is refused by calls that block, which its timer waits for', async () => {
    await withPool(1, {}, (pool) => {
      for (const signal of [AbortSignal.timeout(50), AbortSignal.any([AbortSignal.timeout(50)])]) {
        expect(() => pool.map(same, [1], { signal })).to.throw(TypeError, 'AbortSignal.timeout()')
        expect(() => pool.apply(same, [1], { signal })).to.throw(TypeError, 'AbortSignal.timeout()')
        expect(() => [...pool.imap(same, [1], { signal })]).to.throw(TypeError, 'AbortSignal.timeout()')
      }
    })
  })

  it('a signal that is aborted already refuses the call', async () => {
    await withPool(1, {}, async (pool) => {
      expect(() => pool.map(same, [1], { signal: AbortSignal.abort() })).to.throw('aborted')
    })
  })
})
