import { join } from 'node:path'
import { expect } from 'chai'
import { poolOutput, poolPrograms } from '../support/pool-programs.ts'
import { runJob, withPrograms } from '../support/run-job.ts'
import { type SshHosts, startSshHosts, whyNoSshd } from '../support/sshd.ts'

describe('pools over nodes', function () {
  this.timeout(120_000)
  const missing = whyNoSshd()
  let hosts: SshHosts | undefined

  before(async function () {
    if (missing !== undefined) {
      console.log(missing)
      this.skip()
    }
    hosts = await startSshHosts(['works', 'works'])
  })
  after(() => hosts?.stop())

  for (const ranks of [2, 3, 4]) {
    it(`--pool with ${ranks} ranks on two nodes does what it does on one`, async () => {
      const launcher = ['--launcher-args', hosts?.launcherArgs.join(' ') ?? '']
      const where = ['--host', hosts?.hosts.map((host) => `${host}:2`).join(',') ?? '', '--map-by', 'node', ...launcher]
      await withPrograms(poolPrograms, async (folder) => {
        const run = await runJob(['--pool', '-np', String(ranks), ...where, join(folder, 'pool.mjs')])
        expect(run).to.include({ status: 0, stderr: '', stdout: poolOutput(ranks) })
      })
    })
  }
})
