import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BenchRun } from './bench-run.ts'
import { hostsFor, type VirtualCluster } from './cluster.ts'
import { runChecked } from './command.ts'
import type { Contestant } from './contest.ts'
import { compilePeer, HOW_TO_GET } from './tools.ts'

const NODES = ['node1', 'node2', 'node3', 'node4']
/** A node whose name and address are known, but which is not there. */
const ABSENT_NODE = 'node9'
const EXIT_NODE_LOST = 3
/** A job that has not ended after this many seconds hangs. */
const HANG_SECONDS = 60

/** launch: starting and failing on four hosts over ssh, in the virtual cluster. */
export async function benchLaunch(run: BenchRun, cluster: VirtualCluster): Promise<void> {
  if (!(await hostsFor(run, cluster, 'everything of launch', NODES.length))) return
  if (run.wants('time')) await benchTime(run, cluster)
  if (run.wants('failure')) await benchFailure(run, cluster)
  if (run.wants('unreachable')) await benchUnreachable(run, cluster)
}

async function benchTime(run: BenchRun, cluster: VirtualCluster): Promise<void> {
  await run.contest({
    title: `hello on ${NODES.length} ssh hosts, one rank each, whole command`,
    unit: 'ms',
    better: 'lower',
    contestants: [
      onHead(cluster, 'mpirun-ts', jobOn(run, NODES, run.path('examples/hello.js')), true),
      openMpiPeer(run, cluster),
      onHead(cluster, 'ssh node1 true', ['ssh', 'node1', 'true']),
    ],
  })
}

function openMpiPeer(run: BenchRun, cluster: VirtualCluster): Contestant | undefined {
  const { openMpi } = run.tools
  const name = 'C, Open MPI'
  if (openMpi?.mpicc === undefined) return run.skip(name, HOW_TO_GET.openMpi)
  const source = run.path('scripts/bench/peers/hello_mpi.c')
  const path = compilePeer(openMpi.mpicc, source, ['-O2'], cluster.sharedFolder, 'hello_mpi')
  const hosts = NODES.map((node) => `${node}:1`).join(',')
  // Each host believes the machine's cores to be its own and would bind its rank to the same first one.
  const options = [...openMpi.launchOptions(NODES.length), '--host', hosts, '--bind-to', 'none']
  return onHead(cluster, name, [openMpi.mpirun, ...options, path])
}

function onHead(cluster: VirtualCluster, name: string, words: readonly string[], isOurs = false): Contestant {
  return { name, isOurs, run: async () => (await runChecked(cluster.onHead(words, HANG_SECONDS))).wallMs }
}

/** From the moment a rank throws to the end of the command, while the rank on the other node waits in a barrier. */
async function benchFailure(run: BenchRun, cluster: VirtualCluster): Promise<void> {
  const words = jobOn(run, NODES.slice(0, 2), run.path('scripts/bench/programs/throw-in-rank.js'))
  const measure = async () => {
    const { stdout, endedAtMs } = await runChecked(cluster.onHead(words, HANG_SECONDS), 1)
    const thrownAtMs = Number(/thrown at (\d+)/.exec(stdout)?.[1])
    if (Number.isNaN(thrownAtMs)) throw new Error(`the rank that throws did not say when: ${stdout.trim()}`)
    return endedAtMs - thrownAtMs
  }
  await run.contest({
    title: 'a rank on one of two nodes throws, from there to the end of the command',
    unit: 'ms',
    better: 'lower',
    contestants: [{ name: 'mpirun-ts', isOurs: true, run: measure }],
  })
}

async function benchUnreachable(run: BenchRun, cluster: VirtualCluster): Promise<void> {
  const hostfile = join(cluster.sharedFolder, 'hostfile')
  writeFileSync(hostfile, `node1 slots=1\n${ABSENT_NODE} slots=1\n`)
  const words = run.mpirunTs('--node', process.execPath, '--hostfile', hostfile, run.path('examples/hello.js'))
  const measure = async () => (await runChecked(cluster.onHead(words, HANG_SECONDS), EXIT_NODE_LOST)).wallMs
  await run.contest({
    title: 'a host of the hostfile is not there, whole command (exit status 3)',
    unit: 'ms',
    better: 'lower',
    contestants: [{ name: 'mpirun-ts', isOurs: true, run: measure }],
  })
}

function jobOn(run: BenchRun, nodes: readonly string[], program: string): string[] {
  const hosts = nodes.map((node) => `${node}:1`).join(',')
  return run.mpirunTs('-np', String(nodes.length), '--host', hosts, '--node', process.execPath, program)
}
