import { expect } from 'chai'
import { Pool } from 'mpirun-ts'
import { thrownBy, withPool } from '../support/with-pool.ts'

/** What a task gets that is to count in shared memory. */
type Counter = { readonly count: Int32Array }
const N = 40

/** Where in an argument the memory stands, and how a task finds it there. */
const PLACES: Readonly<Record<string, [(view: Int32Array) => unknown, (x: never) => void]>> = {
  'the item itself': [(view) => view, (view: Int32Array) => void Atomics.add(view, 0, 1)],
  'in an object': [(count) => ({ count }), ({ count }: Counter) => void Atomics.add(count, 0, 1)],
  'deep in an object': [
    (count) => ({ a: [{ b: new Map([['c', { count }]]) }] }),
    (x: { a: [{ b: Map<string, Counter> }] }) => void Atomics.add(x.a[0].b.get('c')?.count as Int32Array, 0, 1),
  ],
  'beside a Date': [(view) => [view, new Date()], ([view]: [Int32Array]) => void Atomics.add(view, 0, 1)],
  'beside a large view': [
    (count) => ({ count, more: new Float64Array(10_000) }),
    ({ count }: Counter) => void Atomics.add(count, 0, 1),
  ],
  'as a SharedArrayBuffer': [
    (view) => view.buffer,
    (memory: SharedArrayBuffer) => void Atomics.add(new Int32Array(memory), 0, 1),
  ],
  'as a SharedArrayBuffer in a Set': [
    (view) => new Set([view.buffer]),
    (set: Set<SharedArrayBuffer>) => {
      for (const memory of set) Atomics.add(new Int32Array(memory), 0, 1)
    },
  ],
  'as a DataView in an object': [
    ({ buffer }) => ({ view: new DataView(buffer) }),
    ({ view }: { view: DataView }) => void Atomics.add(new Int32Array(view.buffer), 0, 1),
  ],
  'as a Buffer': [
    ({ buffer }) => Buffer.from(buffer),
    ({ buffer }: Uint8Array) => void Atomics.add(new Int32Array(buffer), 0, 1),
  ],
}

describe('Pool: shared memory', () => {
  for (const [where, [wrap, add]] of Object.entries(PLACES)) {
    it(`is shared ${where}`, async () => {
      await withPool(2, {}, async (pool) => {
        for (const chunkSize of [1, 7]) {
          const view = new Int32Array(new SharedArrayBuffer(16))
          const items = Array.from({ length: N }, () => wrap(view))
          pool.map(add as (x: unknown) => void, items, { chunkSize })
          await pool.mapAsync(add as (x: unknown) => void, items, { chunkSize })
          await pool.starmapAsync(
            add as (x: unknown) => void,
            items.map((item) => [item]),
            { chunkSize },
          )
          expect(view[0]).to.equal(3 * N)
        }
      })
    })
  }

  it('is shared in initArgs, also with threads that come later', async () => {
    const count = new Int32Array(new SharedArrayBuffer(4))
    const initializer = (given: Counter): void => {
      Atomics.add(given.count, 0, 1000)
      Object.assign(globalThis, given)
    }
    const options = { initializer, initArgs: [{ count }], maxTasksPerChild: 5 }
    await withPool(1, options, (pool) => {
      pool.map(() => Atomics.add((globalThis as unknown as Counter).count, 0, 1), Array(20).fill(0), { chunkSize: 1 })
      expect((count[0] ?? 0) % 1000).to.equal(20)
      expect(count[0]).to.be.at.least(4000)
    })
  })

  it('is shared in results', async () => {
    await withPool(1, {}, (pool) => {
      const make = (): { view: Int32Array; when: Date } => {
        const holder = globalThis as { made?: Int32Array }
        holder.made ??= new Int32Array(new SharedArrayBuffer(4))
        return { view: holder.made, when: new Date() }
      }
      const { view } = pool.apply(make)
      Atomics.store(view, 0, 7)
      expect(pool.apply(() => (globalThis as { made?: Int32Array }).made?.[0])).to.equal(7)
      const back = pool.apply((memory: SharedArrayBuffer) => ({ memory }), [view.buffer as SharedArrayBuffer])
      expect(new Int32Array(back.memory)[0]).to.equal(7)
    })
  })

  it('one memory in two places is one memory there', async () => {
    await withPool(1, {}, (pool) => {
      const memory = new SharedArrayBuffer(8)
      const task = { memory, first: new Int32Array(memory), second: new Uint8Array(memory, 4, 2) }
      const answer = pool.apply(
        ({ memory, first, second }: typeof task) => [
          first.buffer === memory && second.buffer === memory,
          second.byteOffset,
          second.length,
        ],
        [task],
      )
      expect(answer).to.deep.equal([true, 4, 2])
    })
  })

  it('a module of WebAssembly travels', async () => {
    await withPool(1, {}, (pool) => {
      const module = new WebAssembly.Module(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0))
      expect(
        pool.apply((x: { module: WebAssembly.Module }) => x.module instanceof WebAssembly.Module, [{ module }]),
      ).to.equal(true)
    })
  })

  it('what cannot travel in initArgs is a TypeError before anything is started', () => {
    expect(() => new Pool(1, { initializer: (x: unknown) => x, initArgs: [() => 1] })).to.throw(TypeError, 'initArgs')
  })

  it('tasks that are cancelled leave nothing of it behind', async () => {
    await withPool(1, {}, async (pool) => {
      const count = new Int32Array(new SharedArrayBuffer(4))
      const stop = new AbortController()
      const slow = ({ count: c }: Counter, { signal }: { signal: AbortSignal }): void => {
        Atomics.add(c, 0, 1)
        while (!signal.aborted);
      }
      const later = pool.mapAsync(slow, Array(20).fill({ count }), { chunkSize: 1, signal: stop.signal })
      while (Atomics.load(count, 0) === 0) await new Promise<void>((resolve) => void setImmediate(resolve))
      stop.abort(new Error('enough'))
      expect(await thrownBy(() => later)).to.include({ message: 'enough' })
      count[0] = 0
      pool.map(({ count: c }: Counter) => Atomics.add(c, 0, 1), Array(20).fill({ count }), { chunkSize: 1 })
      expect(count[0]).to.equal(20)
    })
  })
})
