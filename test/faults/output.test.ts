import { spawn } from 'node:child_process'
import { closeSync, existsSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { eventually } from '../support/processes.ts'
import { projectDir } from '../support/run-job.ts'
import { fixture, useSshJobs } from '../multi-node/ssh-jobs.ts'
import { skipHere } from '../support/skip-here.ts'

describe('output that nobody takes', function () {
  this.timeout(120_000)
  const jobs = useSshJobs(['works', 'works'])

  afterEach(async () => {
    expect(await eventually(() => jobs().allProcesses().length === 0, 30_000), 'ssh or an agent is left').to.equal(true)
  })

  it('ends the job with 141 and without a word when the reader goes away', async () => {
    const job = jobs().start(['--host', 'n1,n2', fixture('write.js'), '10000000', '100'])
    await job.saw('0 ')
    job.child.stdout?.destroy()
    const run = await job.result
    expect(run.status, run.stderr).to.equal(141)
    expect(run.stderr).to.equal('')
  })

  it('ends the job with 1 and says so when the disk is full', async function () {
    if (!existsSync('/dev/full')) skipHere(this, 'there is no /dev/full')
    const full = openSync('/dev/full', 'w')
    const args = ['--launcher-args', jobs().hosts.launcherArgs.join(' '), '--host', 'n1,n2']
    const child = spawn(
      process.execPath,
      [join(projectDir, 'dist', 'mpirun.cjs'), ...args, fixture('write.js'), '1000000', '100'],
      { stdio: ['ignore', full, 'pipe'] },
    )
    closeSync(full)
    let stderr = ''
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      stderr += text
    })
    const status = await new Promise((resolve) => void child.on('close', resolve))
    expect(status, stderr).to.equal(1)
    expect(stderr).to.match(/^mpirun-ts: cannot write to [^\n]*no space left on device[^\n]*\n$/i)
  })
})

describe('many launchers at once', function () {
  this.timeout(120_000)
  const jobs = useSshJobs(['works', 'works'])
  const LAUNCHERS = 20

  it(`all ${LAUNCHERS} of them end with 0, each with the output of its own job`, async () => {
    const runs = await Promise.all(
      Array.from({ length: LAUNCHERS }, (_, index) =>
        jobs().run(['--launch-timeout', '90', '--host', 'n1,n2', fixture('show.js'), `job ${index}`], {
          timeoutMs: 110_000,
        }),
      ),
    )
    runs.forEach((run, index) => {
      expect(run, run.stderr).to.include({ status: 0, stderr: '' })
      expect(run.stdout.split(`"args":["job ${index}"]`)).to.have.length(3)
    })
  })
})
