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

describe('a rank that ends', () => {
  const program = join(projectDir, 'test', 'fixtures', 'ended-rank.js')

  /** What a job prints whose rank `ended` is missing at the end. */
  const doneBut = (ended: number, size: number): string[] =>
    Array.from({ length: size }, (_, rank) => `${rank}: done`).filter((_, rank) => rank !== ended)

  for (const size of [2, 3, 5]) {
    for (const ended of [0, size - 1]) {
      for (const when of ['soon', 'late']) {
        it(`leaves nobody in a collective: rank ${ended} of ${size}, the others come ${when}`, async () => {
          const run = await runJob(['-np', String(size), '--oversubscribe', program, String(ended), when])
          expect(run, run.stderr).to.include({ status: 0, stderr: '' })
          expect(sortedLines(run.stdout)).to.deep.equal(doneBut(ended, size))
        })
      }

      it(`leaves nobody in a collective where it throws and the job goes on: rank ${ended} of ${size}`, async () => {
        const words = ['-np', String(size), '--oversubscribe', '--on-rank-loss', 'continue']
        const run = await runJob([...words, program, String(ended), 'throws'])
        expect(run.status, run.stderr).to.equal(0)
        expect(run.stderr).to.contain(`lost rank ${ended}`)
        expect(sortedLines(run.stdout)).to.deep.equal(doneBut(ended, size))
      })
    }
  }
})

describe('a message whose sender ends in the middle of it', () => {
  const program = join(projectDir, 'test', 'fixtures', 'multi-node', 'half-of-a-message.js')

  for (const way of ['recv', 'recvInto', 'mprobe, then recv', 'irecv, posted before', 'a wildcard', 'await irecv']) {
    it(`fails with ERR_PROC_FAILED: ${way}`, async () => {
      // On a busy machine the receiver may sleep for so long that the overflow ring takes it all.
      for (let attempt = 0; attempt < 5; attempt += 1) {
        const run = await runJob(['-np', '2', program, '60000000', way])
        expect(run, run.stderr).to.include({ status: 0, stderr: '' })
        if (run.stdout === 'ERR_PROC_FAILED\n') return
        expect(run.stdout).to.equal('got 60000000\n')
      }
      throw new Error('it always arrived whole')
    })
  }

  it('is received where it fits the ring', async () => {
    const run = await runJob(['-np', '2', program, '100000', 'recv'])
    expect(run, run.stderr).to.include({ status: 0, stderr: '', stdout: 'got 100000\n' })
  })
})
