import type { BenchRun } from './bench-run.ts'
import { hostsFor, type VirtualCluster } from './cluster.ts'
import { cOpenMpi, mpi4py, ours, peers, type Place, type Program } from './mpi-peers.ts'
import { COLLECTIVE_CALLS } from './options.ts'

const SIZES = [8, 1024, 8192, 65_536, 1_048_576, 16_777_216]
const ONE_NODE: Place = { ranks: 2 }
const MIB = '1048576'

/** collectives: calls of two ranks on one node and on two hosts, and of eight ranks on however few cores there are. */
export async function benchCollectives(run: BenchRun, cluster: VirtualCluster): Promise<void> {
  if (run.wants('single')) await benchSingle(run)
  for (const call of COLLECTIVE_CALLS) if (run.wants(call)) await benchCall(run, call)
  if (run.wants('eight')) await benchEight(run)
  if (run.wants('hosts')) await benchHosts(run, cluster)
}

async function benchSingle(run: BenchRun): Promise<void> {
  const program = { name: 'collectives', words: ['barrier+single'] }
  const [of, than] = ['mpirun-ts', 'mpi4py']
  await run.measureSeries({
    title: 'barrier and the smallest allreduce, two ranks on one node',
    unit: 'µs',
    better: 'lower',
    contestants: [ours(run, of, program, ONE_NODE), ...peers(run, program, ONE_NODE)],
    targets: [
      { key: 'barrier', of, than, must: 1.2, aim: 0.8 },
      { key: 'allreduce of a number', of, than, must: 1, aim: 0.6 },
      { key: 'allreduceInto of a float64', of, than, must: 1, aim: 0.6 },
    ],
  })
}

async function benchCall(run: BenchRun, call: string): Promise<void> {
  const program = { name: 'collectives', words: [call, (run.options.sizes ?? SIZES).join(',')] }
  const [of, than] = ['mpirun-ts', 'mpi4py']
  await run.measureSeries({
    title: `${call}Into, two ranks on one node`,
    unit: 'µs',
    better: 'lower',
    contestants: [
      ours(run, of, program, ONE_NODE),
      ours(run, 'MPI.alloc', program, ONE_NODE, { environment: { BENCH_ALLOC: '1' } }),
      ...peers(run, program, ONE_NODE),
    ],
    targets: call === 'allreduce' ? [{ key: MIB, of, than, must: 1.2, aim: 0.7 }] : [],
  })
}

/** Far more ranks than cores: whoever spins without yielding starves those it waits for. */
async function benchEight(run: BenchRun): Promise<void> {
  const place = { ranks: 8, isCrowded: true }
  const [of, than] = ['mpirun-ts', 'C Open MPI']
  const contestants = (program: Program) => [
    ours(run, of, program, place),
    cOpenMpi(run, program, place),
    mpi4py(run, program, place),
  ]
  await run.measureSeries({
    title: 'eight ranks on one node (Open MPI with mpi_yield_when_idle)',
    unit: 'µs',
    better: 'lower',
    contestants: contestants({ name: 'collectives', words: ['barrier+single+flood'] }),
    targets: ['barrier', 'allreduceInto of a float64', 'all-pairs flood'].map((key) => ({ key, of, than, must: 1 })),
  })
  await run.measureSeries({
    title: 'allreduceInto, eight ranks on one node (Open MPI with mpi_yield_when_idle)',
    unit: 'µs',
    better: 'lower',
    contestants: contestants({ name: 'collectives', words: ['allreduce', '1024,65536,1048576'] }),
    targets: [{ key: MIB, of, than, must: 1 }],
  })
}

async function benchHosts(run: BenchRun, cluster: VirtualCluster): Promise<void> {
  if (!(await hostsFor(run, cluster, 'collectives between hosts'))) return
  const place = { ranks: 2, cluster }
  const sizes = (run.options.sizes ?? [8, 65_536, 1_048_576]).join(',')
  for (const words of [['barrier+single'], ['allreduce', sizes], ['bcast', sizes], ['alltoall', sizes]]) {
    const program = { name: 'collectives', words }
    await run.measureSeries({
      title: `${words[0]?.replace('+single', ' and the smallest allreduce')}, two hosts that share two cores (Open MPI: tcp)`,
      unit: 'µs',
      better: 'lower',
      contestants: [
        ours(run, 'plain', program, place, { options: ['--transport', 'plain'] }),
        ours(run, 'tls', program, place, { options: ['--transport', 'tls'] }),
        ...peers(run, program, place),
      ],
    })
  }
}
