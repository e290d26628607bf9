import type { BenchRun } from './bench-run.ts'
import { runChecked } from './command.ts'
import type { Contestant } from './contest.ts'
import { compilePeer, HOW_TO_GET } from './tools.ts'

/** How many trials a program of the rate contest runs: about one to three seconds for each. */
const RATE_TRIALS = { vector: 4e9, numpy: 1e8, erand48: 1e8 } as const
const CHECK_TRIALS = '1e9'
const CHECK_SEED = '42'

/** pi: the rate of the trial kernel, its scaling, the lesson's list, and that hits never change. */
export async function benchPi(run: BenchRun): Promise<void> {
  if (run.wants('rate')) await benchRate(run)
  if (run.wants('scaling')) await benchScaling(run)
  if (run.wants('lesson')) await benchLesson(run)
  if (run.wants('hits')) await checkHits(run)
}

async function benchRate(run: BenchRun): Promise<void> {
  const trials = RATE_TRIALS.vector
  const ours: Contestant = {
    name: 'mpirun-ts',
    isOurs: true,
    run: async () =>
      trials / (await secondsOf(run.mpirunTs('-np', '1', run.path('examples/pi.js'), String(trials), '--json'))),
  }
  await run.contest({
    title: 'pi, one rank on one core',
    unit: 'trials/s',
    better: 'higher',
    contestants: [ours, ...vectorPeers(run), numpyPeer(run), cPeer(run, 'pi_erand48', [], RATE_TRIALS.erand48)],
  })
}

function vectorPeers(run: BenchRun): (Contestant | undefined)[] {
  return [[], ['-mprefer-vector-width=256']].map((flags) => cPeer(run, 'pi_vector', flags, RATE_TRIALS.vector))
}

function cPeer(run: BenchRun, program: string, moreFlags: readonly string[], trials: number): Contestant | undefined {
  const name = ['C', program, ...moreFlags].join(' ')
  const { openMpi } = run.tools
  if (openMpi?.mpicc === undefined) return run.skip(name, HOW_TO_GET.openMpi)
  const source = run.path(`scripts/bench/peers/${program}.c`)
  const flags = ['-O3', '-march=native', ...moreFlags]
  const path = compilePeer(openMpi.mpicc, source, flags, run.folder, `${program}${moreFlags.join('')}`)
  const words = [openMpi.mpirun, ...openMpi.launchOptions(1), path, String(trials)]
  return { name, isOurs: false, run: async () => trials / (await secondsOf(words)) }
}

function numpyPeer(run: BenchRun): Contestant | undefined {
  const { openMpi, python } = run.tools
  const name = 'numpy, mpi4py'
  if (openMpi === undefined || python === undefined) return run.skip(name, HOW_TO_GET.python)
  const trials = RATE_TRIALS.numpy
  const program = run.path('scripts/bench/peers/pi_numpy_mpi4py.py')
  const words = [openMpi.mpirun, ...openMpi.launchOptions(1), python.path, program, String(trials)]
  return { name, isOurs: false, run: async () => trials / (await secondsOf(words)) }
}

async function benchScaling(run: BenchRun): Promise<void> {
  const { trials } = run.options
  const contestants = [2, 1].map((ranks) => ({
    name: `mpirun-ts -np ${ranks}`,
    isOurs: true,
    run: async () =>
      1000 * (await secondsOf(run.mpirunTs('-np', String(ranks), run.path('examples/pi.js'), trials, '--json'))),
  }))
  const title = `pi, two ranks against one, ${trials} trials`
  const { standings } = await run.contest({ title, unit: 'ms', better: 'lower', contestants })
  const speedUp = standings[1]?.ratio
  if (speedUp !== undefined) run.find('parallel efficiency of two ranks', Number((speedUp.median / 2).toFixed(3)))
}

async function benchLesson(run: BenchRun): Promise<void> {
  const { python } = run.tools
  const words = run.mpirunTs('-np', '2', run.path('examples/pi.js'))
  const program = run.path('scripts/bench/peers/pi_multiprocessing.py')
  const name = 'multiprocessing.Pool(2)'
  await run.contest({
    title: "pi, the lesson's list 10^1 to 10^7, whole command",
    unit: 'ms',
    better: 'lower',
    contestants: [
      { name: 'mpirun-ts -np 2', isOurs: true, run: () => wallMsOf(words) },
      python === undefined
        ? run.skip(name, HOW_TO_GET.python)
        : { name, isOurs: false, run: () => wallMsOf([python.path, program]) },
    ],
  })
}

/** The hits of a seed are one integer, whatever runs them; load does not matter here. */
async function checkHits(run: BenchRun): Promise<void> {
  console.log(`\n── pi, hits of ${CHECK_TRIALS} trials of seed ${CHECK_SEED}`)
  const ways = [
    ...['1', '2', '3', '7'].map((ranks) => ({ name: `-np ${ranks}`, ranks, environment: {} })),
    { name: '-np 2, scalar kernel', ranks: '2', environment: { MPIRUN_TS_PI_KERNEL: 'scalar' } },
  ]
  const found = new Set<string>()
  for (const { name, ranks, environment } of ways) {
    const words = run.mpirunTs('-np', ranks, run.path('examples/pi.js'), CHECK_TRIALS, '--seed', CHECK_SEED, '--json')
    const { stdout } = await runChecked({ words, environment })
    const hits = /"hits":(\d+)/.exec(stdout)?.[1] ?? `none in "${stdout.trim()}"`
    found.add(hits)
    run.find(`hits with ${name}`, hits)
  }
  run.check('the hits are the same integer', found.size === 1, [...found].join(', '))
}

/** What a program says of itself: the seconds of its computation, without its start. */
async function secondsOf(words: readonly string[]): Promise<number> {
  const { stdout } = await runChecked({ words })
  const seconds = Number(/"seconds":\s*([\d.e-]+)/.exec(stdout)?.[1])
  if (seconds > 0) return seconds
  throw new Error(`"${words.join(' ')}" says no seconds: ${stdout.trim()}`)
}

async function wallMsOf(words: readonly string[]): Promise<number> {
  return (await runChecked({ words })).wallMs
}
