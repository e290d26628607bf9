import { assertNever } from '../base/assert-never.ts'
import { ExitStatus } from '../base/errors.ts'
import type { PlacedNode, Placement } from '../placement/placement.ts'
import type { CollectiveSummary, RankFailure } from '../wire/control-messages.ts'
import { contradiction, type Finisher } from './collective-check.ts'
import type { JobCause, JobResult } from './job-result.ts'

/**
 * The life of a job as a pure function: `step(state, event)` gives the next state and what is to be done. No I/O, no clock, so a
 * thousand nodes fit into a unit test. job.ts performs the commands.
 *
 *   launching ──all agents up──► running ──last rank over, failure, signal──► ending ──all agents gone, deadline──► over
 *       └── an agent does not start ──► settling (other agents' failures are collected) ──► ending
 */
export type Phase = 'launching' | 'settling' | 'running' | 'ending' | 'over'

export interface JobState {
  readonly phase: Phase
  readonly placement: Placement
  readonly graceMs: number
  /** The job outlives a lost node, unless it is that of rank 0 (--pool with --on-rank-loss continue). */
  readonly outlivesNodes: boolean
  readonly agents: ReadonlyMap<number, 'starting' | 'up' | 'gone'>
  /** Ranks that are not over; each ends once. */
  readonly ranksLeft: number
  /** Those that are over, the last one first: a list that grows without being copied, for a job may have many. */
  readonly over: Over | undefined
  readonly nodeOfRank: ReadonlyMap<number, PlacedNode>
  /** The first rank that has ended in order after collectives. */
  readonly finisher?: Finisher | undefined
  /** The first cause stays. */
  readonly cause: JobCause | undefined
}

interface Over {
  readonly nodeId: number
  readonly before: Over | undefined
}

export type JobEvent =
  | { readonly type: 'agentUp'; readonly nodeId: number }
  | { readonly type: 'launchFailed'; readonly nodeId: number; readonly message: string }
  | { readonly type: 'settled' }
  /** `peer`: the node that this agent cannot reach. */
  | {
      readonly type: 'agentFailure'
      readonly nodeId: number
      readonly message: string
      readonly exitStatus: number
      readonly peer?: number
    }
  /** Time is up for the node of rank 0 to show whether it is the one that is lost. */
  | { readonly type: 'lossDecided'; readonly nodeId: number; readonly message: string }
  /** The channel to an agent is closed. */
  | { readonly type: 'agentGone'; readonly nodeId: number; readonly message: string }
  | RankExit
  | { readonly type: 'abort'; readonly rank: number; readonly status: number }
  | { readonly type: 'signal'; readonly signal: string }
  | { readonly type: 'timeout'; readonly seconds: number }
  | { readonly type: 'outputBroken'; readonly message: string; readonly isClosed: boolean }
  | { readonly type: 'deadline' }

interface RankExit {
  readonly type: 'rankExit'
  readonly rank: number
  readonly status: number
  readonly failure?: RankFailure
  readonly collectives?: CollectiveSummary
}

export type JobCommand =
  | { readonly type: 'startRanks' }
  | { readonly type: 'endAgents' }
  /** Send 'lossDecided' after `ms`. */
  | { readonly type: 'decideLoss'; readonly nodeId: number; readonly message: string; readonly ms: number }
  /** Goes on without this node: its agent, if it still is there, ends; the others are told; the user is. */
  | { readonly type: 'dropNode'; readonly nodeId: number; readonly cause: NodeLost }
  | { readonly type: 'signalRanks'; readonly signal: string; readonly endAfterMs?: number }
  /** Send 'settled' after `ms`. */
  | { readonly type: 'settle'; readonly ms: number }
  /** Send 'deadline' after `ms`. */
  | { readonly type: 'armDeadline'; readonly ms: number }
  | { readonly type: 'finish'; readonly result: JobResult }

type NodeLost = Extract<JobCause, { type: 'nodeLost' }>
type Step = readonly [JobState, readonly JobCommand[]]

/** After the first launch failure others have this long to be reported with it. */
const SETTLE_MS = 1000
/** What two heartbeats may lie apart by which the same end is noticed. */
const DECIDE_MS = 3000
/** Agents have this long to end their ranks and say goodbye. */
const END_MS = 2000
const ENDING_SIGNALS: Readonly<Record<string, number>> = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 }

export function initialState(placement: Placement, graceMs: number, outlivesNodes = false): JobState {
  const agents = new Map(placement.nodes.map((node) => [node.id, 'starting' as const]))
  const nodeOfRank = new Map(placement.nodes.flatMap((node) => node.ranks.map(({ rank }) => [rank, node] as const)))
  const ranks = { ranksLeft: placement.size, over: undefined, nodeOfRank }
  return { phase: 'launching', placement, graceMs, outlivesNodes, agents, ...ranks, cause: undefined }
}

