import { join } from 'node:path'
import { expect } from 'chai'
import { DEADLOCK_KINDS, wrongInDeadlock } from '../support/deadlock-kinds.ts'
import { projectDir, runJob } from '../support/run-job.ts'
import { jobsSideBySide } from '../support/side-by-side.ts'

/** Jobs at once: their ranks wait. */
const AT_ONCE = 3
const KINDS = Object.keys(DEADLOCK_KINDS)
const FIXTURES = join(projectDir, 'test', 'fixtures', 'multi-node')

describe('three ranks that wait for each other', function () {
  this.timeout(120_000)

  const runOf = jobsSideBySide(KINDS, AT_ONCE, (kind) =>
    runJob(['-np', '3', '--oversubscribe', join(FIXTURES, 'deadlock-kinds.js'), kind]),
  )
  for (const kind of KINDS) {
    it(`all get ERR_DEADLOCK and can go on: ${kind}`, () => {
      const run = runOf(kind)
      expect(run, run.stderr + run.stdout).to.include({ status: 0, stderr: '' })
      expect(wrongInDeadlock(kind, run.stdout)).to.equal(undefined)
    })
  }

  it('get none while one of them computes, whatever the others wait for', async () => {
    const run = await runJob(['-np', '3', '--oversubscribe', join(FIXTURES, 'not-a-deadlock.js')], {
      timeoutMs: 50_000,
    })
    expect(run, run.stderr).to.include({ status: 0, stderr: '', stdout: 'no deadlock\n' })
  })

  it('wait on with MPIRUN_TS_DEADLOCK=off, also for a lock', async () => {
    const words = ['-np', '3', '--oversubscribe', '--timeout', '4', join(FIXTURES, 'deadlock-kinds.js')]
    const run = await runJob([...words, 'a lock whose holder waits'], { env: { MPIRUN_TS_DEADLOCK: 'off' } })
    expect(run, run.stderr).to.include({ status: 124, stdout: '' })
  })
})
