import { expect } from 'chai'
import { DEADLOCK_KINDS, wrongInDeadlock } from '../support/deadlock-kinds.ts'
import { sideBySide } from '../support/side-by-side.ts'
import { fixture, useSshJobs } from './ssh-jobs.ts'

/** Jobs at once: their ranks wait. */
const AT_ONCE = 3

describe('ranks of several nodes that wait for each other', function () {
  this.timeout(120_000)
  const jobs = useSshJobs(['works', 'works'])

  async function expectDeadlock(kind: string, hosts: string): Promise<void> {
    const run = await jobs().run(['-np', '3', '--host', hosts, fixture('deadlock-kinds.js'), kind])
    expect(run, kind + run.stderr + run.stdout).to.include({ status: 0, stderr: '' })
    expect(wrongInDeadlock(kind, run.stdout), kind).to.equal(undefined)
  }

  it('all get ERR_DEADLOCK and can go on, in every kind of call', async () => {
    await sideBySide(Object.keys(DEADLOCK_KINDS), AT_ONCE, (kind) => expectDeadlock(kind, 'n1,localhost,n2'))
  }).timeout(180_000)

  it('also where two of them are on one node', async () => {
    const kinds = ['flood', 'a lock whose holder waits', 'locks in a ring', 'sub-communicators', 'one that awaits']
    await sideBySide(kinds, AT_ONCE, (kind) => expectDeadlock(kind, 'n1:2,n2:1'))
  })

  it('get none while one of them computes, whatever the others wait for', async () => {
    const words = ['-np', '3', '--host', 'n1,n2,localhost', fixture('not-a-deadlock.js')]
    const run = await jobs().run(words, { timeoutMs: 50_000 })
    expect(run, run.stderr).to.include({ status: 0, stderr: '', stdout: 'no deadlock\n' })
  })
})
