import { basename } from 'node:path'
import { expect } from 'chai'
import { programPaths } from '../support/program-list.ts'
import { runJob } from '../support/run-job.ts'

const RANKS = [1, 2, 3, 5, 8]

describe('programs on one node', () => {
  for (const path of programPaths()) {
    it(`${basename(path, '.js')} holds for n = ${RANKS.join(', ')}`, async () => {
      for (const ranks of RANKS) {
        const run = await runJob(['-np', String(ranks), '--oversubscribe', path])
        expect(run, `n = ${ranks}`).to.include({ status: 0, stderr: '' })
      }
    })
  }
})
