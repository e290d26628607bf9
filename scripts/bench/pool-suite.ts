import { existsSync } from 'node:fs'
import type { BenchRun } from './bench-run.ts'
import { hostsFor, type VirtualCluster } from './cluster.ts'
import { type Command, runChecked } from './command.ts'
import type { Contestant } from './contest.ts'
import type { Unit } from './table.ts'
import { HOW_TO_GET } from './tools.ts'

interface Part {
  readonly title: string
  readonly unit: Unit
  readonly better: 'higher' | 'lower'
  /** Peers that have such a thing. */
  readonly peers: readonly PeerName[]
}
type PeerName = 'multiprocessing' | 'piscina' | 'workerpool' | 'futures'

const PARTS: Readonly<Record<string, Part>> = {
  tasks: {
    title: 'two threads, trivial tasks, chunk size 1',
    unit: 'tasks/s',
    better: 'higher',
    peers: ['multiprocessing', 'piscina', 'workerpool', 'futures'],
  },
  chunks: { title: 'two threads, default chunks', unit: 'tasks/s', better: 'higher', peers: ['multiprocessing'] },
  apply: {
    title: 'one call and its result',
    unit: 'µs',
    better: 'lower',
    peers: ['multiprocessing', 'piscina', 'workerpool', 'futures'],
  },
  skewed: {
    title: "the lesson's list ten times over, 10 µs … 50 ms, chunk size 1; 278 ms at best",
    unit: 'ms',
    better: 'lower',
    peers: ['multiprocessing', 'piscina', 'workerpool', 'futures'],
  },
  view: { title: '1 MiB in and out, copied', unit: 'µs', better: 'lower', peers: ['multiprocessing', 'piscina'] },
  moved: { title: '1 MiB in and out, handed over', unit: 'µs', better: 'lower', peers: ['piscina'] },
}

/** Pools of two: rates, round trips, large values, start, two hosts. */
export async function benchPool(run: BenchRun, cluster: VirtualCluster): Promise<void> {
  for (const [name, part] of Object.entries(PARTS)) if (run.wants(name)) await benchPart(run, name, part)
  if (run.wants('start')) await benchStart(run)
  if (run.wants('nodes')) await benchNodes(run, cluster)
}

async function benchPart(run: BenchRun, name: string, { title, unit, better, peers }: Part): Promise<void> {
  await run.contest({
    title: `pool: ${title}`,
    unit,
    better,
    contestants: [
      printed('mpirun-ts', ours(run, name), true),
      ...peers.map((peer) => {
        const words = wordsOf(run, peer, name)
        return words === undefined ? run.skip(peer, howToGet(peer)) : printed(peer, words)
      }),
    ],
  })
}

/** From the command to the first results and the end. */
async function benchStart(run: BenchRun): Promise<void> {
  const peers = ['piscina', 'workerpool', 'multiprocessing'] as const
  await run.contest({
    title: 'pool: start of two threads, first results, end',
    unit: 'ms',
    better: 'lower',
    contestants: [
      timed('mpirun-ts', ours(run, 'start'), true),
      ...peers.map((peer) => {
        const words = wordsOf(run, peer, 'start')
        return words === undefined ? run.skip(peer, howToGet(peer)) : timed(peer, words)
      }),
    ],
  })
}

async function benchNodes(run: BenchRun, cluster: VirtualCluster): Promise<void> {
  if (!(await hostsFor(run, cluster, 'two hosts'))) return
  for (const part of ['tasks', 'chunks']) {
    const words = run.mpirunTs('--pool', '-H', 'node1:1,node2:1', run.path('scripts/bench/programs/pool.mjs'), part)
    const command = cluster.onHead(words)
    await run.contest({
      title: `pool: two hosts, ${PARTS[part]?.title.replace('two threads, ', '') ?? part}`,
      unit: 'tasks/s',
      better: 'higher',
      contestants: [{ name: 'mpirun-ts --pool', isOurs: true, run: () => numberOf(command) }],
    })
  }
}

function ours(run: BenchRun, part: string): string[] {
  return [process.execPath, run.path('scripts/bench/programs/pool.mjs'), part, '2']
}

function howToGet(peer: PeerName): string {
  return peer === 'piscina' || peer === 'workerpool' ? `npm install ${peer}` : HOW_TO_GET.python
}

/** undefined where the peer is not installed. */
function wordsOf(run: BenchRun, peer: PeerName, part: string): string[] | undefined {
  const { openMpi, python } = run.tools
  const program = run.path('scripts/bench/peers/pool_multiprocessing.py')
  switch (peer) {
    case 'piscina':
    case 'workerpool':
      if (!existsSync(run.path(`node_modules/${peer}/package.json`))) return undefined
      return [process.execPath, run.path(`scripts/bench/peers/pool-${peer}.mjs`), part]
    case 'multiprocessing':
      return python === undefined ? undefined : [python.path, program, part]
    case 'futures':
      if (python === undefined || openMpi === undefined) return undefined
      return [
        openMpi.mpirun,
        ...openMpi.launchOptions(3),
        python.path,
        '-m',
        'mpi4py.futures',
        program,
        part,
        'futures',
      ]
  }
}

function printed(name: string, words: readonly string[], isOurs = false): Contestant {
  return { name, isOurs, run: () => numberOf({ words }) }
}

function timed(name: string, words: readonly string[], isOurs = false): Contestant {
  return { name, isOurs, run: async () => (await runChecked({ words })).wallMs }
}

/** The number that a program prints. */
async function numberOf(command: Command): Promise<number> {
  const { stdout } = await runChecked(command)
  const value = Number(stdout.trim())
  if (value > 0) return value
  throw new Error(`"${command.words.join(' ')}" prints no number: ${stdout.trim()}`)
}
