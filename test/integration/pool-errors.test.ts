import { expect } from 'chai'
import { Pool } from 'mpirun-ts'
import { thrownBy, withPool } from '../support/with-pool.ts'

const same = (x: number): number => x

/** Something bad that task 1 of three does, and what the caller gets; asked blocking and awaiting. */
const FAILURES: readonly [string, (x: number) => unknown, Record<string, unknown>][] = [
  [
    'throws',
    (x) => {
      if (x === 1) throw new RangeError('bad one', { cause: new Error('deep') })
      return x
    },
    { name: 'RangeError', message: 'bad one', taskIndex: 1 },
  ],
  [
    'rejects',
    async (x) => {
      await Promise.resolve()
      if (x === 1) throw new TypeError('later')
      return x
    },
    { name: 'TypeError', message: 'later', taskIndex: 1 },
  ],
  ['returns a function', (x) => (x === 1 ? () => x : x), { name: 'TypeError', taskIndex: 1 }],
  ['returns a symbol', (x) => (x === 1 ? Symbol('s') : x), { name: 'TypeError', taskIndex: 1 }],
  [
    'exits',
    (x) => (x === 1 ? process.exit(7) : x),
    {
      name: 'PoolError',
      code: 'ERR_POOL_THREAD_DIED',
      message: 'task 1 was lost: its thread ended by process.exit(7)',
    },
  ],
  [
    'runs out of memory',
    (x) => {
      const hoard: number[][] = []
      while (x === 1) hoard.push(new Array<number>(1000).fill(0.5))
      return x
    },
    { name: 'PoolError', code: 'ERR_POOL_THREAD_DIED', taskIndex: 1 },
  ],
  [
    'leaves an error to the event loop',
    (x) => {
      if (x !== 1) return x
      setTimeout(() => {
        throw new Error('stray')
      }, 1)
      return new Promise((resolve) => void setTimeout(resolve, 500))
    },
    { name: 'PoolError', code: 'ERR_POOL_THREAD_DIED', taskIndex: 1 },
  ],
]

