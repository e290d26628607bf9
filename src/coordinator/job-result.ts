import { assertNever } from '../base/assert-never.ts'
import { ExitStatus } from '../base/errors.ts'
import type { RankFailure } from '../wire/control-messages.ts'

/** Why a job did not end well: the first thing that went wrong. */
export type JobCause =
  | {
      readonly type: 'rank'
      readonly rank: number
      readonly node: string
      readonly status: number
      readonly failure?: RankFailure
    }
  /** The job outlives lost ranks, and none is left. `status`: of the first loss. */
  | { readonly type: 'allLost'; readonly status: number }
  | { readonly type: 'abort'; readonly rank: number; readonly node: string; readonly status: number }
  /** One entry for each node that could not be started. */
  | {
      readonly type: 'launch'
      readonly messages: readonly { readonly node: string; readonly message: string }[]
      readonly status: number
    }
  /** `ranks` are those that ran on it. */
  | { readonly type: 'nodeLost'; readonly node: string; readonly ranks: readonly number[]; readonly message: string }
  /** No channel could be opened from one node to another; `tried`: addresses, and what happened there. */
  | { readonly type: 'unreachable'; readonly node: string; readonly peer: string; readonly tried: string }
  /** Agents could not do their part, all for the same reason: no such folder or program on their nodes. */
  | { readonly type: 'agent'; readonly nodes: readonly string[]; readonly message: string; readonly status: number }
  /** Ranks have ended in order after collectives that do not match. */
  | { readonly type: 'mismatch'; readonly message: string }
  | { readonly type: 'signal'; readonly signal: string; readonly status: number }
  | { readonly type: 'timeout'; readonly seconds: number }
  /** An output cannot be opened or written. `message`: a sentence, or '' where the reader of standard output went away (`| head`). */
  | { readonly type: 'output'; readonly message: string; readonly status: number }

export type RankLost = Extract<JobCause, { type: 'rank' }>
export type OutputBroken = Extract<JobCause, { type: 'output' }>
export type NodeLost = Extract<JobCause, { type: 'nodeLost' }>

export interface JobResult {
  readonly status: number
  readonly cause?: JobCause
}

/** Exit status of a job that ended for this reason (docs/architecture.md#exit-statuses). */
export function statusOf(cause: JobCause | undefined): number {
  if (cause === undefined) return ExitStatus.ok
  switch (cause.type) {
    case 'abort':
      // What a shell would see, except that an abort is never a success. A program may give any number, such as 1.5 or NaN.
      return Number.isInteger(cause.status)
        ? ((cause.status % 256) + 256) % 256 || ExitStatus.failed
        : ExitStatus.failed
    case 'nodeLost':
    case 'unreachable':
      return ExitStatus.nodeLost
    case 'timeout':
      return ExitStatus.timeout
    case 'mismatch':
      return ExitStatus.failed
    case 'rank':
    case 'allLost':
    case 'launch':
    case 'agent':
    case 'signal':
    case 'output':
      // A failure is never a success, whoever has said so.
      return cause.status & 0xff || ExitStatus.failed
    default:
      return assertNever(cause)
  }
}
