import { createSecretKey } from 'node:crypto'
import { Readable } from 'node:stream'
import { MessageChannel } from 'node:worker_threads'
import { expect } from 'chai'
import { Pool } from 'mpirun-ts'
import { thrownBy, withPool } from '../support/with-pool.ts'

type Anything = (...args: unknown[]) => unknown

/** What programs in JavaScript see. */
function untyped(pool: Pool): Record<'apply' | 'applyAsync' | 'starmap' | 'starmapAsync', Anything> {
  return pool as unknown as ReturnType<typeof untyped>
}

const count: Anything = (...args) => args.length

describe('Pool: arguments that are none', () => {
  const notLists: readonly unknown[] = [5, 'text', true, {}, () => 1, Symbol('s'), { length: 2 }]

  it('apply takes a list of arguments or nothing', async () => {
    await withPool(1, {}, async (pool) => {
      const anyPool = untyped(pool)
      for (const args of notLists) {
        expect(() => anyPool.apply(count, args)).to.throw(TypeError, 'must be a list of arguments')
        expect(await thrownBy(() => anyPool.applyAsync(count, args))).to.be.instanceOf(TypeError)
      }
      expect(() => anyPool.apply(count, 5)).to.throw(
        'apply: the second argument is number, it must be a list of arguments: write [5]',
      )
      expect(pool.apply(count)).to.equal(0)
      expect(anyPool.apply(count, new Set([1, 2]))).to.equal(2)
    })
  })

  it('starmap names the task that is no list of arguments', async () => {
    await withPool(1, {}, async (pool) => {
      const anyPool = untyped(pool)
      for (const args of [...notLists, null, undefined]) {
        expect(() => anyPool.starmap(count, [[1], args])).to.throw(TypeError, 'starmap: task 1 is')
        expect(await thrownBy(() => anyPool.starmapAsync(count, [args]))).to.be.instanceOf(TypeError)
      }
      expect(anyPool.starmap(count, [[1, 2], new Set([1]), [].values()])).to.deep.equal([2, 1, 0])
    })
  })

  it('options of the pool', () => {
    const wrong: readonly Record<string, unknown>[] = [
      { resourceLimits: 0 },
      { resourceLimits: null },
      { resourceLimits: { maxOldGenerationSizeMb: '32' } },
      { resourceLimits: { maxOldGenerationSize: 32 } },
      { initArgs: 5 },
      { initArgs: 'ab' },
      { initializer: 5 },
    ]
    for (const options of wrong) expect(() => new Pool(1, options as never)).to.throw(TypeError, /^new Pool: /)
    expect(() => new Pool(1, { resourceLimits: { stackSizeMb: 0 } })).to.throw(RangeError, 'larger than 0')
  })

  it('a signal that is none', async () => {
    await withPool(1, {}, (pool) => {
      expect(() => pool.map((x: number) => x, [1], { signal: {} as AbortSignal })).to.throw(TypeError, 'AbortSignal')
    })
  })
})

describe('Pool: values that cannot travel', () => {
  const values: Readonly<Record<string, () => unknown>> = {
    Blob: () => new Blob(['text']),
    MessagePort: () => closedPort(),
    ReadableStream: () => new ReadableStream(),
    Readable: () => Readable.from(['a']),
    Iterator: () => [1].values(),
    Generator: () =>
      (function* () {
        yield 1
      })(),
    KeyObject: () => createSecretKey(Buffer.alloc(16)),
    WeakMap: () => new WeakMap(),
    Number: () => Object(5) as unknown,
    String: () => Object('s') as unknown,
    Promise: () => Promise.resolve(1),
    Pool: () => undefined,
  }

  for (const [what, make] of Object.entries(values)) {
    it(`a ${what} as an argument, within one, and beside a large view is a TypeError`, async () => {
      await withPool(1, {}, async (pool) => {
        const value = what === 'Pool' ? pool : make()
        for (const task of [value, { value }, [value, new Float64Array(5000)]]) {
          expect(await thrownBy(() => pool.map((x: unknown) => x, [task]))).to.be.instanceOf(TypeError)
        }
      })
    })
  }

  it('an iterator of the pool is one of them', async () => {
    await withPool(1, {}, (pool) => {
      const results = pool.imap((x: number) => x, [1])
      expect(() => pool.apply(count, [results])).to.throw(TypeError, 'PoolIterator')
      results.return()
    })
  })

  it('what a task returns: a generator, an iterator, a stream, a Blob', async () => {
    await withPool(1, {}, async (pool) => {
      const tasks: readonly ((x: number) => unknown)[] = [
        function* (x) {
          yield x
        },
        async function* (x) {
          yield x
        },
        (x) => [x].values(),
        () => new ReadableStream(),
        () => ({ blob: new Blob(['a']) }),
        (x) => Object(x) as unknown,
      ]
      for (const task of tasks) {
        const error = await thrownBy(() => pool.map(task, [1]))
        expect(error).to.be.instanceOf(TypeError).with.property('message').that.contains('the result of task 0')
      }
      expect(pool.map((x: number) => x, [1])).to.deep.equal([1])
    })
  })
})

function closedPort(): unknown {
  const { port1 } = new MessageChannel()
  port1.close()
  return port1
}
