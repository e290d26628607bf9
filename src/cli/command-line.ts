import type { MapBy } from '../placement/map-by.ts'

/** What the user asked for, checked word by word; nothing is looked up yet (docs: `mpirun-ts --help`). */
export interface CommandLine {
  readonly kind: 'run'
  /** Programs from left to right (`A : B`), at least one. */
  readonly apps: readonly AppContext[]

  /** Path, or `-` for stdin. */
  readonly hostfile?: string
  /** Text of --host; several are joined by commas. */
  readonly hosts?: string
  readonly mapBy: MapBy
  readonly perNode?: number
  readonly noLocal: boolean
  readonly oversubscribe: boolean

  readonly environment: EnvironmentOptions
  readonly wdir?: string

  readonly stdin: number | 'all' | 'none'
  readonly outputPrefix: OutputPrefix
  readonly timestampOutput: boolean
  readonly outputDirectory?: string
  /** With %r rank, %h host, %p pid, %t time and %% for itself; any other letter has been refused. So for errfilePattern. */
  readonly outfilePattern?: string
  readonly errfilePattern?: string
  readonly mergeStderr: boolean

  /** Time for the whole job; absent: no limit. */
  readonly timeoutMs?: number
  readonly launchTimeoutMs: number
  readonly graceMs: number
  /** Names with SIG in front. */
  readonly forwardSignals: readonly NodeJS.Signals[]
  readonly onRankLoss: 'abort' | 'continue'

  readonly displayMap: boolean
  readonly displayAllocation: boolean
  readonly dryRun: boolean

  /** Absent: $MPIRUN_TS_LAUNCHER, else auto. */
  readonly launcher?: LauncherChoice
  readonly launcherArgs: readonly string[]
  /** Which node starts agents; absent: the one that runs mpirun-ts. */
  readonly nodePath?: string
  readonly transport: 'tls' | 'plain'
  /** Name or address of the interface that agents dial. */
  readonly interface?: string
  readonly preload: boolean
  readonly pool: boolean
  readonly syncSend: boolean

  readonly progress: 'auto' | 'on' | 'off'
  readonly verbose: boolean
  readonly quiet: boolean
  readonly logLevel: LogLevel
  readonly logFile?: string

  /** Sentences to print before the job starts. */
  readonly warnings: readonly string[]
}

/** One program and how many ranks run it; without `np`, all slots that are left. */
export interface AppContext {
  readonly np?: number
  readonly program: string
  readonly args: readonly string[]
}

/** `clean`: ranks get nothing but what `rules` name. Rules apply in order. */
export interface EnvironmentOptions {
  readonly clean: boolean
  readonly rules: readonly EnvironmentRule[]
}

/** `copy`: variables of this environment; `*` in the pattern stands for any letters. */
export type EnvironmentRule =
  | { readonly type: 'set'; readonly name: string; readonly value: string }
  | { readonly type: 'copy'; readonly pattern: string }

/** What stands before each line of output: nothing, `[1,R]<stdout>: `, `[R] `, or a pattern as in `outfilePattern`. */
export type OutputPrefix =
  | { readonly type: 'none' | 'tag' | 'rank' }
  | { readonly type: 'pattern'; readonly pattern: string }

/** `command`: a program of the user's that is called like ssh. */
export type LauncherChoice =
  | { readonly type: 'auto' | 'ssh' | 'pbs' | 'slurm' | 'sge' }
  | { readonly type: 'command'; readonly command: string }

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/** What a command line means. */
export type ParsedArguments = CommandLine | { readonly kind: 'help' } | { readonly kind: 'version' }
