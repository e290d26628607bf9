import { expect } from 'chai'
import { runJob } from '../support/run-job.ts'
import { withFolder } from './program-folder.ts'

describe('a rank that ends in the middle of a message', () => {
  it('gives its receiver ERR_PROC_FAILED', async () => {
    const text = `import { MPI } from 'mpirun-ts'
const comm = MPI.COMM_WORLD
// Handlers of the program run after the rank has sent what was left, so the rest of this never leaves.
if (comm.rank === 0) process.on('exit', () => { comm.isend(new Uint8Array(1e6), 1) })
else comm.recv(0)`
    await withFolder({ 'p.mjs': text }, async (folder) => {
      const run = await runJob(['-np', '2', 'p.mjs'], { cwd: folder })
      expect(run.status, run.stderr).to.equal(1)
      expect(run.stderr).to.include('ERR_PROC_FAILED')
    })
  })
})
