import { spawnSync } from 'node:child_process'
import { hostname } from 'node:os'
import { expect } from 'chai'
import { type JobRun, projectDir, runJob } from '../support/run-job.ts'
import { sortedLines } from './program-folder.ts'

/** Hits of seed 42 among 10^7 darts, whatever the number of ranks and the kernel. */
const HITS = 7852916

type Run = Pick<JobRun, 'status' | 'stdout' | 'stderr'>

interface PiResult {
  readonly seed: number
  readonly ranks: number
  readonly nodes: number
  readonly seconds: number
  readonly runs: readonly { readonly trials: number; readonly hits: number; readonly pi: number }[]
}

/** Runs an example as a job, or by plain node without `ranks`. */
async function example(ranks: number | undefined, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Run> {
  const [name = '', ...rest] = args
  const path = `examples/${name}`
  if (ranks !== undefined) return runJob(['-np', String(ranks), path, ...rest], { env: env as Record<string, string> })
  const options = { cwd: projectDir, env: { ...process.env, ...env }, encoding: 'utf8' } as const
  return spawnSync(process.execPath, [path, ...rest], options)
}

const WAYS: readonly [ranks: number | undefined, title: string][] = [
  [undefined, 'plain node'],
  [1, '-np 1'],
  [2, '-np 2'],
  [3, '-np 3'],
]

describe('examples', () => {
  for (const [ranks, title] of WAYS) {
    const size = ranks ?? 1

    it(`hello.js with ${title}: a line of each rank`, async () => {
      const run = await example(ranks, ['hello.js'])
      expect(run, run.stderr).to.include({ status: 0, stderr: '' })
      const lines = Array.from({ length: size }, (_, rank) => `Hello from rank ${rank} of ${size} on ${hostname()}`)
      expect(sortedLines(run.stdout)).to.deep.equal(lines)
    })

    for (const kernel of ['default', 'scalar']) {
      it(`pi.js with ${title}, ${kernel} kernel: the same hits`, async () => {
        const env = kernel === 'default' ? {} : { MPIRUN_TS_PI_KERNEL: kernel }
        const run = await example(ranks, ['pi.js', '1e7', '--seed', '42', '--json'], env)
        expect(run, run.stderr).to.include({ status: 0, stderr: '' })
        const { seconds, ...result } = JSON.parse(run.stdout) as PiResult
        const runs = [{ trials: 1e7, hits: HITS, pi: (4 * HITS) / 1e7 }]
        expect(result).to.deep.equal({ seed: 42, ranks: size, nodes: 1, runs })
        expect(seconds).to.be.above(0)
      })
    }
  }

  it('pi.js without trials prints the lesson’s line and a table of 10 … 10^7', async () => {
    const run = await example(2, ['pi.js'])
    expect(run, run.stderr).to.include({ status: 0, stderr: '' })
    const number = String.raw`\d(?:\.\d+)?`
    const line = new RegExp(`^Pi convergence : \\[${number}(?:, ${number}){6}\\] calculated in \\d+\\.\\d{3} seconds\n`)
    expect(run.stdout).to.match(line)
    const rows = [...run.stdout.matchAll(/^ *(10+) +(\d+) +(\d\.\d{10}) +(\S+) +(\S+)$/gm)]
    expect(rows.map(([, trials]) => Number(trials))).to.deep.equal([1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7])
    for (const [, trials, hits, pi] of rows) expect(Number(pi)).to.be.closeTo((4 * Number(hits)) / Number(trials), 1e-9)
    expect(rows[6]?.[2]).to.equal(String(HITS))
  })

  it('pi.js takes several trials and a seed', async () => {
    const run = await example(2, ['pi.js', '1e3', '2500', '--seed=7', '--json'])
    const { seed, runs } = JSON.parse(run.stdout) as PiResult
    expect([seed, ...runs.map(({ trials }) => trials)]).to.deep.equal([7, 1000, 2500])
    const again = await example(undefined, ['pi.js', '1e3', '2500', '--seed=7', '--json'])
    expect((JSON.parse(again.stdout) as PiResult).runs).to.deep.equal(runs)
  })

  for (const words of [['-1'], ['1.5'], ['1e400'], ['abc'], ['0'], ['1e3', '--seed', 'x'], ['--fast']]) {
    const bad = words.at(-1) ?? ''
    for (const ranks of [undefined, 2]) {
      it(`pi.js ${words.join(' ')} ${ranks === undefined ? 'by plain node' : '-np 2'}: status 2 and a clear message`, async () => {
        const run = await example(ranks, ['pi.js', ...words])
        expect(run, run.stderr).to.include({ status: 2, stdout: '' })
        expect(run.stderr.split('\n')[0])
          .to.match(/^pi\.js: /)
          .and.contain(`"${bad}"`)
        expect(run.stderr).not.to.match(/^ +at /m)
      })
    }
  }
})
