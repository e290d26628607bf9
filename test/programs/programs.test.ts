import { basename } from 'node:path'
import { expect } from 'chai'
import { allPrograms, programPaths } from '../support/program-list.ts'
import { runJob } from '../support/run-job.ts'

const RANKS = [1, 2, 3, 5, 8]
/** The numbers between; all programs in one job, which is quick. */
const MORE_RANKS = [4, 6, 7, 9]
/** One of them with ranks that sleep at once where there are too few cores (docs/decisions/0026-yield.md). */
const SLEEPING_RANKS = 7

describe('programs on one node', () => {
  for (const path of programPaths()) {
    it(`${basename(path, '.js')} holds for n = ${RANKS.join(', ')}`, async () => {
      for (const ranks of RANKS) {
        const run = await runJob(['-np', String(ranks), '--oversubscribe', path])
        expect(run, `n = ${ranks}`).to.include({ status: 0, stderr: '' })
      }
    })
  }

  for (const ranks of MORE_RANKS) {
    it(`hold for n = ${ranks}, one after the other`, async () => {
      const words = ['-np', String(ranks), '--oversubscribe', allPrograms, ...programPaths()]
      const env: Record<string, string> = ranks === SLEEPING_RANKS ? { MPIRUN_TS_YIELD: 'off' } : {}
      const run = await runJob(words, { env, timeoutMs: 400_000 })
      expect(run, run.stderr + run.stdout.slice(-300)).to.include({ status: 0, stderr: '' })
    }).timeout(420_000)
  }
})
