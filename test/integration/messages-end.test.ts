import { expect } from 'chai'
import { runJob } from '../support/run-job.ts'
import { withFolder } from './program-folder.ts'

const COLLECT = `import { MPI } from 'mpirun-ts'
const comm = MPI.COMM_WORLD
if (comm.rank > 0) {
  for (let i = 0; i < 3; i += 1) comm.send(i, 0, comm.rank)
} else {
  let sum = 0
  LOOP (const { data, tag } of comm.messages()) sum += 10 * tag + data
  console.log(sum)
}`

describe('comm.messages()', () => {
  for (const loop of ['for', 'for await']) {
    it(`${loop} ends when all other ranks have finished`, async () => {
      await withFolder({ 'p.mjs': COLLECT.replace('LOOP', loop) }, async (folder) => {
        for (const [ranks, sum] of [
          [1, 0],
          [2, 33],
          [3, 96],
        ]) {
          const run = await runJob(['-np', String(ranks), '--oversubscribe', 'p.mjs'], { cwd: folder })
          expect(run, `n = ${ranks}`).to.include({ status: 0, stdout: `${sum}\n`, stderr: '' })
        }
      })
    })
  }
})