export function step(state: JobState, event: JobEvent): Step {
  if (state.phase === 'over') return [state, []]
  switch (event.type) {
    case 'agentUp':
      return agentUp(withAgent(state, event.nodeId, 'up'))
    case 'launchFailed':
      return launchFailed(withAgent(state, event.nodeId, 'gone'), event.message)
    case 'settled':
      return state.phase === 'settling' ? end(state, undefined) : [state, []]
    case 'agentFailure':
      return agentFailure(state, event)
    case 'lossDecided':
      return isGone(state, event.nodeId) ? [state, []] : loseNode(state, event.nodeId, event.message)
    case 'agentGone':
      return agentGone(state, event.nodeId, event.message)
    case 'rankExit':
      return rankExit(state, event)
    case 'abort':
      return end(state, { type: 'abort', rank: event.rank, node: nodeName(state, event.rank), status: event.status })
    case 'signal':
      return signal(state, event.signal)
    case 'timeout':
      return end(state, { type: 'timeout', seconds: event.seconds })
    case 'outputBroken':
      return end(state, { type: 'output', message: event.message, isClosed: event.isClosed })
    case 'deadline':
      return finish(state)
    default:
      return assertNever(event)
  }
}

function withAgent(state: JobState, nodeId: number, is: 'up' | 'gone'): JobState {
  return { ...state, agents: new Map(state.agents).set(nodeId, is) }
}

function agentUp(state: JobState): Step {
  // One that comes up while the job already ends has not heard of it.
  if (state.phase === 'ending') return [state, [{ type: 'endAgents' }]]
  if (isAnyStarting(state)) return [state, []]
  if (state.phase === 'settling') return end(state, undefined)
  if (state.phase !== 'launching') return [state, []]
  return [{ ...state, phase: 'running' }, [{ type: 'startRanks' }]]
}

function launchFailed(before: JobState, message: string): Step {
  if (before.phase !== 'launching' && before.phase !== 'settling') return finishWhenAllGone(before)
  const earlier = before.cause?.type === 'launch' ? before.cause.messages : []
  const cause: JobCause = { type: 'launch', messages: [...earlier, message], status: ExitStatus.nodeLost }
  const state: JobState = { ...before, phase: 'settling', cause }
  if (!isAnyStarting(state)) return end(state, undefined)
  return [state, before.phase === 'launching' ? [{ type: 'settle', ms: SETTLE_MS }] : []]
}

function agentFailure(state: JobState, event: Extract<JobEvent, { type: 'agentFailure' }>): Step {
  const node = nodeOf(state, event.nodeId)
  // When a node dies, its neighbours may notice it first: what they say is about that node, not about themselves.
  if (event.peer !== undefined) return peerLost(state, event.nodeId, event.peer, `node ${node} says: ${event.message}`)
  return end(state, { type: 'agent', node, message: `node ${node}: ${event.message}`, status: event.exitStatus })
}

/** `reporter` cannot reach `peer`. Where that is the node of rank 0 and still lives after a while, the reporter is the one that is lost. */
function peerLost(state: JobState, reporter: number, peer: number, message: string): Step {
  if (state.phase !== 'running' || !state.outlivesNodes) return loseNode(state, peer, message)
  // The end of one of them has been seen before, from elsewhere.
  if (isGone(state, peer) || isGone(state, reporter)) return [state, []]
  if (peer !== homeOf(state)) return loseNode(state, peer, message)
  return [state, [{ type: 'decideLoss', nodeId: reporter, message, ms: DECIDE_MS }]]
}

function isGone(state: JobState, nodeId: number): boolean {
  return state.agents.get(nodeId) === 'gone'
}

function agentGone(before: JobState, nodeId: number, message: string): Step {
  if (isGone(before, nodeId)) return [before, []]
  const state = withAgent(before, nodeId, 'gone')
  if (state.phase === 'ending') return finishWhenAllGone(state)
  return loseNode(state, nodeId, message)
}

function loseNode(before: JobState, nodeId: number, message: string): Step {
  const cause = nodeLost(before, nodeId, message)
  if (!mayLose(before, nodeId)) return end(before, cause)
  const state: JobState = {
    ...withAgent(before, nodeId, 'gone'),
    ranksLeft: before.ranksLeft - ranksLeftOn(before, nodeId),
  }
  const drop: JobCommand = { type: 'dropNode', nodeId, cause }
  if (state.ranksLeft > 0) return [state, [drop]]
  const [next, commands] = end(state, undefined)
  return [next, [drop, ...commands]]
}

function mayLose(state: JobState, nodeId: number): boolean {
  return state.outlivesNodes && state.phase === 'running' && nodeId !== homeOf(state)
}

/** The node of rank 0. */
function homeOf(state: JobState): number | undefined {
  return state.nodeOfRank.get(0)?.id
}

function ranksLeftOn(state: JobState, nodeId: number): number {
  let left = state.placement.nodes.find(({ id }) => id === nodeId)?.ranks.length ?? 0
  for (let rank = state.over; rank !== undefined; rank = rank.before) if (rank.nodeId === nodeId) left -= 1
  return left
}

