import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { projectDir } from '../support/run-job.ts'
import { jobsSideBySide } from '../support/side-by-side.ts'

interface Check {
  readonly status: number | null
  readonly output: string
  readonly lastLine: string
}

interface Orders {
  readonly suites: readonly string[]
  /** It is told to end when it has printed this. */
  readonly until?: string
}

const CHECKS = {
  broken: { suites: ['broken'] },
  diesInHook: { suites: ['dies-in-hook', 'sound'] },
  programs: { suites: ['programs'] },
  hangingPrograms: { suites: ['hanging-programs'] },
  sound: { suites: ['sound'] },
  toldToEnd: { suites: ['broken', 'sound'], until: '✔ hides not this one' },
  empty: { suites: ['empty', 'sound'] },
} as const satisfies Readonly<Record<string, Orders>>
/** They wait more than they compute. */
const AT_ONCE = 3

/** Runs scripts/check.mjs on suites of test/fixtures/check. */
async function check({ suites, until }: Orders): Promise<Check> {
  const fixtures = ['--tests', 'test/fixtures/check', '--silence', '8']
  const args = [join('scripts', 'check.mjs'), '--no-build', ...fixtures, ...suites]
  const child = spawn(process.execPath, args, { cwd: projectDir, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  let isTold = false
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk
      if (until === undefined || isTold || !output.includes(until)) return
      isTold = child.kill('SIGTERM')
    })
  }
  const status = await new Promise<number | null>((resolve) => void child.once('close', resolve))
  return { status, output, lastLine: lastLineOf(output) }
}

function lastLineOf(text: string): string {
  return text.split('\n').slice(0, -1).at(-1) ?? ''
}

/** The part after '── failed', where each failure has a number. */
function failures({ output }: Check): string[] {
  const told = output.split('── failed\n')[1] ?? ''
  return [...told.matchAll(/^ {2}\d+\) (.*)$/gm)].map(([, title]) => title ?? '')
}

describe('the runner of the tests', function () {
  this.timeout(300_000)
  const runOf = jobsSideBySide<Orders, Check>(Object.values(CHECKS), AT_ONCE, check)

  it('runs all tests beside broken ones, names what failed, and counts it', () => {
    const run = runOf(CHECKS.broken)
    expect(failures(run), run.output).to.have.members([
      'broken: test/fixtures/check/broken/ends.test.js cannot be loaded',
      'broken: test/fixtures/check/broken/throws.test.js cannot be loaded',
      'broken: test/fixtures/check/broken/waits.test.js cannot be loaded',
      'broken: a thread that is blocked blocks',
      'broken: a process that ends crashes',
      'broken: a process that ends ends with status 0',
      'broken: failures has a wrong value',
      'broken: failures throws when it is over',
      'broken: a test that hangs with its job hangs',
      'broken: a suite whose "before" fails "before all" hook for "needs the cluster"',
      'broken: a suite whose "before" fails needs the cluster',
      'broken: a suite whose "before" fails within needs it too',
      'broken: a suite whose "beforeEach" fails once has the second turn',
      'broken: a suite whose "after" fails "after all" hook for "is stopped"',
      'broken: leaks leaves a server',
      'broken: leaks leaves a process',
    ])
    expect(run.lastLine).to.equal('12 passed, 16 failed, 2 skipped')
    expect(run.status).to.equal(1)
    for (const passed of ['hides not this one', 'runs after the crash', 'runs after the end', 'has the third turn']) {
      expect(run.output).to.include(`✔ ${passed}\n`)
    }
    for (const passed of ['comes after the server', 'comes after the process', 'comes after the late error']) {
      expect(run.output).to.include(`✔ ${passed}`)
    }
    expect(run.output).to.include('✔ leaves no job to the next test')
    expect(run.output).to.include('── skipped\n  no reason given\n     broken: failures is skipped\n')
    expect(run.output).to.include('  there is no Slurm\n     broken: a suite that is skipped needs Slurm\n')
    expect(run.output).to.include('was ended by SIGSEGV').and.include('did not run: "before all" hook')
  })

  it('goes on with the next file and the next suite when the process dies in a hook', () => {
    const run = runOf(CHECKS.diesInHook)
    expect(failures(run), run.output).to.deep.equal([
      'dies-in-hook: a suite whose "before" ends the process cannot run',
      'dies-in-hook: a suite whose "after" ends the process "after all" hook for "has run"',
    ])
    expect(run).to.include({ status: 1, lastLine: '3 passed, 2 failed' })
  })

  it('names the program that broke a job of many, with its own stack, and runs the others', () => {
    const run = runOf(CHECKS.programs)
    expect(failures(run), run.output).to.deep.equal([
      'programs: programs all hold, one after the other in one job',
      'programs: programs throws holds',
    ])
    expect(run.output.match(/Error: the sum is wrong\n +at wrongSum /g)).to.have.length(2)
    expect(run.output).to.include('AssertionError: in throws.js: ')
    expect(run).to.include({ status: 1, lastLine: '2 passed, 2 failed' })
  })

  it('names the program in which a job of many hangs, and runs the others', () => {
    const run = runOf(CHECKS.hangingPrograms)
    expect(failures(run), run.output).to.deep.equal([
      'hanging-programs: programs all hold, one after the other in one job',
      'hanging-programs: programs hangs holds',
    ])
    expect(run.output).to.include('AssertionError: in hangs.js: ')
    expect(run).to.include({ status: 1, lastLine: '1 passed, 2 failed' })
  })

  it('has status 0 when all passed', () => {
    expect(runOf(CHECKS.sound)).to.include({ status: 0, lastLine: '1 passed, 0 failed' })
  })

  it('names what did not run when it is told to end', () => {
    const run = runOf(CHECKS.toldToEnd)
    expect(failures(run), run.output).to.include.members([
      'check: was told to end',
      'broken: leaks comes after the process',
      'sound: did not run',
    ])
    expect(run.lastLine).to.match(/^\d+ passed, \d+ failed$/)
    expect(run.status).to.equal(1)
  })

  it('fails where a suite has no tests', () => {
    const run = runOf(CHECKS.empty)
    expect(failures(run)).to.deep.equal(['empty: no tests ran'])
    expect(run).to.include({ status: 1, lastLine: '1 passed, 1 failed' })
  })
})

