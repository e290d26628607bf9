import { randomBytes } from 'node:crypto'
import { expect } from 'chai'
import { eventually, processesWith } from '../support/processes.ts'
import { startJob } from '../support/run-job.ts'
import { withFolder } from './program-folder.ts'

/** Each rank starts a child with a child of its own, then ends in one of several ways. */
const PROGRAM = `const { spawn } = require('node:child_process')
const { MPI } = require('mpirun-ts')
const child = spawn('/bin/sh', ['-c', 'sleep 1000 & echo started; wait'], { stdio: ['ignore', 'pipe', 'ignore'] })
child.stdout.once('data', () => {
  // The guard of a killed command looks twice a second.
  setTimeout(() => {
    console.log('up', MPI.COMM_WORLD.rank)
    const how = process.argv[2]
    if (how === 'return') { child.unref(); child.stdout.destroy() }
    else if (how === 'fail') setTimeout(() => { throw new Error('boom') }, 50)
    else if (how === 'block') for (;;);
  }, 1200)
})
`

const ENDS: readonly [how: string, signal: NodeJS.Signals | undefined, status: number | null][] = [
  ['return', undefined, 0],
  ['fail', undefined, 1],
  ['idle', 'SIGINT', 130],
  ['block', 'SIGTERM', 143],
  ['idle', 'SIGKILL', null],
  ['block', 'SIGKILL', null],
]

describe('what a job leaves behind', () => {
  for (const [how, signal, status] of ENDS) {
    it(`nothing: ranks ${how}${signal === undefined ? '' : `, the command gets ${signal}`}`, async () => {
      const mark = `leftovers-${randomBytes(8).toString('hex')}`
      await withFolder({ 'p.cjs': PROGRAM }, async (folder) => {
        const job = startJob(['-np', '2', 'p.cjs', how], { cwd: folder, env: { MPIRUN_TS_TEST_MARK: mark } })
        if (signal !== undefined) {
          await job.saw('up 0')
          await job.saw('up 1')
          // The command itself, and a shell and a sleep of each rank.
          expect(processesWith(mark)).to.have.length.of.at.least(5)
          job.child.kill(signal)
        }
        const run = await job.result
        expect(run.status, run.stderr).to.equal(status)
        expect(await eventually(() => processesWith(mark).length === 0, 30_000), 'all gone').to.equal(true)
      })
    })
  }
})
