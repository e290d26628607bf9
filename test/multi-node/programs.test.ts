import { expect } from 'chai'
import { allPrograms, programPaths } from '../support/program-list.ts'
import { runJob } from '../support/run-job.ts'
import { type SshHosts, startSshHosts, whyNoSshd } from '../support/sshd.ts'

const CASES = [
  { ranks: 1, nodes: 1 },
  { ranks: 2, nodes: 2 },
  { ranks: 2, nodes: 2, transport: 'plain' },
  { ranks: 3, nodes: 2, transport: 'plain', env: { MPIRUN_TS_SHARED_SOCKETS: 'off' } },
  { ranks: 3, nodes: 3 },
  { ranks: 4, nodes: 3, transport: 'plain' },
  { ranks: 5, nodes: 2 },
  { ranks: 5, nodes: 3, transport: 'plain' },
  { ranks: 6, nodes: 3 },
  { ranks: 7, nodes: 2 },
  { ranks: 8, nodes: 2, transport: 'plain' },
  { ranks: 8, nodes: 3 },
  { ranks: 9, nodes: 3, transport: 'plain' },
]

describe('programs over nodes', function () {
  this.timeout(420_000)
  const missing = whyNoSshd()
  let hosts: SshHosts | undefined

  before(async function () {
    if (missing !== undefined) {
      console.log(missing)
      this.skip()
    }
    hosts = await startSshHosts(['works', 'works', 'works'])
  })
  after(() => hosts?.stop())

  for (const { ranks, nodes, transport = 'tls', env = {} } of CASES) {
    it(`hold for n = ${ranks} over ${nodes} nodes, ${transport} ${JSON.stringify(env)}`, async () => {
      const names = hosts?.hosts.slice(0, nodes).join(',') ?? ''
      const launcher = ['--launcher-args', hosts?.launcherArgs.join(' ') ?? '']
      const where = ['--transport', transport, '--host', names, '--map-by', 'node', ...launcher]
      const run = await runJob(['-np', String(ranks), ...where, allPrograms, ...programPaths()], {
        timeoutMs: 400_000,
        env,
      })
      expect(run, run.stderr + run.stdout.slice(-300)).to.include({ status: 0, stderr: '' })
    })
  }
})