describe('.ci/run', () => {
  const COMMANDS = { 'dpkg-query': 'exit 0', dpkg: 'exit 0', npm: 'exit 0', node: 'echo "7 passed, 0 failed"' }

  /** Runs a copy of it in a folder where these commands are all there is beside the system's own. */
  function run(commands: Readonly<Record<string, string>>): Check {
    const folder = mkdtempSync(join(tmpdir(), 'mpirun-ts-test-'))
    try {
      for (const name of ['.ci', 'bin']) mkdirSync(join(folder, name))
      copyFileSync(join(projectDir, '.ci', 'run'), join(folder, '.ci', 'run'))
      for (const [name, text] of Object.entries({ ...COMMANDS, ...commands })) {
        writeFileSync(join(folder, 'bin', name), `#!/bin/bash\n${text}\n`)
        chmodSync(join(folder, 'bin', name), 0o755)
      }
      const env = { ...process.env, PATH: `${join(folder, 'bin')}:/usr/bin:/bin` }
      const { status, stdout } = spawnSync('bash', [join(folder, '.ci', 'run')], { env, encoding: 'utf8' })
      return { status, output: stdout, lastLine: lastLineOf(stdout) }
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  }

  it('ends with the closing line of the checks and their status', () => {
    expect(run({})).to.include({ status: 0, lastLine: '7 passed, 0 failed' })
    const failing = { node: 'echo "7 passed, 1 failed, 2 skipped"; exit 1' }
    expect(run(failing)).to.include({ status: 1, lastLine: '7 passed, 1 failed, 2 skipped' })
  })

  for (const [name, commands, status] of [
    ['the installation of packages fails', { dpkg: 'exit 1', 'apt-get': 'exit 100', sudo: '"$@"' }, 100],
    ['npm install fails', { npm: 'exit 5' }, 5],
    ['the runner is killed', { node: 'echo half a line; kill -KILL $$' }, 137],
    ['the runner says nothing', { node: 'exit 0' }, 1],
  ] as const) {
    it(`ends with a closing line when ${name}`, () => {
      const told = run(commands)
      expect(told, told.output).to.include({ status, lastLine: '0 passed, 1 failed' })
      expect(told.output).to.include(` failed with status ${status}`)
    })
  }
})
