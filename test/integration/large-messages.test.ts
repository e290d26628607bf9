import { freemem } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { projectDir, runJob } from '../support/run-job.ts'

const NEEDED_GIB = 13

describe('large messages', () => {
  it('of 2.1, 4.5 and three times 1.5 GiB arrive', async function () {
    const isWanted = process.env['MPIRUN_TS_LARGE'] === '1'
    if (!isWanted || freemem() < NEEDED_GIB * 2 ** 30) {
      console.log(`skipped: needs MPIRUN_TS_LARGE=1 and ${NEEDED_GIB} GiB of free memory`)
      this.skip()
    }
    const program = join(projectDir, 'test', 'fixtures', 'large.js')
    const run = await runJob(['-np', '4', '--oversubscribe', program], { timeoutMs: 280_000 })
    expect(run, run.stderr).to.include({ status: 0, stdout: 'all came\n', stderr: '' })
  }).timeout(300_000)
})
