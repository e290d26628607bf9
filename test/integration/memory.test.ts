import { join } from 'node:path'
import { expect } from 'chai'
import { projectDir, runJob } from '../support/run-job.ts'

describe('memory', () => {
  it('of a rank that is flooded with what it does not ask for is bounded by the credit', async () => {
    const run = await runJob(['-np', '2', join(projectDir, 'test/fixtures/multi-node/flood.js')])
    expect(run, run.stderr).to.include({ status: 0, stderr: '' })
    const grown = /^grown by (\d+) MiB\n$/.exec(run.stdout)?.[1]
    // 64 MiB of credit, as much of an overflow ring, and garbage; 600 without a bound.
    expect(Number(grown), run.stdout).to.be.within(30, 300)
  })

  // 1,600 where nobody collects what V8 does not count.
  for (const [way, what] of [
    ['send', 'allocate, send and drop'],
    ['shared', 'allocate together and free'],
  ] as const) {
    it(`that ranks ${what} is used again`, async () => {
      const run = await runJob(['-np', '3', join(projectDir, 'test/fixtures/multi-node/many-allocations.js'), way])
      expect(run, run.stderr).to.include({ status: 0, stderr: '' })
      const grown = /^grown by (\d+) MiB\n$/.exec(run.stdout)?.[1]
      expect(Number(grown), run.stdout).to.be.below(1250)
    })
  }
})
