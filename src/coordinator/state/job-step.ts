import { assertNever } from '../../base/assert-never.ts'
import { ExitStatus } from '../../base/errors.ts'
import { compared } from './collective-check.ts'
import { allOver, END_MS, end, finish, finishWhenAllGone, type Step } from './job-end.ts'
import type { JobEvent, RankExit } from './job-events.ts'
import type { JobCause, RankLost } from '../job-result.ts'
import { isAnyStarting, isGone, type JobState, nodeNameOfRank, nodeName, withAgent } from './job-state.ts'
import { agentGone, agentQuiet, goOnWithout, loseNode, mayLose, peerLost } from './lost-nodes.ts'

/** After the first launch failure others have this long to be reported with it. */
const SETTLE_MS = 1000
const ENDING_SIGNALS: Readonly<Record<string, number>> = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 }

/**
 * The life of a job as a pure function: `step(state, event)` gives the next state and what is to be done. No I/O, no clock, so a
 * thousand nodes fit into a unit test. job.ts performs the commands.
 *
 *   launching ──all agents up──► running ──last rank over, failure, signal──► ending ──all agents gone, deadline──► over
 *       └── an agent does not start ──► settling (other agents' failures are collected) ──► ending
 */
export function step(state: JobState, event: JobEvent): Step {
  if (state.phase === 'over') return [state, []]
  switch (event.type) {
    case 'agentUp':
      return agentUp(withAgent(state, event.nodeId, 'up'))
    case 'launchFailed':
      return launchFailed(withAgent(state, event.nodeId, 'gone'), nodeName(state, event.nodeId), event.message)
    case 'settled':
      return state.phase === 'settling' ? end(state, undefined) : [state, []]
    case 'agentFailure':
      return agentFailure(state, event)
    case 'peerMisfit':
      return peerLost(
        state,
        event.nodeId,
        event.peer,
        `node ${nodeName(state, event.peer)} sent ${event.what}, says node ${nodeName(state, event.nodeId)}`,
      )
    case 'lossDecided':
      return isGone(state, event.nodeId) || isGone(state, event.other)
        ? [state, []]
        : loseNode(state, event.nodeId, event.message)
    case 'agentGone':
      return agentGone(state, event.nodeId, event.message)
    case 'agentQuiet':
      return agentQuiet(state, event.nodeId, event.isQuiet)
    case 'rankExit':
      return rankExit(state, event)
    case 'abort':
      return end(state, {
        type: 'abort',
        rank: event.rank,
        node: nodeNameOfRank(state, event.rank),
        status: event.status,
      })
    case 'signal':
      return signal(state, event.signal)
    case 'timeout':
      return end(state, { type: 'timeout', seconds: event.seconds })
    case 'outputBroken':
      return end(state, { type: 'output', message: event.message, status: event.status })
    case 'deadline':
      return finish(state)
    default:
      return assertNever(event)
  }
}

function agentUp(state: JobState): Step {
  // One that comes up while the job already ends has not heard of it.
  if (state.phase === 'ending') return [state, [{ type: 'endAgents' }]]
  if (isAnyStarting(state)) return [state, []]
  if (state.phase === 'settling') return end(state, undefined)
  if (state.phase !== 'launching') return [state, []]
  return [{ ...state, phase: 'running' }, [{ type: 'startRanks' }]]
}

function launchFailed(before: JobState, node: string, message: string): Step {
  if (before.phase !== 'launching' && before.phase !== 'settling') return finishWhenAllGone(before)
  const earlier = before.cause?.type === 'launch' ? before.cause.messages : []
  const cause: JobCause = { type: 'launch', messages: [...earlier, { node, message }], status: ExitStatus.nodeLost }
  const state: JobState = { ...before, phase: 'settling', cause }
  if (!isAnyStarting(state)) return end(state, undefined)
  return [state, before.phase === 'launching' ? [{ type: 'settle', ms: SETTLE_MS }] : []]
}

function agentFailure(state: JobState, event: Extract<JobEvent, { type: 'agentFailure' }>): Step {
  const node = nodeName(state, event.nodeId)
  if (event.peer !== undefined && event.isUnreached === true && state.outlives === 'nothing') {
    return end(state, { type: 'unreachable', node, peer: nodeName(state, event.peer), tried: event.message })
  }
  const says = event.isUnreached === true ? 'cannot reach it:' : 'says:'
  // When a node dies, its neighbours may notice it first: what they say is about that node, not about themselves.
  if (event.peer !== undefined)
    return peerLost(state, event.nodeId, event.peer, `node ${node} ${says} ${event.message}`)
  const { cause } = state
  const { message, exitStatus: status } = event
  // Others notice the same while the job ends, and the user is told of all of them.
  if (cause?.type === 'agent' && cause.message === message && !cause.nodes.includes(node))
    return [{ ...state, cause: { ...cause, nodes: [...cause.nodes, node] } }, []]
  return end(state, { type: 'agent', nodes: [node], message, status })
}

function rankExit(before: JobState, event: RankExit): Step {
  const nodeId = before.nodeOfRank.get(event.rank)?.id ?? -1
  // A node that counts as lost may still have said something.
  if (before.outlives !== 'nothing' && isGone(before, nodeId)) return [before, []]
  const collectives = (event.status === 0 ? event.collectives : undefined) ?? []
  const { finishers, mismatch } = compared(
    before.finishers,
    event.rank,
    nodeNameOfRank(before, event.rank),
    collectives,
  )
  const state = {
    ...before,
    finishers,
    ranksLeft: before.ranksLeft - 1,
    over: { nodeId, before: before.over },
    ...(event.status === 0 ? { hasEndedWell: true } : {}),
  }
  if (event.status !== 0 && state.phase === 'running') return rankFailed(before, state, event)
  // Ranks that have heard of a loss may have made other calls than those that had not.
  if (mismatch !== undefined && state.phase === 'running' && state.firstLoss === undefined)
    return end(state, { type: 'mismatch', message: mismatch })
  if (state.ranksLeft > 0) return [state, []]
  return state.phase === 'running' ? allOver(state) : [state, [{ type: 'endAgents' }]]
}

/** A rank has ended otherwise than in order; `state`: without it. */
function rankFailed(before: JobState, state: JobState, { rank, status, failure }: RankExit): Step {
  const nodeId = before.nodeOfRank.get(rank)?.id ?? -1
  if (before.outlives === 'nodes' && mayLose(before, nodeId)) {
    return loseNode(before, nodeId, `rank ${rank} ended with status ${status}${failure ? `: ${failure.message}` : ''}`)
  }
  const node = nodeNameOfRank(state, rank)
  const cause: RankLost = { type: 'rank', rank, node, status, ...(failure === undefined ? {} : { failure }) }
  if (state.outlives !== 'ranks') return end(state, cause)
  return goOnWithout({ ...state, firstLoss: state.firstLoss ?? cause }, { type: 'dropRank', cause })
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
