import { basename } from 'node:path'
import { expectToHold, holdInOneJob } from '../support/hold-in-one-job.ts'
import { programPaths } from '../support/program-list.ts'

const RANKS = [1, 2, 4, 5, 6, 7, 8, 9]
/** One of them with ranks that sleep at once where there are too few cores (docs/decisions/0026-yield.md). */
const SLEEPING_RANKS = 7
/** Here each program begins and ends a job of its own: nothing that it leaves behind may keep the job from ending well. */
const OWN_JOB_RANKS = 3

const onOneNode = (ranks: number): readonly string[] => ['-np', String(ranks), '--oversubscribe']

for (const ranks of RANKS) {
  describe(`programs on one node, n = ${ranks}`, () => {
    holdInOneJob(() => onOneNode(ranks), { env: ranks === SLEEPING_RANKS ? { MPIRUN_TS_YIELD: 'off' } : {} })
  })
}

describe(`programs on one node, n = ${OWN_JOB_RANKS}, each in a job of its own`, () => {
  for (const path of programPaths()) {
    it(`${basename(path, '.js')} holds`, () => expectToHold([...onOneNode(OWN_JOB_RANKS), path]))
  }
})
