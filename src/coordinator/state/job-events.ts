import type { CollectiveSummary, RankFailure } from '../../wire/control-messages.ts'
import type { JobResult, NodeLost, RankLost } from '../job-result.ts'

/** What happens to a job. */
export type JobEvent =
  | { readonly type: 'agentUp'; readonly nodeId: number }
  | { readonly type: 'launchFailed'; readonly nodeId: number; readonly message: string }
  | { readonly type: 'settled' }
  /** `peer`: the node that this agent cannot reach. `isUnreached`: it never could; `message` says what was tried. */
  | {
      readonly type: 'agentFailure'
      readonly nodeId: number
      readonly message: string
      readonly exitStatus: number
      readonly peer?: number
      readonly isUnreached?: boolean
    }
  /** The other node's agent has sent this one something that does not fit. */
  | { readonly type: 'peerMisfit'; readonly nodeId: number; readonly peer: number; readonly what: string }
  /** Time is up for the other node of a broken channel to show whether it is the one that is lost. */
  | { readonly type: 'lossDecided'; readonly nodeId: number; readonly other: number; readonly message: string }
  /** The channel to an agent is closed. */
  | { readonly type: 'agentGone'; readonly nodeId: number; readonly message: string }
  /** An agent has said nothing for a while although its machine answers, or says something again. */
  | { readonly type: 'agentQuiet'; readonly nodeId: number; readonly isQuiet: boolean }
  | RankExit
  | { readonly type: 'abort'; readonly rank: number; readonly status: number }
  | { readonly type: 'signal'; readonly signal: string }
  | { readonly type: 'timeout'; readonly seconds: number }
  | { readonly type: 'outputBroken'; readonly message: string; readonly status: number }
  | { readonly type: 'deadline' }

export interface RankExit {
  readonly type: 'rankExit'
  readonly rank: number
  readonly status: number
  readonly failure?: RankFailure
  readonly collectives?: readonly CollectiveSummary[]
}

/** What is to be done then; job.ts does it. */
export type JobCommand =
  | { readonly type: 'startRanks' }
  | { readonly type: 'endAgents' }
  /** Send 'lossDecided' after `ms`. */
  | {
      readonly type: 'decideLoss'
      readonly nodeId: number
      readonly other: number
      readonly message: string
      readonly ms: number
    }
  /** Goes on without this rank: the user is told. */
  | { readonly type: 'dropRank'; readonly cause: RankLost }
  /** Goes on without this node: its agent, if it still is there, ends; the others are told; the user is. */
  | { readonly type: 'dropNode'; readonly nodeId: number; readonly cause: NodeLost }
  /** Tells the user that the job waits for a node that is stopped, or no longer. */
  | { readonly type: 'tellQuiet'; readonly nodeId: number; readonly isQuiet: boolean }
  | { readonly type: 'signalRanks'; readonly signal: string; readonly endAfterMs?: number }
  /** Send 'settled' after `ms`. */
  | { readonly type: 'settle'; readonly ms: number }
  /** Send 'deadline' after `ms`. */
  | { readonly type: 'armDeadline'; readonly ms: number }
  | { readonly type: 'finish'; readonly result: JobResult }
