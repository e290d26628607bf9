import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { Pool } from 'mpirun-ts'
import { thrownBy, withPool } from '../support/with-pool.ts'

describe('Pool: threads that end by themselves', () => {
  let folder = ''
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'pool-leaving-'))
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  const write = (file: string): void => process.getBuiltinModule('node:fs').writeFileSync(file, '')
  const writeAtExit = (file: string): void => {
    process.on('exit', () => process.getBuiltinModule('node:fs').writeFileSync(file, ''))
  }

  it('close() and join() let initializers finish, also asynchronous ones', async () => {
    const later = async (file: string): Promise<void> => {
      await new Promise<void>((resolve) => void setTimeout(resolve, 50))
      process.getBuiltinModule('node:fs').writeFileSync(file, '')
    }
    for (const [i, initializer] of [write, later].entries()) {
      const file = join(folder, `started-${i}`)
      const pool = new Pool(2, { initializer, initArgs: [file] })
      pool.close()
      await pool.join()
      expect(existsSync(file)).to.equal(true)
    }
  })

  it("close() and join() let 'exit' listeners finish, and show what they print", async () => {
    const pool = new Pool(1)
    const file = join(folder, 'ended')
    pool.apply(writeAtExit, [file])
    pool.apply(() => void process.on('exit', () => console.log('good bye')))
    const written: string[] = []
    const { stdout } = process
    const own = stdout.write.bind(stdout)
    stdout.write = (text: string | Uint8Array): boolean => written.push(Buffer.from(text).toString()) > 0
    try {
      pool.close()
      await pool.join()
    } finally {
      stdout.write = own
    }
    expect(existsSync(file)).to.equal(true)
    expect(written.join('')).to.contain('good bye\n')
  })

  it('a thread that has done its number of chunks ends with its listeners, too', async () => {
    await withPool(1, { maxTasksPerChild: 1 }, async (pool) => {
      const files = [1, 2, 3].map((i) => join(folder, `ended-${i}`))
      pool.map(writeAtExit, files, { chunkSize: 1 })
      pool.close()
      await pool.join()
      for (const file of files) expect(existsSync(file)).to.equal(true)
    })
  })

  it('a thread whose chunks are taken back for another one is not taken for one that has done its number', async () => {
    await withPool(2, { maxTasksPerChild: 2 }, (pool) => {
      for (let i = 0; i < 3; i += 1)
        expect(pool.map((x: number) => x, [1, 2, 3, 4, 5, 6], { chunkSize: 1 })).to.have.length(6)
    })
  })

  it("process.exit() in a task runs the thread's listeners", async () => {
    const pool = new Pool(1)
    const file = join(folder, 'ended')
    pool.apply(writeAtExit, [file])
    expect(await thrownBy(() => pool.apply(() => process.exit(3)))).to.include({ code: 'ERR_POOL_THREAD_DIED' })
    expect(existsSync(file)).to.equal(true)
    pool.terminate()
    await pool.join()
  })

  it("an 'exit' listener may call process.exit() and gives the status", async () => {
    await withPool(1, {}, async (pool) => {
      pool.apply(() => void process.on('exit', () => process.exit(9)))
      const error = await thrownBy(() => pool.apply(() => process.exit(3)))
      expect(error)
        .to.include({ code: 'ERR_POOL_THREAD_DIED' })
        .and.have.property('message')
        .that.includes('process.exit(9)')
    })
  })

  it('a timer that a task has left does not hold up the end', async () => {
    const pool = new Pool(1)
    pool.apply(() => void setInterval(() => undefined, 1000))
    pool.close()
    await pool.join()
  })

  it('a cancelled task that does not stop is ended after its time, also behind close()', async () => {
    const pool = new Pool(1, { graceMs: 20 })
    const begun = new Int32Array(new SharedArrayBuffer(4))
    const controller = new AbortController()
    const loop = (begun: Int32Array): void => {
      Atomics.store(begun, 0, 1)
      Atomics.notify(begun, 0)
      for (;;);
    }
    const call = pool.applyAsync(loop, [begun], { signal: controller.signal })
    const { async, value } = Atomics.waitAsync(begun, 0, 0)
    if (async) await value
    controller.abort()
    expect(await thrownBy(() => call)).to.include({ name: 'AbortError' })
    pool.close()
    await pool.join()
  })

  it('terminate() ends also threads that are about to end', async () => {
    for (const loop of ['in the initializer', "in an 'exit' listener"]) {
      const state = new Int32Array(new SharedArrayBuffer(4))
      const pool = new Pool(1, {
        initializer: (state: Int32Array, isInitializer: boolean) => {
          const loop = (): void => {
            Atomics.store(state, 0, 1)
            Atomics.notify(state, 0)
            for (;;);
          }
          if (isInitializer) loop()
          else process.on('exit', loop)
        },
        initArgs: [state, loop === 'in the initializer'],
      })
      pool.close()
      const joined = pool.join()
      const { async, value } = Atomics.waitAsync(state, 0, 0)
      if (async) await value
      pool.terminate()
      await joined
    }
  })
})
