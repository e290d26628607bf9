import { join } from 'node:path'
import { expect } from 'chai'
import { projectDir, runJob } from '../support/run-job.ts'
import { sortedLines } from './program-folder.ts'

const PROGRAM = join(projectDir, 'test', 'fixtures', 'multi-node', 'finished-rank.js')

describe('waiting for a rank that has finished', () => {
  for (const when of ['before', 'during'] as const) {
    for (const size of [2, 4]) {
      it(`fails with ERR_PROC_FAILED in every kind of call, n = ${size}, where it ends ${when} them`, async () => {
        const run = await runJob(['-np', String(size), '--oversubscribe', PROGRAM, when])
        expect(run, run.stderr).to.include({ status: 0, stderr: '' })
        const done = Array.from({ length: size - 1 }, (_, rank) => `${rank}: done`)
        expect(sortedLines(run.stdout)).to.deep.equal(done)
      })
    }
  }
})
