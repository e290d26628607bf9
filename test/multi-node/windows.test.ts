import { expect } from 'chai'
import { fixture, useSshJobs } from './ssh-jobs.ts'

describe('windows over nodes', function () {
  this.timeout(120_000)
  const jobs = useSshJobs(['works', 'works'])

  // Rank 1, which ends with the lock, and the ranks that wait for it, on the node of the part and on the other.
  for (const where of ['n1:2,n2:2', 'n1,n2:3', 'n1:3,n2']) {
    it(`a lock is free again when its holder has ended, on ${where}`, async () => {
      const run = await jobs().run(['--host', where, fixture('window-ends.js')], { timeoutMs: 50_000 })
      expect(run, run.stderr).to.include({ status: 0, stdout: 'all had it\n', stderr: '' })
    })
  }
})
