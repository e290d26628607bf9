import { expect } from 'chai'
import { fixture, useSshJobs } from './ssh-jobs.ts'

describe('waiting for a rank of another node that has finished', function () {
  this.timeout(120_000)
  const jobs = useSshJobs(['works', 'works'])

  for (const when of ['before', 'during'] as const) {
    it(`fails with ERR_PROC_FAILED in every kind of call, where it ends ${when} them`, async () => {
      const run = await jobs().run(['-np', '3', '--host', 'localhost,n1,n2', fixture('finished-rank.js'), when])
      expect(run, run.stderr).to.include({ status: 0, stderr: '' })
      expect(run.stdout.trimEnd().split('\n').toSorted()).to.deep.equal(['0: done', '1: done'])
    })
  }
})
