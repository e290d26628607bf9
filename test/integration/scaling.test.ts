import { execFileSync } from 'node:child_process'
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { eventually } from '../support/processes.ts'
import { projectDir, runJob, startJob, withPrograms } from '../support/run-job.ts'

const PI = join(projectDir, 'examples', 'pi.js')
/** Programs that need no package: their names end in .mjs. */
const PROGRAMS = {
  'quick.mjs': `process.stdout.write('printed\\n')`,
  'fails.mjs': `import { MPI } from 'mpirun-ts'\nif (MPI.COMM_WORLD.size === 2) { console.error('too many of us'); process.exit(7) }`,
  'says.mjs': `import { MPI } from 'mpirun-ts'\nimport { appendFileSync } from 'node:fs'\nif (MPI.COMM_WORLD.rank === 0) appendFileSync(process.argv[2], MPI.COMM_WORLD.size + ' ' + process.argv.slice(3).join(' ') + '\\n')`,
  'waits.mjs': `import { MPI } from 'mpirun-ts'\nimport { appendFileSync } from 'node:fs'\nif (MPI.COMM_WORLD.size === 2) { appendFileSync(process.argv[2], process.pid + '\\n'); setInterval(() => {}, 1000) }`,
  'reads.mjs': `import { appendFileSync } from 'node:fs'\nlet text = ''\nfor await (const chunk of process.stdin) text += chunk\nif (text !== '') appendFileSync(process.argv[2], text)`,
}

interface Figures {
  mode: string
  complete: boolean
  runs: {
    ranks: number
    seconds: number[]
    median: number
    speedup: number
    efficiency: number
    serialFraction: number | null
  }[]
  sweetSpot: { ranks: number } | null
}

