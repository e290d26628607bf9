/** What can be measured. */
export const SUITES = ['pi', 'start', 'launch', 'pool', 'p2p', 'collectives', 'windows', 'checks'] as const
export type SuiteName = (typeof SUITES)[number]

/** Collectives that are measured by size. */
export const COLLECTIVE_CALLS = [
  'allreduce',
  'bcast',
  'allgather',
  'alltoall',
  'gather',
  'scatter',
  'reduce',
  'reduceScatter',
  'scan',
] as const

/** The parts of each suite, in the order in which they run. */
export const PARTS: Readonly<Record<SuiteName, readonly string[]>> = {
  pi: ['rate', 'scaling', 'lesson', 'hits'],
  start: ['time', 'memory'],
  launch: ['time', 'failure', 'unreachable'],
  pool: ['tasks', 'chunks', 'apply', 'skewed', 'view', 'moved', 'start', 'nodes'],
  p2p: ['latency', 'strided', 'objects', 'cold', 'bandwidth', 'stream', 'hosts', 'idle', 'flood'],
  collectives: ['single', ...COLLECTIVE_CALLS, 'eight', 'hosts'],
  windows: ['single', 'put', 'get', 'hosts'],
  checks: ['latency', 'collectives', 'idle', 'hosts'],
}

export interface BenchOptions {
  readonly suite: SuiteName
  readonly rounds: number
  /** Trials of the scaling runs of `pi`, as written. */
  readonly trials: string
  /** Where the results go; by default a file in bench-results/. */
  readonly jsonPath: string | undefined
  /** Exit with status 0 though the run is invalid. */
  readonly force: boolean
  /** Seconds that the whole run may wait for other load to end. */
  readonly patienceSeconds: number
  /** The parts to run. */
  readonly only: readonly string[]
  /** p2p, collectives, windows: sizes of messages in bytes; `undefined`: those of the suite. */
  readonly sizes: readonly number[] | undefined
  /** p2p: where the plot of the latencies goes; `undefined`: none. */
  readonly plotPath: string | undefined
}

export const USAGE = `Usage: npm run bench -- pi|start|launch|pool|p2p|collectives|windows|checks [options]

  --rounds N       rounds (7)
  --only A,B       only these parts; pi: rate, scaling, lesson, hits
                   start: time, memory; launch: time, failure, unreachable
                   pool: tasks, chunks, apply, skewed, view, moved, start, nodes
                   p2p: latency, strided, objects, cold, bandwidth, stream,
                   hosts, idle, flood
                   collectives: single, allreduce, bcast, allgather, alltoall,
                   gather, scatter, reduce, reduceScatter, scan, eight, hosts
                   windows: single, put, get, hosts
                   checks: latency, collectives, idle, hosts
  --sizes A,B      p2p, collectives, windows: bytes of the messages (8 to 16777216)
  --plot FILE      p2p: write the latencies as an SVG plot
  --trials N       pi: trials of the scaling runs (1e10)
  --full           pi: the same as --trials 1e11
  --json FILE      where to write the results (bench-results/SUITE-TIME.json)
  --patience S     seconds to wait in all for other load to end (60); with 0
                   disturbed rounds are not repeated, either
  --force          exit with status 0 though the run is invalid

Exit status: 0; 1 when the run is invalid, a program of ours failed or hits
differ; 2 for a mistake in the options. docs/benchmarks.md explains the figures.`

/** A mistake in the words of the command. */
export class UsageError extends Error {}

/** Reads the words after `npm run bench --`; `help` when they ask for it. Throws `UsageError`. */
export function parseOptions(words: readonly string[]): BenchOptions | 'help' {
  if (words.includes('--help') || words.includes('-h')) return 'help'
  const suite = SUITES.find((name) => name === words[0])
  if (suite === undefined) throw new UsageError(`say what to measure (${SUITES.join(', ')}), not "${words[0] ?? ''}"`)
  const options = {
    suite,
    rounds: 7,
    trials: '1e10',
    jsonPath: undefined as string | undefined,
    force: false,
    patienceSeconds: 60,
    only: PARTS[suite],
    sizes: undefined as readonly number[] | undefined,
    plotPath: undefined as string | undefined,
  }
  const rest = splitAtEquals(words.slice(1))
  for (let name = rest.shift(); name !== undefined; name = rest.shift()) {
    const value = () => {
      const word = rest.shift()
      if (word === undefined) throw new UsageError(`${name} needs a value`)
      return word
    }
    if (name === '--rounds') options.rounds = wholeNumber(name, value(), 1)
    else if (name === '--trials') options.trials = trialsOf(value())
    else if (name === '--full') options.trials = '1e11'
    else if (name === '--json') options.jsonPath = value()
    else if (name === '--force') options.force = true
    else if (name === '--patience') options.patienceSeconds = wholeNumber(name, value(), 0)
    else if (name === '--sizes')
      options.sizes = value()
        .split(',')
        .map((word) => wholeNumber(name, word, 1))
    else if (name === '--plot') options.plotPath = value()
    else if (name === '--only') options.only = partsOf(suite, value())
    else throw new UsageError(`unknown option "${name}"`)
  }
  return options
}

function splitAtEquals(words: readonly string[]): string[] {
  return words.flatMap((word) => {
    const at = word.startsWith('--') ? word.indexOf('=') : -1
    return at < 0 ? [word] : [word.slice(0, at), word.slice(at + 1)]
  })
}

function wholeNumber(name: string, word: string, least: number): number {
  const value = Number(word)
  if (/^\d+$/.test(word) && value >= least) return value
  throw new UsageError(`${name} must be a whole number, at least ${least}, not "${word}"`)
}

function trialsOf(word: string): string {
  if (Number.isInteger(Number(word)) && Number(word) > 0) return word
  throw new UsageError(`--trials must be a whole number such as 1e10, not "${word}"`)
}

function partsOf(suite: SuiteName, list: string): readonly string[] {
  const wanted = list.split(',')
  const unknown = wanted.find((part) => !PARTS[suite].includes(part))
  if (unknown === undefined) return PARTS[suite].filter((part) => wanted.includes(part))
  throw new UsageError(`${suite} has no part "${unknown}"; its parts are ${PARTS[suite].join(', ')}`)
}
