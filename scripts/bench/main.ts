import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { BenchRun } from './bench-run.ts'
import { VirtualCluster } from './cluster.ts'
import { benchChecks } from './checks-suite.ts'
import { benchCollectives } from './collectives-suite.ts'
import { benchLaunch } from './launch-suite.ts'
import { LoadGate } from './load-gate.ts'
import { loadFacts, machineFacts } from './machine.ts'
import { type BenchOptions, parseOptions, type SuiteName, USAGE, UsageError } from './options.ts'
import { benchPointToPoint } from './p2p-suite.ts'
import { benchPi } from './pi-suite.ts'
import { benchPool } from './pool-suite.ts'
import { verdictLines } from './report.ts'
import { benchStart } from './start-suite.ts'
import { findTools } from './tools.ts'
import { invalidReasons, LOAD_LIMITS } from './validity.ts'
import { benchWindows } from './windows-suite.ts'

const ENDING_SIGNALS = [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const

const BENCHES: Readonly<Record<SuiteName, (run: BenchRun, cluster: VirtualCluster) => Promise<void>>> = {
  pi: benchPi,
  start: benchStart,
  launch: benchLaunch,
  pool: benchPool,
  p2p: benchPointToPoint,
  collectives: benchCollectives,
  windows: benchWindows,
  checks: benchChecks,
}

/** Runs what `words` ask for; `root` is the folder of the package. Returns the exit status. */
export async function bench(words: readonly string[], root: string): Promise<number> {
  try {
    const options = parseOptions(words)
    if (options !== 'help') return await measure(options, root)
    console.log(USAGE)
    return 0
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    console.error(`bench: ${error.message}\n\n${USAGE}`)
    return 2
  }
}

async function measure(options: BenchOptions, root: string): Promise<number> {
  const startedAt = new Date().toISOString()
  const loadBefore = loadFacts()
  const tools = findTools()
  const machine = machineFacts(root, tools)
  for (const [name, value] of Object.entries(machine)) console.log(`${name}: ${value}`)
  const cluster = new VirtualCluster(root)
  const limits = { ...LOAD_LIMITS, patienceSeconds: options.patienceSeconds }
  const gate = new LoadGate(limits, () => cluster.firstProcesses())
  const folder = mkdtempSync(join(tmpdir(), 'mpirun-ts-bench-'))
  const run = new BenchRun({ root, options, tools, folder }, gate)
  const cleanUp = () => {
    cluster.close()
    rmSync(folder, { recursive: true, force: true })
  }
  for (const [signal, status] of ENDING_SIGNALS) {
    process.once(signal, () => {
      cleanUp()
      process.exit(status)
    })
  }
  try {
    await BENCHES[options.suite](run, cluster)
  } finally {
    cleanUp()
  }
  const reasons = reasonsOf(run)
  const { contests, series, checks, skips, findings } = run
  const record = {
    suite: options.suite,
    startedAt,
    endedAt: new Date().toISOString(),
    valid: reasons.length === 0,
    reasons,
  }
  const load = { before: loadBefore, after: loadFacts(), limits }
  writeJson(options, root, startedAt, { ...record, options, machine, load, findings, checks, skips, contests, series })
  for (const line of verdictLines(reasons, contests.length + series.length)) console.log(line)
  return isFailure(run) || (reasons.length > 0 && !options.force) ? 1 : 0
}

function reasonsOf(run: BenchRun): string[] {
  const loads = [...run.contests, ...run.series].map(({ title, rounds }) => {
    const counted = rounds.filter((round) => round.isCounted)
    return { title, rounds: counted.length, disturbedRounds: counted.filter((round) => round.isDisturbed).length }
  })
  return invalidReasons(loads, run.canMeasureLoad)
}

/** A program of ours that failed or gave a wrong result is never forgiven. */
function isFailure({ contests, series, checks }: BenchRun): boolean {
  const contestants = [
    ...contests.flatMap(({ standings }) => standings),
    ...series.flatMap((result) => result.contestants),
  ]
  const hasFailed = contestants.some(({ isOurs, failure }) => isOurs && failure !== undefined)
  return hasFailed || checks.some(({ passed }) => !passed)
}

function writeJson(options: BenchOptions, root: string, startedAt: string, record: object): void {
  const path = options.jsonPath ?? `${root}bench-results/${options.suite}-${startedAt.replaceAll(':', '-')}.json`
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, `${JSON.stringify(record, undefined, 2)}\n`)
  console.log(`\nresults: ${path}`)
}