function figuresIn(path: string): Figures {
  return JSON.parse(readFileSync(path, 'utf8')) as Figures
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

describe('mpirun-ts scaling', () => {
  it('measures pi on 1 and 2 ranks: table, picture, figures and sweet spot', async () => {
    await withPrograms({}, async (folder) => {
      const files = ['--svg', join(folder, 'a.svg'), '--csv', join(folder, 'a.csv'), '--json', join(folder, 'a.json')]
      const run = await runJob(['scaling', '-np', '1,2', '--repeat', '2', ...files, PI, '2e7'])
      expect(run.status, run.stderr).to.equal(0)
      expect(run.stderr).to.equal('')
      expect(run.stdout).not.to.include('Pi convergence')
      const { mode, complete, runs, sweetSpot } = figuresIn(join(folder, 'a.json'))
      expect({ mode, complete }).to.deep.equal({ mode: 'strong', complete: true })
      expect(runs.map(({ ranks, seconds }) => [ranks, seconds.length])).to.deep.equal([
        [1, 2],
        [2, 2],
      ])
      const [one, two] = runs
      if (one === undefined || two === undefined) throw new Error('no runs')
      expect(two.speedup).to.equal(one.median / two.median)
      expect(two.efficiency).to.equal(two.speedup / 2)
      expect(two.serialFraction).to.be.closeTo((1 / two.speedup - 1 / 2) / (1 - 1 / 2), 1e-9)
      const best = two.efficiency >= 0.7 ? 2 : 1
      expect(sweetSpot?.ranks).to.equal(best)
      expect(run.stdout).to.match(new RegExp(`^Sweet spot: ${best} rank`, 'm'))
      expect(run.stdout).to.match(/^ +1 +[\d.]+ +[\d.]+ - [\d.]+ +1\.00 +100 % +-/m)
      expect(run.stdout).to.match(
        new RegExp(`^ +2 +[\\d.]+ +[\\d.]+ - [\\d.]+ +${two.speedup.toFixed(2).replace('.', '\\.')} +`, 'm'),
      )
      expect(run.stdout).to.match(/^ 1 rank [#█]+[.·]*[|│]? 1\.00$/m)
      const csv = readFileSync(join(folder, 'a.csv'), 'utf8').split('\n')
      expect(csv.map((line) => line.split(',')[0])).to.deep.equal(['ranks', '1', '2', ''])
      expect(readFileSync(join(folder, 'a.svg'), 'utf8'))
        .to.match(/^<svg [^]*<\/svg>\n$/)
        .and.include('pi.js 2e7')
    })
  })

  it('weak: the argument grows, and figures on standard output have it for themselves', async () => {
    await withPrograms(PROGRAMS, async (folder) => {
      const log = join(folder, 'log')
      const words = ['-np', '1-2', '--repeat', '1', '--weak', '--json', '-', join(folder, 'says.mjs'), log]
      const run = await runJob(['scaling', ...words, '{1e9*np}', '-o', 'r{np}'])
      expect(run.status, run.stderr).to.equal(0)
      expect((JSON.parse(run.stdout) as Figures).mode).to.equal('weak')
      expect(run.stderr).to.match(/^Weak scaling/m)
      expect(readFileSync(log, 'utf8')).to.equal('2 2000000000 -o r2\n1 1000000000 -o r1\n2 2000000000 -o r2\n')
    })
  })

  it('measures 1, 2, 4 … up to the slots without -np, and shows where they run with --dry-run', async () => {
    const run = await runJob(['scaling', '--host', 'localhost:6', '--dry-run', PI])
    expect(run.stdout.match(/^Map: .*/gm)).to.deep.equal(
      ['1 rank', '2 ranks', '4 ranks', '6 ranks'].map((ranks) => `Map: ${ranks} on 1 node`),
    )
    expect(run.stdout).not.to.include('Strong scaling')
  })

  it('works in a PBS job with one line in its nodefile, up to NCPUS', async () => {
    await withPrograms({ nodes: 'localhost\n' }, async (folder) => {
      const env = { PBS_NODEFILE: join(folder, 'nodes'), PBS_JOBID: '1.pbs', NCPUS: '2' }
      const run = await runJob(['scaling', '--repeat', '1', '--warm-up', '0', '--csv', '-', PI, '1e6'], { env })
      expect(run.stdout.split('\n').map((line) => line.split(',')[0])).to.deep.equal(['ranks', '1', '2', ''])
      expect(run.status).to.equal(0)
    })
  })

  for (const [name, words, message] of [
    ['more ranks than slots', ['-np', '1,3', '--host', 'localhost:2', PI], /3 ranks.*--oversubscribe/],
    ['a count that is none', ['-np', '1,two', PI], /"1,two" as the value of -np/],
    ['a file that cannot be written', ['--json', '/dev/null/a.json', PI], /\/dev\/null/],
    ['a placeholder that is none', ['-np', '1', PI, '{np*}'], /it ends too soon/],
    ['a hostfile on stdin', ['--hostfile', '-', '-np', '1', PI], /Name a file/],
  ] as const) {
    it(`says before the first run: ${name}`, async () => {
      const run = await runJob(['scaling', ...words], { input: 'localhost\n' })
      expect(run.status, run.stderr).to.equal(2)
      expect(run.stderr).to.match(message)
      expect(run.stderr.trim().split('\n')).to.have.length(1)
      expect(run.stdout).to.equal('')
    })
  }

  it('ends at a run that fails: its status, its last words, and what was measured', async () => {
    await withPrograms(PROGRAMS, async (folder) => {
      const run = await runJob(['scaling', '-np', '1,2', '--warm-up', '0', join(folder, 'fails.mjs')])
      expect(run.status, run.stderr).to.equal(7)
      expect(run.stderr).to.include('the run with 2 ranks ended with status 7').and.include('too many of us')
      expect(run.stdout)
        .to.match(/^ +1 +[\d.]+ +1\.00/m)
        .and.include('has not come to its end')
    })
  })

  it('shows on standard error what the program prints, when asked', async () => {
    await withPrograms(PROGRAMS, async (folder) => {
      const words = ['-np', '1', '--repeat', '1', '--warm-up', '0', join(folder, 'quick.mjs')]
      expect((await runJob(['scaling', ...words])).stderr).not.to.include('printed')
      const run = await runJob(['scaling', '--show-output', ...words])
      expect(run.stderr).to.include('printed')
      expect(run.stdout).not.to.include('printed')
    })
  })

  for (const [signal, status] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    it(`${signal} in the middle: the table of what was measured, status ${status}, nothing left`, async () => {
      await withPrograms(PROGRAMS, async (folder) => {
        const log = join(folder, 'log')
        const json = ['--json', join(folder, 'a.json')]
        const job = startJob(['scaling', '-np', '1,2', '--warm-up', '0', ...json, join(folder, 'waits.mjs'), log])
        await pidIn(log)
        job.child.kill(signal)
        const run = await job.result
        expect(run.status, run.stderr).to.equal(status)
        expect(run.stdout)
          .to.match(/^ +1 +[\d.]+ +1\.00/m)
          .and.include('has not come to its end')
        expect(figuresIn(join(folder, 'a.json'))).to.deep.include({ complete: false, sweetSpot: null })
        expect(isAlive(await pidIn(log))).to.equal(false)
      })
    })
  }

  it('kill -9: its run ends too', async () => {
    await withPrograms(PROGRAMS, async (folder) => {
      const log = join(folder, 'log')
      const job = startJob(['scaling', '-np', '2', '--warm-up', '0', join(folder, 'waits.mjs'), log])
      const pid = await pidIn(log)
      expect(isAlive(pid)).to.equal(true)
      job.child.kill('SIGKILL')
      await job.result
      expect(await eventually(() => !isAlive(pid), 20_000)).to.equal(true)
    })
  })

  it('gives each run a file on standard input from its beginning', async () => {
    await withPrograms(PROGRAMS, (folder) => {
      const [log, input] = [join(folder, 'log'), join(folder, 'input')]
      writeFileSync(input, 'some text;')
      const stdin = openSync(input, 'r')
      const command = join(projectDir, 'dist', 'mpirun.cjs')
      const words = ['-np', '1,2', '--repeat', '1', '--warm-up', '0', join(folder, 'reads.mjs'), log]
      execFileSync(process.execPath, [command, 'scaling', ...words], { stdio: [stdin, 'ignore', 'inherit'] })
      closeSync(stdin)
      expect(readFileSync(log, 'utf8')).to.equal('some text;some text;')
      return Promise.resolve()
    })
  })

  it('has a help of its own, which the other one names', async () => {
    const help = await runJob(['scaling', '--help'])
    expect(help.status).to.equal(0)
    expect(help.stdout).to.include('--repeat N').and.include('sweet spot')
    for (const line of help.stdout.split('\n')) expect(line.length, line).to.be.at.most(80)
    expect((await runJob(['--help'])).stdout).to.include('mpirun-ts scaling')
  })
})

/** The pid that a rank of waits.mjs has written. */
async function pidIn(log: string): Promise<number> {
  let pid = 0
  const isThere = (): boolean => {
    try {
      pid = Number(readFileSync(log, 'utf8').split('\n').at(-2) ?? 0)
    } catch {
      return false
    }
    return pid > 0
  }
  if (!(await eventually(isThere, 60_000))) throw new Error('no rank has begun')
  return pid
}
