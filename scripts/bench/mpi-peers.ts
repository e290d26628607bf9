import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BenchRun } from './bench-run.ts'
import type { VirtualCluster } from './cluster.ts'
import { type Command, runChecked } from './command.ts'
import type { SeriesContestant } from './series.ts'
import { compilePeer, HOW_TO_GET, type Mpi } from './tools.ts'

/** Where a job runs: on this machine, or one rank on each of `hosts` of the virtual cluster. */
export interface Place {
  readonly ranks: number
  readonly cluster?: VirtualCluster
  /** More ranks than cores: Open MPI is told to yield where it would spin. */
  readonly isCrowded?: boolean
  /** More options for Open MPI. */
  readonly openMpi?: readonly string[]
}

/** A program of scripts/bench that prints lines of a key, a tab and a number. */
export interface Program {
  /** Its name without what differs: `p2p` is programs/p2p.mjs, peers/p2p_mpi4py.py and peers/p2p.c. */
  readonly name: string
  readonly words: readonly string[]
}

export interface OurOptions {
  /** Of mpirun-ts, such as `--transport plain`. */
  readonly options?: readonly string[]
  /** For the ranks. */
  readonly environment?: Record<string, string>
  /** Words in front of the command, such as `env NAME=value`. */
  readonly prefix?: readonly string[]
}

/** The program for mpirun-ts. */
export function ours(
  run: BenchRun,
  name: string,
  program: Program,
  place: Place,
  { options = [], environment = {}, prefix = [] }: OurOptions = {},
): SeriesContestant {
  const forwarded = Object.entries(environment).flatMap(([key, value]) => ['-x', `${key}=${value}`])
  const hosts = hostWords(place)
  const words = run.mpirunTs('-np', String(place.ranks), '--oversubscribe', ...hosts, ...options, ...forwarded)
  if (hosts.length > 0) words.push('--node', process.execPath)
  words.push(run.path(`scripts/bench/programs/${program.name}.mjs`), ...program.words)
  return { name, isOurs: true, run: () => figuresOf(commandAt(place, [...prefix, ...words])) }
}

/** The same with mpi4py under Open MPI. */
export function mpi4py(run: BenchRun, program: Program, place: Place): SeriesContestant | undefined {
  const { openMpi, python } = run.tools
  const name = 'mpi4py'
  if (openMpi === undefined || python === undefined) return run.skip(name, HOW_TO_GET.python)
  const script = run.path(`scripts/bench/peers/${program.name}_mpi4py.py`)
  const words = [openMpi.mpirun, ...openMpiOptions(openMpi, place), python.path, script, ...program.words]
  return { name, isOurs: false, run: () => figuresOf(commandAt(place, words)) }
}

export function cOpenMpi(run: BenchRun, program: Program, place: Place): SeriesContestant | undefined {
  const { openMpi } = run.tools
  const name = 'C Open MPI'
  if (openMpi?.mpicc === undefined) return run.skip(name, HOW_TO_GET.openMpi)
  const path = compiled(run, openMpi, program, place)
  const words = [openMpi.mpirun, ...openMpiOptions(openMpi, place), path, ...program.words]
  return { name, isOurs: false, run: () => figuresOf(commandAt(place, words)) }
}

/** On this machine only. */
function cMpich(run: BenchRun, program: Program, place: Place): SeriesContestant | undefined {
  const { mpich } = run.tools
  const name = 'C MPICH'
  if (mpich?.mpicc === undefined) return run.skip(name, HOW_TO_GET.mpich)
  const words = [
    mpich.mpirun,
    ...mpich.launchOptions(place.ranks),
    compiled(run, mpich, program, place),
    ...program.words,
  ]
  return { name, isOurs: false, run: () => figuresOf({ words }) }
}

/** The same with all the others that can run it at that place. */
export function peers(run: BenchRun, program: Program, place: Place): (SeriesContestant | undefined)[] {
  const besides = place.cluster === undefined ? [cMpich(run, program, place)] : []
  return [mpi4py(run, program, place), cOpenMpi(run, program, place), ...besides]
}

const compiledPrograms = new Map<string, string>()

function compiled(run: BenchRun, mpi: Mpi, program: Program, { cluster }: Place): string {
  const name = `${program.name}-${mpi.name.replace(' ', '-')}`
  const known = compiledPrograms.get(name)
  const source = run.path(`scripts/bench/peers/${program.name}.c`)
  const path = known ?? compilePeer(mpi.mpicc ?? '', source, ['-O2'], run.folder, name)
  compiledPrograms.set(name, path)
  if (cluster === undefined) return path
  const shared = join(cluster.sharedFolder, name)
  copyFileSync(path, shared)
  return shared
}

function openMpiOptions(openMpi: Mpi, place: Place): string[] {
  const options = [...openMpi.launchOptions(place.ranks), ...hostWords(place)]
  options.push(...(place.openMpi ?? []))
  if (place.isCrowded) options.push('--mca', 'mpi_yield_when_idle', '1')
  // Each host believes the machine's cores to be its own and would bind its rank to the same first one.
  if (place.cluster !== undefined) options.push('--bind-to', 'none', '--mca', 'btl', 'tcp,self')
  return options
}

function hostWords({ ranks, cluster }: Place): string[] {
  if (cluster === undefined) return []
  return ['--host', Array.from({ length: ranks }, (_, index) => `node${index + 1}:1`).join(',')]
}

function commandAt({ cluster }: Place, words: readonly string[]): Command {
  return cluster === undefined ? { words, timeoutSeconds: 300 } : cluster.onHead(words, 300)
}

/** The figures that a command prints. */
async function figuresOf(command: Command): Promise<ReadonlyMap<string, number>> {
  const { stdout } = await runChecked(command)
  const figures = new Map<string, number>()
  for (const line of stdout.split('\n')) {
    const [key = '', value] = line.split('\t')
    if (Number(value) > 0) figures.set(key, Number(value))
  }
  if (figures.size > 0) return figures
  throw new Error(`"${command.words.join(' ')}" prints no figures: ${stdout.trim()}`)
}
