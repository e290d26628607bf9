import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { BenchRun } from './bench-run.ts'
import { hostsFor, type VirtualCluster } from './cluster.ts'
import { cOpenMpi, mpi4py, ours, peers, type Place, type Program } from './mpi-peers.ts'
import { seriesPlot } from './plot.ts'
import type { SeriesContestant } from './series.ts'

const LATENCY_SIZES = [8, 1024, 8192, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216]
const BANDWIDTH_SIZES = [1024, 8192, 65_536, 1_048_576, 16_777_216]
const MIB = '1048576'
const ONE_NODE: Place = { ranks: 2 }
const ONE_RANK: Place = { ranks: 1 }
/** The credit of a pair of ranks, 64 MiB, and as much again for buffers of the network and the garbage collector. */
const MOST_IN_FLOOD_KIB = 128 * 1024

/** p2p: latency, objects, first calls, bandwidth and streams of two ranks, in the manner of the OSU micro-benchmarks; idling; floods. */
export async function benchPointToPoint(run: BenchRun, cluster: VirtualCluster): Promise<void> {
  if (run.wants('latency')) {
    await benchLatency(run)
    await benchPersistent(run)
  }
  if (run.wants('strided')) await benchStrided(run)
  if (run.wants('objects')) await benchObjects(run)
  if (run.wants('cold')) await benchCold(run)
  if (run.wants('bandwidth')) await benchBandwidth(run)
  if (run.wants('stream')) await benchStream(run)
  if (run.wants('hosts')) await benchHosts(run, cluster)
  if (run.wants('idle')) await benchIdle(run)
  if (run.wants('flood')) await benchFlood(run, cluster)
}

async function benchLatency(run: BenchRun): Promise<void> {
  const program = sized(run, 'plain', LATENCY_SIZES)
  const result = await run.measureSeries({
    title: 'latency of typed arrays on one node (send/recvInto, one way of a ping-pong)',
    unit: 'µs',
    better: 'lower',
    contestants: [
      ours(run, 'plain', program, ONE_NODE),
      ours(run, 'alloc', sized(run, 'alloc', LATENCY_SIZES), ONE_NODE),
      ...peers(run, program, ONE_NODE),
    ],
    targets: [
      { key: '8', of: 'plain', than: 'mpi4py', must: 0.9, aim: 0.5 },
      { key: '65536', of: 'plain', than: 'mpi4py', must: 2, aim: 1.2 },
      { key: '65536', of: 'alloc', than: 'mpi4py', must: 1, aim: 0.5 },
      { key: MIB, of: 'plain', than: 'mpi4py', must: 1.9, aim: 1.2 },
      { key: MIB, of: 'alloc', than: 'mpi4py', must: 1, aim: 0.6 },
    ],
  })
  const path = run.options.plotPath
  if (path === undefined) return
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, seriesPlot(result, { plain: 'mpirun-ts', alloc: 'mpirun-ts, MPI.alloc' }))
  console.log(`plot: ${path}`)
}

/** Requests that are made once and started again and again, against the calls that make one each time. */
async function benchPersistent(run: BenchRun): Promise<void> {
  const [of, than] = ['sendInit/recvInit', 'send/recvInto']
  const words = (mode: string) => ({ name: 'p2p', words: [mode, '8'] })
  await run.measureSeries({
    title: 'latency of persistent requests of 8 B on one node (start and wait, one way of a ping-pong)',
    unit: 'µs',
    better: 'lower',
    contestants: [
      ours(run, of, words('persistent'), ONE_NODE),
      { ...ours(run, than, words('plain'), ONE_NODE), isOurs: false },
    ],
    targets: [{ key: '8', of, than, must: 1 }],
  })
}

const SHAPES = [
  'column of 1000',
  '128 x 128 of 130 x 130',
  ...['x', 'y', 'z'].map((axis) => `face across ${axis} of 130^3`),
]

/** Elements that do not lie together, against the loops that a program would have in their place. */
async function benchStrided(run: BenchRun): Promise<void> {
  for (const [of, how, than, by] of [
    ['pack(into)', 'packInto', 'loop', 'loopInto'],
    ['pack()', 'pack', 'loop into a new view', 'loop'],
  ] as const) {
    const program = (words: string) => ({ name: 'strided', words: [words] })
    await run.measureSeries({
      title: `${of} of float64 elements that do not lie together`,
      unit: 'µs',
      better: 'lower',
      contestants: [
        ours(run, of, program(how), ONE_RANK),
        { ...ours(run, than, program(by), ONE_RANK), isOurs: false },
      ],
      targets: SHAPES.map((key) => ({ key, of, than, must: 1.3 })),
    })
  }
}

async function benchObjects(run: BenchRun): Promise<void> {
  const program = { name: 'p2p', words: ['objects'] }
  await run.measureSeries({
    title: 'latency of objects on one node (send/recv, one way of a ping-pong)',
    unit: 'µs',
    better: 'lower',
    contestants: [ours(run, 'mpirun-ts', program, ONE_NODE), mpi4py(run, program, ONE_NODE)],
    targets: [
      { key: 'small object', of: 'mpirun-ts', than: 'mpi4py', must: 0.9, aim: 0.6 },
      { key: 'list of 1000 records', of: 'mpirun-ts', than: 'mpi4py', must: 0.7, aim: 0.5 },
    ],
  })
}

