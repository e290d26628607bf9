import type { PortRange } from '../../base/port-range.ts'
import type { MapBy } from '../../placement/rooms.ts'

/** What the user asked for, checked word by word; nothing is looked up yet (docs: `mpirun-ts --help`). */
export interface CommandLine {
  readonly kind: 'run'
  /** Programs from left to right (`A : B`), at least one. */
  readonly apps: readonly AppContext[]

  readonly mapBy: MapBy
  readonly rankBy?: 'slot' | 'node'
  readonly perNode?: number
  readonly slotsPerRank?: number
  /** Path. */
  readonly rankfile?: string
  /** Nodes for when the command line names none. */
  readonly byDefault?: DefaultNodes
  /** The only scheduler that is asked; `user`: none. */
  readonly rmk?: Rmk
  readonly noLocal: boolean
  readonly oversubscribe: boolean

  /** What -genv, -genvlist, -genvall and --clean-env say for all programs. */
  readonly environment: EnvironmentOptions

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
  /** Absent: some seconds, and more for many nodes. */
  readonly launchTimeoutMs?: number
  /** How many agents may be starting at the same time. */
  readonly launchConcurrency?: number
  /** How many nodes each machine starts; Infinity: this one starts all. */
  readonly launchFanout?: number
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
  /** Flags of Node for agents and ranks of all nodes. */
  readonly nodeArgs: readonly string[]
  readonly transport: 'tls' | 'plain'
  /** Names, addresses and networks of the interfaces that agents dial, with commas between them; and those that they do not. */
  readonly interface?: string
  readonly interfaceExcept?: string
  /** Agents come back through ssh. */
  readonly tunnel: boolean
  /** Ports that listeners may use, from --port-range. */
  readonly portRanges?: readonly PortRange[]
  /** Parameters of Open MPI that name ports, from --mca (port-ranges.ts). */
  readonly portParameters: Readonly<Record<string, string>>
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

/** One program with the options that hold for it alone. */
export interface AppContext extends ProgramOptions {
  readonly program: string
  readonly args: readonly string[]
}

/** What may stand before each program of `A : B` and holds for that one alone (MPI 4.1 §11.5). */
export interface ProgramOptions {
  /** Ranks that run it; absent: all slots that are left. */
  readonly np?: number
  /** Path, or `-` for stdin. */
  readonly hostfile?: string
  /** Text of --host; several are joined by commas. */
  readonly hosts?: string
  readonly wdir?: string
  /** Folders of -path in which the program is looked for, separated by colons. */
  readonly path?: string
  /** What -x and -env say, over that of the whole job. */
  readonly environment?: EnvironmentOptions
}

/** What ranks get of this environment, and the rules that apply over it in order. */
export interface EnvironmentOptions {
  /** All that travels, nothing, or the variables with these names; absent: what the whole job says, else all. */
  readonly inherit?: 'all' | 'none' | readonly string[]
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

/**
 * `command`: a program of the user's, called with a host and a command; `others`, with their arguments: for where it is not installed. `program`: that of
 * the scheduler. `isHint`: a variable or an option of another launcher says so, which counts within such a job alone.
 */
export type LauncherChoice =
  | { readonly type: 'auto' | 'ssh' }
  | { readonly type: SchedulerLauncher; readonly program?: string; readonly isHint?: true }
  | { readonly type: 'command'; readonly command: string; readonly others?: readonly (readonly string[])[] }

export type SchedulerLauncher = 'pbs' | 'slurm' | 'sge' | 'lsf'

export type Rmk = 'pbs' | 'slurm' | 'sge' | 'lsf' | 'cobalt' | 'user'

/** A hostfile or hosts that an environment variable or a parameter of Open MPI names. */
export interface DefaultNodes {
  readonly hostfile?: string
  readonly hosts?: string
  /** Who names them, for messages. */
  readonly option: string
  /** Also within a scheduler's job ($HYDRA_HOST_FILE). */
  readonly goesFirst: boolean
}

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/** What a command line means. */
export type ParsedArguments = CommandLine | { readonly kind: 'help' } | { readonly kind: 'version' }
