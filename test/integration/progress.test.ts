import { expect } from 'chai'
import { runJob } from '../support/run-job.ts'
import { withFolder } from './program-folder.ts'

/** Rank 0 computes for two seconds without a call of MPI; rank 1 sends meanwhile. wtime() has the same epoch on both. */
const PROGRAM = `import { MPI } from 'mpirun-ts'
const comm = MPI.COMM_WORLD
const length = 2 ** 21
if (comm.rank === 0) {
  const view = new Float64Array(length)
  const request = comm.irecvInto(view, 1, 1)
  comm.barrier()
  const until = MPI.wtime() + 2
  while (MPI.wtime() < until);
  const computed = MPI.wtime()
  const { done } = request.test()
  const sent = comm.recv(1, 2)
  let wrong = 0
  for (let i = 0; i < length; i += 1) if (view[i] !== i) wrong += 1
  console.log(JSON.stringify({ done, wrong, aheadSeconds: computed - sent }))
} else {
  const view = Float64Array.from({ length }, (_, i) => i)
  comm.barrier()
  SEND
  comm.send(MPI.wtime(), 0, 2)
}`

const SENDS = {
  'one message of 16 MiB': 'comm.send(view, 0, 1)',
  // The other half of the credit; what is not asked for is received never.
  'two thousand messages': `comm.send(view, 0, 1)
  for (let i = 0; i < 2000; i += 1) comm.send(new Uint8Array(8000), 0, 3)`,
  'an awaited message': 'await comm.isend(view, 0, 1)',
}

describe('messages to a rank that computes', () => {
  for (const [what, send] of Object.entries(SENDS)) {
    it(`are sent meanwhile, and there at its first call: ${what}`, async () => {
      await withFolder({ 'p.mjs': PROGRAM.replace('SEND', send) }, async (folder) => {
        const run = await runJob(['-np', '2', '--oversubscribe', 'p.mjs'], { cwd: folder })
        expect(run, run.stderr).to.include({ status: 0, stderr: '' })
        const { done, wrong, aheadSeconds } = JSON.parse(run.stdout) as Record<string, unknown>
        expect({ done, wrong }).to.deep.equal({ done: true, wrong: 0 })
        // Of two seconds; on a busy machine the sender needs some of them.
        expect(aheadSeconds).to.be.greaterThan(0.5)
      })
    })
  }
})