/** What a program pays that sends little: the code of the first calls is interpreted. */
async function benchCold(run: BenchRun): Promise<void> {
  const program = { name: 'p2p', words: ['cold'] }
  await run.measureSeries({
    title: 'round trips on one node from the first one on',
    unit: 'µs',
    better: 'lower',
    contestants: [ours(run, 'mpirun-ts', program, ONE_NODE), mpi4py(run, program, ONE_NODE)],
  })
}

async function benchBandwidth(run: BenchRun): Promise<void> {
  const program = sized(run, 'bandwidth-plain', BANDWIDTH_SIZES)
  await run.measureSeries({
    title: 'bandwidth on one node (windows of isend/irecvInto, one way)',
    unit: 'MB/s',
    better: 'higher',
    contestants: [
      ours(run, 'plain', program, ONE_NODE),
      ours(run, 'alloc', sized(run, 'bandwidth-alloc', BANDWIDTH_SIZES), ONE_NODE),
      ...peers(run, program, ONE_NODE),
    ],
  })
}

async function benchStream(run: BenchRun): Promise<void> {
  const program = { name: 'p2p', words: ['stream'] }
  await run.measureSeries({
    title: 'messages of 8 B streamed one way on one node, window 64',
    unit: 'messages/s',
    better: 'higher',
    contestants: [ours(run, 'mpirun-ts', program, ONE_NODE), ...peers(run, program, ONE_NODE)],
  })
}

async function benchHosts(run: BenchRun, cluster: VirtualCluster): Promise<void> {
  if (!(await hostsFor(run, cluster, 'p2p between hosts'))) return
  const place = { ranks: 2, cluster }
  const contestants = (program: Program) => [
    ours(run, 'plain', program, place, { options: ['--transport', 'plain'] }),
    ours(run, 'tls', program, place, { options: ['--transport', 'tls'] }),
    cOpenMpi(run, program, place),
    program.words[0] === 'stream' ? undefined : mpi4py(run, program, place),
  ]
  const sizes = (run.options.sizes ?? [8, 1024, 65_536, 1_048_576, 16_777_216]).join(',')
  const openMpi = 'C Open MPI'
  await run.measureSeries({
    title: 'latency between two hosts that share two cores (send/recvInto, one way of a ping-pong; Open MPI: tcp)',
    unit: 'µs',
    better: 'lower',
    contestants: contestants({ name: 'p2p', words: ['plain', sizes] }),
    targets: [{ key: '8', of: 'plain', than: openMpi, must: 8, aim: 4 }],
  })
  await run.measureSeries({
    title: 'bandwidth between two hosts (windows of isend/irecvInto, one way; Open MPI: tcp)',
    unit: 'MB/s',
    better: 'higher',
    contestants: contestants({ name: 'p2p', words: ['bandwidth-plain', sizes] }),
    targets: [MIB, '16777216'].flatMap((key) => [
      { key, of: 'plain', than: openMpi, must: 0.4, aim: 0.6 },
      { key, of: 'tls', than: openMpi, must: 0.25, aim: 0.4 },
    ]),
  })
  await run.measureSeries({
    title: 'messages of 8 B streamed one way between two hosts, window 64',
    unit: 'messages/s',
    better: 'higher',
    contestants: contestants({ name: 'p2p', words: ['stream'] }),
    targets: ['isend, irecvInto', 'send, recvInto'].map((key) => ({ key, of: 'plain', must: 300_000 })),
  })
}

async function benchIdle(run: BenchRun): Promise<void> {
  const program = { name: 'idle', words: ['10'] }
  const place = { ranks: 3 }
  await run.measureSeries({
    title: 'processor time of two ranks that wait in recv for 10 s, while a third one sleeps',
    unit: '% of a core',
    better: 'lower',
    contestants: [ours(run, 'mpirun-ts', program, place), mpi4py(run, program, place)],
    targets: [{ key: 'two ranks in recv', of: 'mpirun-ts', must: 2 }],
  })
}

async function benchFlood(run: BenchRun, cluster: VirtualCluster): Promise<void> {
  const programs = ['1024', '65536', MIB].map((bytes) => ({ name: 'flood', words: [bytes] }))
  const place = { ranks: 2, cluster }
  const options = ['--transport', 'plain']
  const betweenHosts = (await hostsFor(run, cluster, 'flood between hosts'))
    ? programs.map((program) => ours(run, 'two hosts', program, place, { options }))
    : []
  await run.measureSeries({
    title: 'memory that a flood of 1 GiB to a slow receiver takes, growth of the peak',
    unit: 'KiB',
    better: 'lower',
    contestants: [
      oneAfterTheOther(programs.map((program) => ours(run, 'one node', program, ONE_NODE))),
      oneAfterTheOther(betweenHosts),
      oneAfterTheOther(programs.map((program) => mpi4py(run, program, ONE_NODE))),
    ],
    targets: programs.flatMap(({ words: [bytes = ''] }) =>
      ['one node', 'two hosts'].map((of) => ({ key: `${bytes} B a message`, of, must: MOST_IN_FLOOD_KIB })),
    ),
  })
}

/** A contestant that runs several programs and has the figures of all. */
function oneAfterTheOther(parts: readonly (SeriesContestant | undefined)[]): SeriesContestant | undefined {
  const present = parts.filter((part) => part !== undefined)
  const [first] = present
  if (first === undefined) return undefined
  const run = async () => {
    const figures = new Map<string, number>()
    for (const part of present) for (const [key, value] of await part.run()) figures.set(key, value)
    return figures
  }
  return { ...first, run }
}

function sized(run: BenchRun, mode: string, sizes: readonly number[]): Program {
  return { name: 'p2p', words: [mode, (run.options.sizes ?? sizes).join(',')] }
}
