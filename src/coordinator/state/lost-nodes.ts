import { allOver, end, finishWhenAllGone, type Step } from './job-end.ts'
import type { JobCommand } from './job-events.ts'
import type { NodeLost } from '../job-result.ts'
import { isGone, type JobState, nodeName, withAgent } from './job-state.ts'

/** What two heartbeats may lie apart by which the same end is noticed. */
const DECIDE_MS = 3000

export function agentGone(before: JobState, nodeId: number, message: string): Step {
  if (isGone(before, nodeId)) return [before, []]
  const state = withAgent(before, nodeId, 'gone')
  if (state.phase === 'ending') return finishWhenAllGone(state)
  return loseNode(state, nodeId, message)
}

/**
 * A node whose agent is stopped while its machine is well: the job waits for it, however long that takes. A job that may lose nodes is there to get on,
 * and goes on without it.
 */
export function agentQuiet(state: JobState, nodeId: number, isQuiet: boolean): Step {
  if (isQuiet && !isGone(state, nodeId) && mayLose(state, nodeId))
    return loseNode(state, nodeId, 'no sign of life for 10 s')
  return [state, isGone(state, nodeId) || state.phase === 'ending' ? [] : [{ type: 'tellQuiet', nodeId, isQuiet }]]
}

/**
 * `reporter` cannot reach `peer`. With 'nodes': where that is the node of rank 0 and still lives after a while, the reporter is the one that is
 * lost. With 'ranks': where both still live after a while, it is the one of the higher id, for the first one may be here.
 */
export function peerLost(state: JobState, reporter: number, peer: number, message: string): Step {
  if (state.phase !== 'running' || state.outlives === 'nothing') return loseNode(state, peer, message)
  // The end of one of them has been seen before, from elsewhere.
  if (isGone(state, peer) || isGone(state, reporter)) return [state, []]
  if (state.outlives === 'nodes' && peer !== homeOf(state)) return loseNode(state, peer, message)
  const nodeId = state.outlives === 'nodes' ? reporter : Math.max(reporter, peer)
  const other = nodeId === reporter ? peer : reporter
  return [state, [{ type: 'decideLoss', nodeId, other, message, ms: DECIDE_MS }]]
}

export function loseNode(before: JobState, nodeId: number, message: string): Step {
  const cause = nodeLost(before, nodeId, message)
  if (!mayLose(before, nodeId)) return end(before, cause)
  const left = ranksLeftOn(before, nodeId)
  const state: JobState = {
    ...withAgent(before, nodeId, 'gone'),
    ranksLeft: before.ranksLeft - left,
    ...(left === 0 ? {} : { firstLoss: before.firstLoss ?? cause }),
  }
  return goOnWithout(state, { type: 'dropNode', nodeId, cause })
}

export function mayLose(state: JobState, nodeId: number): boolean {
  if (state.outlives === 'nothing' || state.phase !== 'running') return false
  return state.outlives === 'ranks' || nodeId !== homeOf(state)
}

/** A rank or a node is lost, and the others go on if there are any. */
export function goOnWithout(state: JobState, drop: JobCommand): Step {
  if (state.ranksLeft > 0) return [state, [drop]]
  const [next, commands] = allOver(state)
  return [next, [drop, ...commands]]
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
  return { type: 'nodeLost', node: nodeName(state, nodeId), ranks: ranks.map(({ rank }) => rank), message }
}
