import type { Placement } from '../placement/placement.ts'
import type { Outlives } from './state/job-state.ts'
import type { EnvironmentSpec, ProgramSpec, TerminalSpec } from '../wire/control-messages.ts'

/** Everything that a job needs to know, made from the command line (cli/make-job-request.ts). */
export interface JobRequest {
  readonly jobId: string
  readonly placement: Placement
  /** Indexed by `PlacedRank.app`. */
  readonly programs: readonly ProgramSpec[]
  readonly environment: EnvironmentSpec
  /** Absolute working directory of each program; all ranks of a node have the same (placement/split-by-folder.ts). */
  readonly wdirs: readonly string[]
  /** Which rank reads standard input. */
  readonly stdin: number | 'all' | 'none'
  /** Within it every agent must have said hello. */
  readonly launchTimeoutMs: number
  /** The job is ended after this time; Infinity: never. */
  readonly timeoutMs: number
  /** What ranks with a handler for SIGINT or SIGTERM get to end by themselves. */
  readonly graceMs: number
  readonly terminal: TerminalSpec
  /** --sync-send: every standard send waits until it is matched. */
  readonly syncSend: boolean
  /** Ranks that wait for each other are found out (MPIRUN_TS_DEADLOCK=off: not). */
  readonly findsDeadlocks: boolean
  /** Ranks may write to unencrypted connections themselves (not with MPIRUN_TS_SHARED_SOCKETS=off). */
  readonly sharesSockets: boolean
  /** --pool: rank 0 runs the program, the others serve its pools. */
  readonly pool: boolean
  /** What the job goes on after (--on-rank-loss continue). */
  readonly outlives: Outlives
  /** Signals that are passed on to the ranks (--forward-signals). */
  readonly forwardSignals: readonly NodeJS.Signals[]
  /** Flags of Node for the ranks of all nodes: those of this process's command line, and --node-args. */
  readonly nodeFlags: readonly string[]
}
