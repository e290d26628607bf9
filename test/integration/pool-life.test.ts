import { expect } from 'chai'
import { Pool } from 'mpirun-ts'
import { thrownBy, withPool } from '../support/with-pool.ts'

const same = (x: number): number => x

describe('Pool: life', () => {
  it('close() lets what was begun end, refuses more, and join() waits for the threads', async () => {
    const pool = new Pool(2)
    const later = pool.mapAsync(
      async (x: number) => {
        await new Promise<void>((resolve) => void setTimeout(resolve, 20))
        return x
      },
      [1, 2, 3],
    )
    expect(await thrownBy(() => pool.join())).to.include({
      message: 'join: the pool is still running: call close() or terminate() before',
    })
    pool.close()
    expect(await thrownBy(() => pool.map(same, [1]))).to.include({ code: 'ERR_POOL_CLOSED' })
    await pool.join()
    expect(await later).to.deep.equal([1, 2, 3])
  })

  it('close() lets an imap be consumed after join()', async () => {
    const pool = new Pool(2)
    const results = pool.imap(same, [1, 2, 3])
    pool.close()
    await pool.join()
    expect([...results]).to.deep.equal([1, 2, 3])
  })

  it('join() waits for all tasks of an imap that nobody consumes', async () => {
    const pool = new Pool(1)
    const items = Array.from({ length: 5000 }, (_, i) => i)
    const results = pool.imapUnordered(same, items)
    pool.close()
    await pool.join()
    expect([...results].sort((a, b) => a - b)).to.deep.equal(items)
  })

  it('terminate() ends a task that loops for ever', async () => {
    const pool = new Pool(1)
    const later = pool.applyAsync(() => {
      for (;;);
    })
    setTimeout(() => pool.terminate(), 50)
    expect(await thrownBy(() => later)).to.include({ code: 'ERR_POOL_TERMINATED' })
    await pool.join()
  })

  it('terminate() ends an imap that is consumed', async () => {
    const pool = new Pool(1)
    const results = pool.imap(
      (x: number) => {
        while (x === 1);
        return x
      },
      [0, 1],
    )
    const iterator = results[Symbol.asyncIterator]()
    expect(await iterator.next()).to.deep.equal({ done: false, value: 0 })
    setTimeout(() => pool.terminate(), 20)
    expect(await thrownBy(() => iterator.next())).to.include({ code: 'ERR_POOL_TERMINATED' })
    await pool.join()
  })

  it('dispose terminates', async () => {
    const pool = new Pool(1)
    pool[Symbol.dispose]()
    expect(await thrownBy(() => pool.map(same, [1]))).to.include({ code: 'ERR_POOL_CLOSED' })
    await pool[Symbol.asyncDispose]()
  })

  it('the initializer runs once in each thread before its tasks, also an asynchronous one', async () => {
    const initializer = async (base: number): Promise<void> => {
      const holder = globalThis as { base?: number }
      await Promise.resolve()
      holder.base = (holder.base ?? 0) + base
    }
    await withPool(2, { initializer, initArgs: [100] }, (pool) => {
      const task = (x: number): number => ((globalThis as { base?: number }).base ?? 0) + x
      expect(pool.map(task, [1, 2, 3, 4])).to.deep.equal([101, 102, 103, 104])
    })
  })

  it('maxTasksPerChild replaces threads, and the initializer runs again', async () => {
    const counter = new Int32Array(new SharedArrayBuffer(4))
    const initializer = (count: Int32Array): void => void Atomics.add(count, 0, 1)
    // Shared memory does not travel with initArgs, which are kept for later threads; so the task counts.
    await withPool(1, { maxTasksPerChild: 2 }, (pool) => {
      const isFirst = (): boolean => {
        const holder = globalThis as { hasRun?: boolean }
        const wasFirst = holder.hasRun !== true
        holder.hasRun = true
        return wasFirst
      }
      const firsts = pool.map(isFirst, [1, 2, 3, 4, 5], { chunkSize: 1 })
      expect(firsts).to.deep.equal([true, false, true, false, true])
      initializer(counter)
    })
  })

  it('what a task prints is there before its result, though the program blocks', async () => {
    await withPool(1, {}, (pool) => {
      const written: string[] = []
      const write = process.stdout.write.bind(process.stdout)
      process.stdout.write = (text: string | Uint8Array): boolean => written.push(Buffer.from(text).toString()) > 0
      try {
        pool.map((x: number) => console.log(`task ${x}`), [1, 2])
      } finally {
        process.stdout.write = write
      }
      expect(written.join('')).to.equal('task 1\ntask 2\n')
    })
  })

  it('64 threads, 3 pools at once, 100 pools one after the other leave nothing behind', async () => {
    await withPool(64, {}, (pool) => {
      const items = Array.from({ length: 1000 }, (_, i) => i)
      expect(pool.map(same, items, { chunkSize: 1 })).to.deep.equal(items)
    })
    const pools = [new Pool(2), new Pool(2), new Pool(2)]
    const results = await Promise.all(pools.map((pool, i) => pool.mapAsync((x: number) => x * 2, [i])))
    expect(results).to.deep.equal([[0], [2], [4]])
    for (const pool of pools) pool.terminate()
    await Promise.all(pools.map((pool) => pool.join()))
    for (let i = 0; i < 100; i += 1) {
      await withPool(1, {}, (pool) => expect(pool.map(same, [i])).to.deep.equal([i]))
    }
  }).timeout(120_000)
})
