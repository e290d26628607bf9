import type { BenchRun } from './bench-run.ts'
import { hostsFor, type VirtualCluster } from './cluster.ts'
import { ours, type Place, type Program } from './mpi-peers.ts'

const ONE_NODE: Place = { ranks: 2 }

/** checks: what it costs that ranks which wait for each other for ever are found. */
export async function benchChecks(run: BenchRun, cluster: VirtualCluster): Promise<void> {
  if (run.wants('latency')) await benchWatch(run, '8 B, one way', { name: 'p2p', words: ['plain', '8'] }, ONE_NODE)
  if (run.wants('collectives')) {
    await benchWatch(run, 'collectives', { name: 'collectives', words: ['barrier+single'] }, ONE_NODE)
  }
  if (run.wants('idle')) {
    const program = { name: 'idle', words: ['10'] }
    await benchWatch(run, 'two ranks that wait in recv for 10 s', program, { ranks: 3 }, '% of a core')
  }
  if (run.wants('hosts') && (await hostsFor(run, cluster, 'the watch between hosts'))) {
    await benchWatch(run, '8 B between two hosts', { name: 'p2p', words: ['plain', '8'] }, { ranks: 2, cluster })
  }
}

/** A job with the watch for deadlocks and one without, in turn. */
async function benchWatch(
  run: BenchRun,
  what: string,
  program: Program,
  place: Place,
  unit: 'µs' | '% of a core' = 'µs',
): Promise<void> {
  await run.measureSeries({
    title: `${what}, with the watch for deadlocks and without`,
    unit,
    better: 'lower',
    contestants: [
      ours(run, 'watched', program, place),
      ours(run, 'MPIRUN_TS_DEADLOCK=off', program, place, { prefix: ['env', 'MPIRUN_TS_DEADLOCK=off'] }),
    ],
  })
}