describe('Pool: errors', () => {
  for (const [what, task, expected] of FAILURES) {
    it(`a task that ${what} is a named error, and the pool is usable afterwards`, async () => {
      await withPool(2, { resourceLimits: { maxOldGenerationSizeMb: 32 } }, async (pool) => {
        expect(await thrownBy(() => pool.map(task, [0, 1, 2], { chunkSize: 1 }))).to.include(expected)
        expect(pool.map(same, [1, 2, 3])).to.deep.equal([1, 2, 3])
        expect(await thrownBy(() => pool.mapAsync(task, [0, 1, 2], { chunkSize: 3 }))).to.include(expected)
        expect(await pool.mapAsync(same, [1, 2, 3])).to.deep.equal([1, 2, 3])
      })
    })
  }

  it('an error brings its class, cause, own properties, remote stack and index', async () => {
    await withPool(1, {}, async (pool) => {
      const error = await thrownBy(() =>
        pool.map(
          function failing(x: number): number {
            if (x === 2) throw Object.assign(new SyntaxError('no', { cause: new Error('deep') }), { detail: x })
            return x
          },
          [0, 1, 2],
        ),
      )
      expect(error).to.be.instanceOf(SyntaxError)
      expect(error).to.include({ detail: 2, taskIndex: 2, index: 2 })
      expect((error as Error).cause)
        .to.be.instanceOf(Error)
        .and.include({ message: 'deep' })
      const { remoteStack } = error as { remoteStack: string }
      expect(remoteStack).to.match(/^SyntaxError: no\n    at failing \(pool-task:failing:\d+:\d+\)$/)
    })
  })

  it('all other chunks are done before the error is thrown, as in Python', async () => {
    await withPool(2, {}, async (pool) => {
      const counter = new Int32Array(new SharedArrayBuffer(4))
      const task = (i: number, count: Int32Array): void => {
        Atomics.add(count, 0, 1)
        if (i === 0) throw new Error('first')
      }
      const tasks = Array.from({ length: 20 }, (_, i) => [i, counter] as const)
      await thrownBy(() => pool.starmap(task, tasks, { chunkSize: 1 }))
      expect(counter[0]).to.equal(20)
    })
  })

  it('what is no error is thrown as it was', async () => {
    await withPool(1, {}, async (pool) => {
      const thrown = await thrownBy(() =>
        // As if it were an error: a task may throw anything.
        pool.apply(() => Promise.reject({ reason: 'plain' } as unknown as Error)),
      )
      expect(thrown).to.deep.equal({ reason: 'plain' })
    })
  })

  it('an argument that cannot travel is named, and the others are done', async () => {
    await withPool(1, {}, async (pool) => {
      const error = await thrownBy(() => pool.map((x: unknown) => x, [1, () => 2, 3], { chunkSize: 1 }))
      expect(error).to.be.instanceOf(TypeError).and.include({ taskIndex: 1 })
      expect((error as Error).message).to.include('task 1 cannot be sent')
    })
  })

  it('a lost task is tried again as often as `retries` says', async () => {
    await withPool(1, { retries: 2 }, async (pool) => {
      const attempts = new Int32Array(new SharedArrayBuffer(4))
      const dieTwice = (count: Int32Array): number => (Atomics.add(count, 0, 1) < 2 ? process.exit(1) : 42)
      expect(pool.apply(dieTwice, [attempts])).to.equal(42)
      const always = (): never => process.exit(1)
      expect(await thrownBy(() => pool.apply(always))).to.include({
        code: 'ERR_POOL_THREAD_DIED',
        message: 'task 0 was lost (tried 3 times): its thread ended by process.exit(1)',
      })
      expect(pool.stats().retried).to.equal(4)
    })
  })

  it('tasks that were given in advance to a thread that dies are done by its successor', async () => {
    await withPool(1, {}, async (pool) => {
      const counter = new Int32Array(new SharedArrayBuffer(4))
      const task = (i: number, count: Int32Array): void => {
        Atomics.add(count, 0, 1)
        if (i === 3) process.exit(1)
      }
      const tasks = Array.from({ length: 10 }, (_, i) => [i, counter] as const)
      const error = await thrownBy(() => pool.starmap(task, tasks, { chunkSize: 1 }))
      expect(error).to.include({ code: 'ERR_POOL_THREAD_DIED', taskIndex: 3 })
      expect(counter[0]).to.equal(10)
      expect(pool.stats().threads[0]).to.include({ started: 2, lost: 1 })
    })
  })

  it('an initializer that throws, exits or is missing fails every task', async () => {
    const bad = (): never => {
      throw new RangeError('bad start')
    }
    const exits = (): never => process.exit(3)
    for (const initializer of [bad, exits, './no-such-file.js#start']) {
      await withPool(2, { initializer }, async (pool) => {
        expect(await thrownBy(() => pool.map(same, [1]))).to.include({ code: 'ERR_POOL_INITIALIZER' })
        expect(await thrownBy(() => pool.mapAsync(same, [1]))).to.include({ code: 'ERR_POOL_INITIALIZER' })
      })
      await withPool(2, { initializer }, async (pool) => {
        expect(await thrownBy(() => pool.mapAsync(same, [1]))).to.include({ code: 'ERR_POOL_INITIALIZER' })
      })
    }
  })

  it('a pool whose threads end before they do anything gives up', async () => {
    const initializer = (): void => {
      setTimeout(() => {
        throw new Error('not for long')
      }, 1)
    }
    await withPool(1, { initializer }, async (pool) => {
      while ((pool.stats().threads[0]?.lost ?? 0) < 4) {
        await new Promise<void>((resolve) => void setTimeout(resolve, 20))
      }
      expect(pool.stats().threads[0]).to.include({ started: 4, lost: 4 })
      expect(await thrownBy(() => pool.map(same, [1]))).to.include({ code: 'ERR_POOL_INITIALIZER' })
    })
  })

  it('bad arguments are refused before anything is started', async () => {
    for (const processes of [0, -1, 1.5, Number.NaN]) expect(() => new Pool(processes)).to.throw(RangeError)
    expect(() => new Pool('2' as unknown as number)).to.throw(TypeError)
    await withPool(1, {}, async (pool) => {
      expect(() => pool.map(same, [1], { chunkSize: 0 })).to.throw(RangeError)
      expect(() => pool.map(same, 5 as unknown as number[])).to.throw(TypeError, 'iterable')
      expect(() => pool.map(undefined as unknown as typeof same, [1])).to.throw(TypeError, 'function')
      expect(await thrownBy(() => pool.mapAsync(same, [1], { chunkSize: 0.5 }))).to.be.instanceOf(RangeError)
    })
  })

  it('options that are misspelt, or none, are refused', async () => {
    const wrong = [{ chunksize: 1 }, { timeout: 1 }, 10, null] as never[]
    const reasons = ["did you mean 'chunkSize'", "no option 'timeout'", 'the options are 10', 'the options are null']
    for (const options of [{ maxtasksperchild: 1 }, { retry: 1 }, { chunkSize: 1 }, 2, null] as never[]) {
      expect(() => new Pool(1, options)).to.throw(TypeError, /^new Pool: /)
    }
    await withPool(1, {}, async (pool) => {
      for (const [i, options] of wrong.entries()) {
        const refused = reasons[i]
        expect(() => pool.map(same, [1], options)).to.throw(TypeError, refused)
        expect(() => pool.apply(same, [1], options)).to.throw(TypeError, refused)
        expect(() => pool.imap(same, [1], options)).to.throw(TypeError, refused)
        const error = await thrownBy(() => pool.mapAsync(same, [1], options))
        expect(error).to.be.instanceOf(TypeError).with.property('message').that.contains(refused)
      }
      expect(pool.map(same, [1], { chunkSize: 1, mine: 2 } as never)).to.deep.equal([1])
    })
  })
})
