import type { BenchRun } from './bench-run.ts'
import { hostsFor, type VirtualCluster } from './cluster.ts'
import { ours, peers, type Place, type Program } from './mpi-peers.ts'
import type { SeriesContestant } from './series.ts'

const SIZES = [8, 1024, 65_536, 1_048_576, 16_777_216]
// Open MPI 4.1.4 prefers its component rdma, in which MPI_Compare_and_swap crashes; without it, one node has sm, which is as fast.
const openMpi = ['--mca', 'osc', '^rdma']
const ONE_NODE: Place = { ranks: 2, openMpi }
const CALLS: Readonly<Record<string, string>> = {
  single: 'fetchAndOp and compareAndSwap',
  put: 'put and flush',
  get: 'get',
}

/** windows: one rank works on another one's memory, which does nothing for it; on one node and on two hosts. */
export async function benchWindows(run: BenchRun, cluster: VirtualCluster): Promise<void> {
  for (const [call, title] of Object.entries(CALLS)) {
    if (!run.wants(call)) continue
    await run.measureSeries({
      title: `${title}, two ranks on one node`,
      unit: 'µs',
      better: 'lower',
      contestants: [
        ours(run, 'plain', program(run, 'plain', call), ONE_NODE),
        ...contestants(run, program(run, 'alloc', call), ONE_NODE),
      ],
    })
  }
  if (run.wants('hosts')) await benchHosts(run, cluster)
}

async function benchHosts(run: BenchRun, cluster: VirtualCluster): Promise<void> {
  if (!(await hostsFor(run, cluster, 'windows between hosts'))) return
  for (const [call, title] of Object.entries(CALLS)) {
    await run.measureSeries({
      title: `${title}, two hosts that share two cores (ours: plain transport; Open MPI: tcp)`,
      unit: 'µs',
      better: 'lower',
      contestants: contestants(run, program(run, 'alloc', call), { ranks: 2, cluster, openMpi }),
    })
  }
}

function contestants(run: BenchRun, what: Program, place: Place): (SeriesContestant | undefined)[] {
  const options = place.cluster === undefined ? [] : ['--transport', 'plain']
  return [ours(run, 'alloc', what, place, { options }), ...peers(run, what, place)]
}

function program(run: BenchRun, memory: string, call: string): Program {
  return { name: 'windows', words: [memory, call, (run.options.sizes ?? SIZES).join(',')] }
}
