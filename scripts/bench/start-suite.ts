import type { BenchRun } from './bench-run.ts'
import { runChecked, runCommand } from './command.ts'
import type { Contestant } from './contest.ts'
import { median } from './statistics.ts'
import { compilePeer, HOW_TO_GET, type Mpi } from './tools.ts'

const RANKS = 4

/** start: what a job costs that does nothing, in time and in memory, on this machine. */
export async function benchStart(run: BenchRun): Promise<void> {
  if (run.wants('time')) await benchTime(run)
  if (run.wants('memory')) await benchMemory(run)
}

async function benchTime(run: BenchRun): Promise<void> {
  const { openMpi, mpich } = run.tools
  await run.contest({
    title: `hello with ${RANKS} ranks, whole command`,
    unit: 'ms',
    better: 'lower',
    contestants: [
      timed('mpirun-ts', run.mpirunTs('-np', String(RANKS), run.path('examples/hello.js')), true),
      mpi4pyPeer(run),
      helloPeer(run, 'C, Open MPI', openMpi, HOW_TO_GET.openMpi),
      helloPeer(run, 'C, MPICH', mpich, HOW_TO_GET.mpich),
      timed(`node with ${RANKS} empty threads`, [
        process.execPath,
        run.path('scripts/bench/peers/bare-workers.mjs'),
        String(RANKS),
      ]),
    ],
  })
}

function mpi4pyPeer(run: BenchRun): Contestant | undefined {
  const { openMpi, python } = run.tools
  const name = 'mpi4py, Open MPI'
  if (openMpi === undefined || python === undefined) return run.skip(name, HOW_TO_GET.python)
  const program = run.path('scripts/bench/peers/hello_mpi4py.py')
  return timed(name, [openMpi.mpirun, ...openMpi.launchOptions(RANKS), python.path, program])
}

function helloPeer(run: BenchRun, name: string, mpi: Mpi | undefined, howToGet: string): Contestant | undefined {
  if (mpi?.mpicc === undefined) return run.skip(name, howToGet)
  const source = run.path('scripts/bench/peers/hello_mpi.c')
  const path = compilePeer(mpi.mpicc, source, ['-O2'], run.folder, `hello_mpi-${mpi.name.replace(' ', '-')}`)
  return timed(name, [mpi.mpirun, ...mpi.launchOptions(RANKS), path])
}

function timed(name: string, words: readonly string[], isOurs = false): Contestant {
  return { name, isOurs, run: async () => (await runChecked({ words })).wallMs }
}

/** Few and many ranks, so that their difference tells what one more rank costs. */
const FEW = 2
const MANY = 10

async function benchMemory(run: BenchRun): Promise<void> {
  const { rounds } = await run.contest({
    title: 'hello, peak resident memory of the coordinator with its ranks',
    unit: 'KiB',
    better: 'lower',
    contestants: [FEW, MANY].map((ranks) => ({
      name: memoryName(ranks),
      isOurs: true,
      run: () => peakRssKib(run, ranks),
    })),
  })
  const perRank = rounds
    .filter((round) => round.isCounted)
    .map(({ samples }) => {
      const few = samples[memoryName(FEW)]
      const many = samples[memoryName(MANY)]
      return few === undefined || many === undefined ? undefined : (many.value - few.value) / (MANY - FEW)
    })
    .filter((kib) => kib !== undefined)
  run.find('resident memory of each further rank, MiB', Number((median(perRank) / 1024).toFixed(1)))
}

function memoryName(ranks: number): string {
  return `mpirun-ts -np ${ranks}`
}

async function peakRssKib(run: BenchRun, ranks: number): Promise<number> {
  const words = run.mpirunTs('-np', String(ranks), run.path('examples/hello.js'))
  const { status, peakRssKib, stderr } = await runCommand({ words }, { watchMemory: true })
  if (status !== 0) throw new Error(`"${words.join(' ')}" ended with status ${status}: ${stderr.trim()}`)
  return peakRssKib
}
