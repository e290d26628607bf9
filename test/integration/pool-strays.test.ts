import { once } from 'node:events'
import { expect } from 'chai'
import { Pool } from 'mpirun-ts'
import { thrownBy, withPool } from '../support/with-pool.ts'

const same = (x: number): number => x

/** What is written to standard error meanwhile. */
async function errorOutputOf(run: () => Promise<void>): Promise<string> {
  const { stderr } = process
  const own = stderr.write.bind(stderr)
  let written = ''
  stderr.write = (text: string | Uint8Array): boolean => {
    written += Buffer.from(text).toString()
    return true
  }
  try {
    await run()
  } finally {
    stderr.write = own
  }
  return written
}

/** How often it is said that an error belongs to no call. */
function timesSaid(output: string): number {
  return output.match(/^mpirun-ts: an error that belongs to no call ended a thread of a pool: /gm)?.length ?? 0
}

describe('Pool: errors that belong to no call', () => {
  const strays: Readonly<Record<string, (x: number) => number>> = {
    'a promise that nobody awaits': (x) => {
      void Promise.reject(new RangeError('not caught'))
      return x
    },
    'a timer': (x) => {
      setTimeout(() => {
        throw new RangeError('not caught')
      }, 1)
      return x
    },
  }
  for (const [what, task] of Object.entries(strays)) {
    it(`${what}: said once on standard error, and to listeners`, async () => {
      await withPool(1, {}, async (pool) => {
        const heard: unknown[] = []
        const output = await errorOutputOf(async () => {
          pool.on('error', (one) => void heard.push(one))
          const told = once(pool, 'error')
          expect(await pool.applyAsync(task, [42])).to.equal(42)
          expect((await told)[0])
            .to.be.instanceOf(RangeError)
            .and.include({ message: 'not caught' })
        })
        expect(output.match(/RangeError: not caught/g)).to.have.length(1)
        expect(timesSaid(output)).to.equal(1)
        expect(heard).to.have.length(1)
        expect(pool.map(same, [1, 2])).to.deep.equal([1, 2])
        expect(pool.stats().threads[0]).to.include({ lost: 1 })
      })
    })
  }

  it('one is said also where the pool is closed at once, or the program blocks', async () => {
    const output = await errorOutputOf(async () => {
      const closed = new Pool(1)
      closed.apply(() => void Promise.reject(new RangeError('behind the last task')))
      closed.close()
      await closed.join()
      await withPool(1, {}, (pool) => {
        pool.apply(() => void setTimeout(() => void Promise.reject(new RangeError('of the first thread')), 1))
        while (pool.stats().threads[0]?.lost === 0)
          pool.apply(() => new Promise((resolve) => void setImmediate(resolve)))
      }).catch((error: unknown) => {
        // The task that ran meanwhile is the one that tells it.
        expect(error).to.include({ code: 'ERR_POOL_THREAD_DIED' })
        expect((error as Error).cause).to.be.instanceOf(RangeError)
      })
    })
    expect(output).to.contain('RangeError: behind the last task')
    expect(timesSaid(output)).to.equal(output.includes('of the first thread') ? 2 : 1)
  })

  it('one for which a task fails is said by that task alone, unless the task is tried again', async () => {
    const task = async (): Promise<void> => {
      setTimeout(() => {
        throw new RangeError('not caught')
      })
      await new Promise(() => undefined)
    }
    for (const retries of [0, 1]) {
      const output = await errorOutputOf(() =>
        withPool(1, { retries }, async (pool) => {
          const error = await thrownBy(() => pool.applyAsync(task))
          expect(error).to.include({ code: 'ERR_POOL_THREAD_DIED' })
          expect((error as Error).cause).to.be.instanceOf(RangeError)
        }),
      )
      expect(timesSaid(output)).to.equal(retries)
    }
  })

  it("one that the program's own handler in the thread has taken is none", async () => {
    const output = await errorOutputOf(async () => {
      const pool = new Pool(1, { initializer: () => void process.on('uncaughtException', () => undefined) })
      pool.apply(() => void Promise.reject(new RangeError('taken')))
      await pool.applyAsync(() => new Promise((resolve) => void setImmediate(resolve)))
      pool.close()
      await pool.join()
    })
    expect(output).to.equal('')
  })

  const fail = (wait: boolean): Promise<void> => {
    if (wait) return new Promise((_, reject) => void setImmediate(reject, new RangeError('no start')))
    throw new RangeError('no start')
  }
  for (const wait of [false, true]) {
    const kind = wait ? 'an asynchronous initializer' : 'an initializer'
    it(`${kind} that fails where there is no call: said once for all threads, before close() and behind it`, async () => {
      for (const isClosedFirst of [true, false]) {
        const output = await errorOutputOf(async () => {
          const pool = new Pool(2, { initializer: fail, initArgs: [wait] })
          const told = once(pool, 'error')
          if (isClosedFirst) pool.close()
          expect((await told)[0]).to.include({ code: 'ERR_POOL_INITIALIZER' })
          if (!isClosedFirst) expect(() => pool.map(same, [1])).to.throw('RangeError: no start')
          pool.close()
          await pool.join()
        })
        expect(timesSaid(output)).to.equal(1)
        expect(output).to.contain('RangeError: no start')
      }
    })
  }

  it('an initializer that fails is said by the calls that wait, and by them alone', async () => {
    const output = await errorOutputOf(() =>
      withPool(1, { initializer: fail, initArgs: [false] }, async (pool) => {
        expect(await thrownBy(() => pool.mapAsync(same, [1]))).to.include({ code: 'ERR_POOL_INITIALIZER' })
      }),
    )
    expect(output).to.equal('')
  })
})
