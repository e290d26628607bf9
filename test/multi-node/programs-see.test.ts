import { chmodSync, existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { processesWith } from '../support/processes.ts'
import { withPrograms } from '../support/run-job.ts'
import { fixture, rankLines, useSshJobs } from './ssh-jobs.ts'

const HARD_ARGUMENTS = [
  'a b',
  '$HOME',
  '$(touch pwned)',
  '`id`',
  '*',
  '',
  'a:b',
  '"double" and \'single\'',
  'back\\slash',
  'two\nlines',
  'tab\there',
  '!history',
  'ünïcödé 🎲 日本',
  '--np',
  '-',
  '; exit 9',
]

describe('what a program sees on another host', function () {
  this.timeout(120_000)
  const jobs = useSshJobs(['works', 'works'])

  it('its arguments, untouched', async () => {
    const run = await jobs().run(['--host', 'n1,localhost', fixture('show.js'), ...HARD_ARGUMENTS])
    expect(run, run.stderr).to.include({ status: 0, stderr: '' })
    const lines = rankLines(run.stdout)
    expect(lines.map(({ host }) => host)).to.deep.equal(['n1', 'here'])
    for (const { args } of lines) expect(args).to.deep.equal(HARD_ARGUMENTS)
  })

  it('the environment of the command line, but its own HOME', async () => {
    const env = { FOO: "b a'r\n$x 🎲", HOME: '/nowhere', LOGNAME: 'nobody', PBS_O_HOST: 'head' }
    const run = await jobs().run(['--host', 'n1,localhost', fixture('show.js')], { env })
    expect(run.status, run.stderr).to.equal(0)
    const [remote, local] = rankLines(run.stdout)
    expect(remote?.env).to.include({ FOO: env.FOO, PBS_O_HOST: 'head', HOME: userInfo().homedir })
    expect(remote?.env).to.include({
      MPIRUN_TS_RANK: '0',
      MPIRUN_TS_SIZE: '2',
      OMPI_COMM_WORLD_RANK: '0',
      PMI_SIZE: '2',
    })
    expect(remote?.env['LOGNAME']).to.equal(userInfo().username)
    expect(local?.env).to.include({ FOO: env.FOO, HOME: '/nowhere', MPIRUN_TS_RANK: '1' })
  })

  it('no environment but what -x names, with --clean-env', async () => {
    const env = { FOO: '1', BAR: '2', PBS_A: '3' }
    const run = await jobs().run(['--clean-env', '-x', 'FOO', '-x', 'NEW=x y', '--host', 'n1', fixture('show.js')], {
      env,
    })
    const [line] = rankLines(run.stdout)
    expect(line?.env, run.stderr).to.include({ FOO: '1', NEW: 'x y' })
    expect(line?.env).not.to.have.any.keys('BAR', 'PBS_A')
  })

  it('the folder in which the command was typed, or that of --wdir', async () => {
    await withPrograms({}, async (made) => {
      const folder = realpathSync(made)
      const [typed, chosen] = await Promise.all([
        jobs().run(['--host', 'n1,n2', fixture('show.js')], { cwd: folder }),
        jobs().run(['--wdir', folder, '--host', 'n1,n2', fixture('show.js')]),
      ])
      for (const run of [typed, chosen]) {
        expect(
          rankLines(run.stdout).map(({ cwd }) => cwd),
          run.stderr,
        ).to.deep.equal([folder, folder])
      }
    })
  })

  it('no job at all where the folder is missing: the message names node and folder', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'mpirun-ts-gone-'))
    await withLauncher(`rmdir ${folder}`, async (launcher) => {
      const run = await jobs().run(['--launcher', launcher, '--host', 'n1', fixture('show.js')], { cwd: folder })
      expect(run).to.include({ status: 3, stdout: '' })
      expect(run.stderr)
        .to.contain(`"${folder}"`)
        .and.match(/^mpirun-ts: .*n1.*\n$/)
    })
    expect(existsSync(folder)).to.equal(false)
  })

  it('no job at all where the program is missing', async () => {
    const run = await jobs().run(['--host', 'n1', '/no/such/program.js'])
    expect(run).to.include({ status: 127, stdout: '' })
    expect(run.stderr).to.contain('/no/such/program.js')
  })

  it("nobody else's eyes see the secret or the arguments", async () => {
    await withLauncher(
      'tee "$(dirname "$0")/input"',
      async (launcher, folder) => {
        const argument = `argument-${process.pid}-for-the-program`
        const job = jobs().start(['--launcher', launcher, '--host', 'n1,n2', fixture('linger.js'), 'sleep', argument])
        try {
          await job.saw('"rank":1')
          const secret = /secret[^0-9a-f]{3,9}([0-9a-f]{64})/.exec(readFileSync(join(folder, 'input'), 'utf8'))?.[1]
          const key = /BEGIN PRIVATE KEY-----[^A-Za-z0-9]+n([A-Za-z0-9+/]{40})/.exec(
            readFileSync(join(folder, 'input'), 'utf8'),
          )?.[1]
          if (secret === undefined || key === undefined) throw new Error('the agent got no secret on stdin')
          expect(processesWith(secret)).to.deep.equal([])
          expect(processesWith(key)).to.deep.equal([])
          expect(processesWith(argument)).to.deep.equal([job.child.pid])
          expect(jobs().agentProcesses().length).to.be.at.least(2)
        } finally {
          job.child.kill('SIGTERM')
          await job.result
        }
      },
      '| ssh "$@"',
    )
  })
})

/** Gives `use` a program for --launcher that runs `command` and then ssh. */
async function withLauncher(
  command: string,
  use: (launcher: string, folder: string) => Promise<void>,
  ssh = '\nexec ssh "$@"',
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'mpirun-ts-launcher-'))
  try {
    const launcher = join(folder, 'launch')
    writeFileSync(launcher, `#!/bin/sh\n${command} ${ssh}\n`)
    chmodSync(launcher, 0o755)
    await use(launcher, folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
