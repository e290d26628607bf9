import { expect } from 'chai'
import { Pool } from 'mpirun-ts'
import { thrownBy, withPool } from '../support/with-pool.ts'

/** An error as a program throws it, in a thread; what must be left of it at the caller. */
const ERRORS: Readonly<Record<string, [() => never, (error: Error & Record<string, unknown>) => void]>> = {
  'of a class of the program': [
    () => {
      class ConfigError extends Error {}
      throw new ConfigError('bad')
    },
    (error) => void expect(`${error}`).to.equal('ConfigError: bad'),
  ],
  'whose cause points back': [
    () => {
      const error = new Error('a')
      error.cause = new Error('b', { cause: error })
      throw error
    },
    (error) => void expect((error.cause as Error).cause).to.equal(error),
  ],
  'that a property of its own points back to': [
    () => {
      const error = new Error('a')
      throw Object.assign(error, { context: { error } })
    },
    (error) => void expect((error['context'] as { error: Error }).error).to.equal(error),
  ],
  'with a property that cannot travel': [
    () => {
      const more = { code: 'ERR_BAD_RESPONSE', config: { transform: () => 1 } }
      throw Object.assign(new Error('Request failed', { cause: new Error('why') }), more)
    },
    (error) => {
      expect(error).to.include({ code: 'ERR_BAD_RESPONSE' }).and.not.have.property('config')
      expect(error.cause).to.include({ message: 'why' })
      expect(error.stack).to.match(/left out, because it cannot travel: config/)
    },
  ],
  'with a message of 300,000 characters': [
    () => {
      throw new RangeError('x'.repeat(300_000))
    },
    (error) => void expect(error).to.be.instanceOf(RangeError).with.property('message').that.has.length(300_000),
  ],
  'of another vm context': [
    () => {
      const { runInNewContext } = process.getBuiltinModule('node:vm')
      return runInNewContext(
        'throw Object.assign(new TypeError("ctx", { cause: new RangeError("why") }), { code: 5 })',
      ) as never
    },
    (error) => {
      expect(error).to.be.instanceOf(TypeError).and.include({ message: 'ctx', code: 5 })
      expect(error.cause).to.be.instanceOf(RangeError)
    },
  ],
  'that is a list of errors': [
    () => {
      throw new AggregateError([new RangeError('one'), new TypeError('two')], 'both')
    },
    (error) => {
      expect(error).to.be.instanceOf(AggregateError)
      expect((error as unknown as AggregateError).errors.map(String)).to.deep.equal([
        'RangeError: one',
        'TypeError: two',
      ])
    },
  ],
  'with an index of its own': [
    () => {
      throw Object.assign(new Error('at'), { index: 17 })
    },
    (error) => void expect(error).to.include({ index: 17, taskIndex: 0 }),
  ],
  'that is frozen': [
    () => {
      const error = new Error('ice')
      Object.freeze(error)
      throw error
    },
    (error) => void expect(error.message).to.equal('ice'),
  ],
}

describe('Pool: what is left of an error', () => {
  for (const [what, [throwing, check]] of Object.entries(ERRORS)) {
    it(what, async () => {
      await withPool(1, {}, async (pool) => {
        check((await thrownBy(() => pool.apply(throwing))) as Error & Record<string, unknown>)
        check((await thrownBy(() => pool.applyAsync(throwing))) as Error & Record<string, unknown>)
      })
    })
  }

  it('what cannot be sent at all is an error that says so', async () => {
    await withPool(1, {}, async (pool) => {
      const task = (): never => {
        throw (() => 1) as unknown as Error
      }
      expect(await thrownBy(() => pool.apply(task))).to.include({
        message: 'a task threw what cannot be sent: a message cannot carry a function',
      })
    })
  })
})

describe('Pool: the stack of an error', () => {
  const failing = function failing(): never {
    throw new RangeError('no')
  }
  const lines =
    /^RangeError: no\n    at failing \(pool-task:failing:\d+:\d+\)\n(?:    at .*\n)*    at .*theCaller.*pool-error-content/

  it('has the lines of the thread and, under them, those of a caller that blocks', async () => {
    await withPool(1, {}, async (pool) => {
      const calls: readonly (() => unknown)[] = [
        function theCaller() {
          return pool.apply(failing)
        },
        function theCaller() {
          return pool.map(failing, [1, 2])
        },
        function theCaller() {
          return [...pool.imap(failing, [1, 2])]
        },
      ]
      for (const call of calls) {
        const error = await thrownBy(call)
        expect((error as Error).stack).to.match(lines)
        expect((error as { remoteStack: string }).remoteStack).not.to.contain('theCaller')
      }
    })
  })

  it('has those of a caller that awaits', async () => {
    await withPool(1, {}, async (pool) => {
      const calls: readonly (() => Promise<unknown>)[] = [
        async function theCaller() {
          return await pool.applyAsync(failing)
        },
        async function theCaller() {
          return await pool.mapAsync(failing, [1, 2])
        },
        async function theCaller() {
          for await (const _ of pool.imap(failing, [1, 2])) return
        },
      ]
      for (const call of calls) expect(((await thrownBy(call)) as Error).stack).to.match(lines)
    })
  })

  it('of a thread that was lost has the lines of the error that ended it', async () => {
    await withPool(1, {}, async (pool) => {
      const task = (): Promise<void> => {
        setTimeout(function stray() {
          throw new Error('stray')
        }, 1)
        return new Promise<void>(() => undefined)
      }
      const error = (await thrownBy(async function theCaller() {
        return await pool.applyAsync(task)
      })) as Error
      expect(error).to.include({ code: 'ERR_POOL_THREAD_DIED' })
      expect(error.stack).to.match(
        /^PoolError: task 0 was lost: .*\n    at .*stray.*\n(?:    at .*\n)*    at .*theCaller/,
      )
    })
  })

  it('of an initializer that failed has its lines, and the message names the error', async () => {
    const initializer = function starting(): never {
      throw new RangeError('x'.repeat(100_000))
    }
    const pool = new Pool(1, { initializer })
    const error = (await thrownBy(function theCaller() {
      return pool.apply(failing)
    })) as Error
    expect(error).to.include({ code: 'ERR_POOL_INITIALIZER' })
    expect(error.message).to.contain('RangeError: xxx')
    expect(error.stack).to.match(/starting[^]*theCaller/)
    expect(error.cause).to.be.instanceOf(RangeError).with.property('message').that.has.length(100_000)
    await pool.join().catch(() => undefined)
    pool.terminate()
    await pool.join()
  })
})