function nodeLost(state: JobState, nodeId: number, message: string): NodeLost {
  const ranks = state.placement.nodes.find(({ id }) => id === nodeId)?.ranks ?? []
  return { type: 'nodeLost', node: nodeOf(state, nodeId), ranks: ranks.map(({ rank }) => rank), message }
}

function rankExit(before: JobState, event: RankExit): Step {
  const nodeId = before.nodeOfRank.get(event.rank)?.id ?? -1
  // A node that counts as lost may still have said something.
  if (before.outlivesNodes && isGone(before, nodeId)) return [before, []]
  const finisher = finisherOf(before, event)
  const mismatch = before.finisher && finisher && contradiction(before.finisher, finisher)
  const firstFinisher = before.finisher ?? finisher
  const state = {
    ...before,
    finisher: firstFinisher,
    ranksLeft: before.ranksLeft - 1,
    over: { nodeId, before: before.over },
  }
  if (event.status !== 0 && state.phase === 'running') {
    const { rank, status, failure } = event
    if (mayLose(before, nodeId)) {
      return loseNode(
        before,
        nodeId,
        `rank ${rank} ended with status ${status}${failure ? `: ${failure.message}` : ''}`,
      )
    }
    return end(state, {
      type: 'rank',
      rank,
      node: nodeName(state, rank),
      status,
      ...(failure === undefined ? {} : { failure }),
    })
  }
  if (mismatch !== undefined && state.phase === 'running') return end(state, { type: 'mismatch', message: mismatch })
  if (state.ranksLeft > 0) return [state, []]
  return state.phase === 'running' ? end(state, undefined) : [state, [{ type: 'endAgents' }]]
}

function finisherOf(state: JobState, { rank, status, collectives }: RankExit): Finisher | undefined {
  return status === 0 && collectives !== undefined ? { rank, node: nodeName(state, rank), collectives } : undefined
}

function signal(state: JobState, name: string): Step {
  const number = ENDING_SIGNALS[name]
  if (number === undefined) return [state, state.phase === 'running' ? [{ type: 'signalRanks', signal: name }] : []]
  const cause: JobCause = { type: 'signal', signal: name, status: 128 + number }
  // The second one does not wait for anything, and neither does one that comes before a rank runs.
  if (state.phase !== 'running') return finish({ ...state, cause: state.cause ?? cause })
  return [
    { ...state, phase: 'ending', cause },
    [
      { type: 'signalRanks', signal: name, endAfterMs: state.graceMs },
      { type: 'armDeadline', ms: state.graceMs + END_MS },
    ],
  ]
}

/** Begins to end the job; a cause that is already known stays. */
function end(before: JobState, cause: JobCause | undefined): Step {
  if (before.phase === 'ending') return finishWhenAllGone(before)
  const state: JobState = { ...before, phase: 'ending', cause: before.cause ?? cause }
  if (allGone(state)) return finish(state)
  return [state, [{ type: 'endAgents' }, { type: 'armDeadline', ms: END_MS }]]
}

function isAnyStarting(state: JobState): boolean {
  return [...state.agents.values()].includes('starting')
}

function allGone(state: JobState): boolean {
  return [...state.agents.values()].every((agent) => agent === 'gone')
}

function finishWhenAllGone(state: JobState): Step {
  return state.phase === 'ending' && allGone(state) ? finish(state) : [state, []]
}

function finish(state: JobState): Step {
  const { cause } = state
  const result: JobResult = { status: statusOf(cause), ...(cause === undefined ? {} : { cause }) }
  return [{ ...state, phase: 'over' }, [{ type: 'finish', result }]]
}

/** Exit status of a job that ended for this reason (api.md §2). */
export function statusOf(cause: JobCause | undefined): number {
  if (cause === undefined) return ExitStatus.ok
  switch (cause.type) {
    case 'abort':
      // What a shell would see, except that an abort is never a success. A program may give any number, such as 1.5 or NaN.
      return Number.isInteger(cause.status)
        ? ((cause.status % 256) + 256) % 256 || ExitStatus.failed
        : ExitStatus.failed
    case 'nodeLost':
      return ExitStatus.nodeLost
    case 'timeout':
      return ExitStatus.timeout
    case 'mismatch':
      return ExitStatus.failed
    case 'output':
      return cause.isClosed ? 128 + 13 : ExitStatus.failed
    case 'rank':
    case 'launch':
    case 'agent':
    case 'signal':
      return cause.status
    default:
      return assertNever(cause)
  }
}

function nodeName(state: JobState, rank: number): string {
  return state.nodeOfRank.get(rank)?.name ?? '?'
}

function nodeOf(state: JobState, nodeId: number): string {
  return state.placement.nodes.find(({ id }) => id === nodeId)?.name ?? String(nodeId)
}
