import { type Contest, type Contestant, type ContestResult, runContest } from './contest.ts'
import type { LoadGate } from './load-gate.ts'
import type { BenchOptions } from './options.ts'
import { contestLines } from './report.ts'
import { runSeries, type Series, type SeriesContestant, type SeriesResult } from './series.ts'
import { seriesLines } from './series-report.ts'
import type { Tools } from './tools.ts'

/** What was left out, and how to get it. */
export interface Skip {
  readonly name: string
  readonly how: string
}

/** Something that is right or wrong, whatever the load. */
export interface Check {
  readonly name: string
  readonly passed: boolean
  readonly details: string
}

/** A contest as a suite writes it: contestants that are missing on this machine are `undefined`. */
export interface DraftContest extends Omit<Contest, 'contestants'> {
  readonly contestants: readonly (Contestant | undefined)[]
}

/** A series as a suite writes it. */
export interface DraftSeries extends Omit<Series, 'contestants'> {
  readonly contestants: readonly (SeriesContestant | undefined)[]
}

/** One run of a suite: what it works with, and what has come out of it so far. Prints results as they come. */
export class BenchRun {
  /** Folder of the package, with a slash at its end. */
  readonly root: string
  readonly options: BenchOptions
  readonly tools: Tools
  /** A folder for what is compiled; deleted at the end. */
  readonly folder: string
  readonly contests: ContestResult[] = []
  readonly series: SeriesResult[] = []
  readonly skips: Skip[] = []
  readonly checks: Check[] = []
  /** Figures that are derived from contests. */
  readonly findings: Record<string, string | number> = {}
  private readonly gate: LoadGate

  constructor(surroundings: Pick<BenchRun, 'root' | 'options' | 'tools' | 'folder'>, gate: LoadGate) {
    this.root = surroundings.root
    this.options = surroundings.options
    this.tools = surroundings.tools
    this.folder = surroundings.folder
    this.gate = gate
  }

  wants(part: string): boolean {
    return this.options.only.includes(part)
  }

  async contest(draft: DraftContest): Promise<ContestResult> {
    const contestants = draft.contestants.filter((contestant) => contestant !== undefined)
    const result = await runContest({ ...draft, contestants }, this.options.rounds, this.gate, this.mostRepeats)
    this.contests.push(result)
    print(contestLines(result))
    return result
  }

  async measureSeries(draft: DraftSeries): Promise<SeriesResult> {
    const contestants = draft.contestants.filter((contestant) => contestant !== undefined)
    const { rounds } = this.options
    const result = await runSeries({ ...draft, contestants }, { rounds, mostRepeats: this.mostRepeats }, this.gate)
    this.series.push(result)
    print(seriesLines(result))
    return result
  }

  skip(name: string, how: string): undefined {
    this.skips.push({ name, how })
    print([`skipped: ${name} (${how})`])
    return undefined
  }

  check(name: string, passed: boolean, details: string): void {
    this.checks.push({ name, passed, details })
    print([`${passed ? 'right' : 'WRONG'}: ${name}: ${details}`])
  }

  find(name: string, value: string | number): void {
    this.findings[name] = value
    print([`${name}: ${value}`])
  }

  /** Who has no patience does not want disturbed rounds again, either. */
  private get mostRepeats(): number {
    return this.options.patienceSeconds === 0 ? 0 : this.options.rounds
  }

  get canMeasureLoad(): boolean {
    return this.gate.canMeasure
  }

  /** The words of a command that runs mpirun-ts. */
  mpirunTs(...words: readonly string[]): string[] {
    return [process.execPath, `${this.root}dist/mpirun.cjs`, ...words]
  }

  /** The path of a file of this package. */
  path(name: string): string {
    return `${this.root}${name}`
  }
}

function print(lines: readonly string[]): void {
  for (const line of lines) console.log(line)
}
