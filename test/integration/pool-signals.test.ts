import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { projectDir } from '../support/run-job.ts'

/** Says on stdout that the main thread blocks by now, and works on far longer than a test may take. */
const BUSY = `const busy = () => { console.log('begun'); const until = Date.now() + 60_000; while (Date.now() < until); return 1 }
const soon = (x) => { if (x === 0) console.log('begun'); const until = Date.now() + 10; while (Date.now() < until); return x }`

interface Case {
  readonly name: string
  /** Behind `pool` of two threads. */
  readonly program: string
  readonly signal?: NodeJS.Signals
  readonly prints: string
  /** In plain node; a job that was ended by a signal has that one's. */
  readonly status: number | NodeJS.Signals
  /** Without a handler the launcher ends ranks by itself. */
  readonly isForNodeAlone?: boolean
}

const CASES: readonly Case[] = [
  {
    name: 'map: the handler ends the program',
    program: `process.on('SIGINT', (name) => { console.log(name); process.exit(7) })\npool.map(busy, [1, 2])`,
    prints: 'SIGINT',
    status: 7,
  },
  {
    name: 'apply: what the handler throws is thrown by the call, and the pool lives on',
    program: `process.on('SIGTERM', () => { throw new Error('enough') })
      const other = new Pool(1)
      try { pool.apply(busy) } catch (error) { console.log(error.message, other.apply((x) => x, [5])) }
      process.exit(0)`,
    signal: 'SIGTERM',
    prints: 'enough 5',
    status: 0,
  },
  {
    name: 'starmap: terminate() in the handler',
    program: `process.on('SIGINT', () => pool.terminate())
      try { pool.starmap(busy, [[1], [2]]) } catch (error) { console.log(error.code) }`,
    prints: 'ERR_POOL_TERMINATED',
    status: 0,
  },
  {
    name: 'an AbortController in the handler',
    program: `const stop = new AbortController()
      process.on('SIGINT', () => stop.abort())
      try { pool.map((x, context) => { console.log('begun'); for (;;); }, [1, 2], { signal: stop.signal }) } catch (error) { console.log(error.name) }
      process.exit(0)`,
    prints: 'AbortError',
    status: 0,
  },
  {
    name: 'for over imap: the handler returns, the loop goes on, and it is called once',
    program: `let calls = 0, sum = 0
      process.on('SIGINT', () => { calls += 1 })
      for (const x of pool.imap(soon, Array(1e6).keys())) { sum += 1; if (calls > 0) break }
      await new Promise((resolve) => setTimeout(resolve, 50))
      console.log(calls, sum > 0)
      process.exit(0)`,
    prints: '1 true',
    status: 0,
  },
  {
    name: 'a loop of calls that are short',
    program: `let calls = 0
      process.once('SIGINT', () => { calls += 1 })
      for (let i = 0; calls === 0; i += 1) pool.apply(soon, [i])
      console.log(calls, process.listenerCount('SIGINT'))
      process.exit(0)`,
    prints: '1 0',
    status: 0,
  },
  {
    name: 'an asynchronous handler interrupts the call, and goes on',
    program: `process.on('SIGINT', async () => { await null; console.log('answered'); process.exit(3) })
      try { pool.map(busy, [1, 2]) } catch (error) { console.log(error.code) }
      await new Promise((resolve) => setTimeout(resolve, 30_000))`,
    prints: 'ERR_POOL_INTERRUPTED\nanswered',
    status: 3,
  },
  {
    name: 'a handler that takes itself away and raises the signal again',
    program: `process.once('SIGINT', () => { console.log('first'); process.kill(process.pid, 'SIGINT') })\npool.map(busy, [1, 2])`,
    prints: 'first',
    status: 'SIGINT',
    isForNodeAlone: true,
  },
  {
    name: 'a signal that has no handler beside one that has',
    program: `process.on('SIGTERM', () => console.log('not this one'))\npool.map(busy, [1, 2])`,
    prints: '',
    status: 'SIGINT',
    isForNodeAlone: true,
  },
  { name: 'no handler at all', program: 'pool.map(busy, [1, 2])', prints: '', status: 'SIGINT', isForNodeAlone: true },
  {
    name: 'a handler that is gone when the loop turns',
    program: `const handler = () => undefined
      process.on('SIGINT', handler)
      pool.map((x) => { const until = Date.now() + 100; while (Date.now() < until); return x }, [1, 2])
      process.removeListener('SIGINT', handler)
      await new Promise((resolve) => setTimeout(resolve, 1))
      console.log('begun')
      await new Promise((resolve) => setTimeout(resolve, 30_000))`,
    prints: '',
    status: 'SIGINT',
    isForNodeAlone: true,
  },
]

/** Starts it, sends the signal when a task has begun; what it printed besides, and how long it took to end. */
async function run(
  args: readonly string[],
  signal: NodeJS.Signals,
): Promise<{ printed: string; status: unknown; ms: number }> {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let printed = ''
  let sentAt = 0
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text
    if (sentAt > 0 || !printed.includes('begun')) return
    sentAt = performance.now()
    child.kill(signal)
  })
  const status = await new Promise((resolve) => void child.on('close', (code, by) => resolve(code ?? by)))
  return { printed: printed.replaceAll(/begun\s*/g, '').trim(), status, ms: performance.now() - sentAt }
}

describe('Pool: signals while a call blocks', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mpirun-ts-test-'))

  before(() => {
    mkdirSync(join(folder, 'node_modules'))
    symlinkSync(projectDir, join(folder, 'node_modules', 'mpirun-ts'))
  })

  after(() => rmSync(folder, { recursive: true, force: true }))

  for (const [at, { name, program, signal = 'SIGINT', prints, status, isForNodeAlone = false }] of CASES.entries()) {
    const text = `import { Pool } from 'mpirun-ts'\n${BUSY}\nconst pool = new Pool(2)\n${program}\npool.terminate()\n`
    const file = join(folder, `main${at}.mjs`)
    const starts: readonly [string, string[]][] = [
      ['node', [file]],
      ['mpirun-ts --pool', [join(projectDir, 'dist', 'mpirun.cjs'), '--pool', '-q', '-np', '2', file]],
    ]
    for (const [how, args] of isForNodeAlone ? starts.slice(0, 1) : starts) {
      it(`${how}: ${name}`, async () => {
        writeFileSync(file, text)
        const ended = await run(args, signal)
        const ofJob = signal === 'SIGINT' ? 130 : 143
        const wanted = how === 'node' ? status : ofJob
        expect({ printed: ended.printed, status: ended.status }).to.deep.equal({ printed: prints, status: wanted })
        // Far less than a task takes; a second is promised, on a machine that has time.
        expect(ended.ms).to.be.below(10_000)
      })
    }
  }
})
