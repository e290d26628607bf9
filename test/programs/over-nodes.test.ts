import { holdInOneJob } from '../support/hold-in-one-job.ts'
import { useSshJobs } from '../multi-node/ssh-jobs.ts'

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

describe('programs over nodes', () => {
  const jobs = useSshJobs(['works', 'works', 'works'])

  for (const { ranks, nodes, transport = 'tls', env = {} } of CASES) {
    describe(`n = ${ranks} over ${nodes} nodes, ${transport} ${JSON.stringify(env)}`, () => {
      const words = (): readonly string[] => {
        const { hosts, launcherArgs } = jobs().hosts
        const where = ['--host', hosts.slice(0, nodes).join(','), '--launcher-args', launcherArgs.join(' ')]
        return ['-np', String(ranks), '--transport', transport, '--map-by', 'node', ...where]
      }
      holdInOneJob(words, { env })
    })
  }
})
