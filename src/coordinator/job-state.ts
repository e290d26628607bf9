import type { PlacedNode, Placement } from '../placement/placement.ts'
import type { Finisher } from './collective-check.ts'
import type { JobCause, NodeLost, RankLost } from './job-result.ts'

export type Phase = 'launching' | 'settling' | 'running' | 'ending' | 'over'

export interface JobState {
  readonly phase: Phase
  readonly placement: Placement
  readonly graceMs: number
  readonly outlives: Outlives
  readonly agents: ReadonlyMap<number, 'starting' | 'up' | 'gone'>
  /** Ranks that are not over; each ends once. */
  readonly ranksLeft: number
  /** Those that are over, the last one first: a list that grows without being copied, for a job may have many. */
  readonly over: Over | undefined
  readonly nodeOfRank: ReadonlyMap<number, PlacedNode>
  /** The first rank that has ended in order after collectives on a communicator, by its number. */
  readonly finishers: ReadonlyMap<number, Finisher>
  /** A rank has ended with 0. */
  readonly hasEndedWell?: boolean
  /** The job goes on after this loss, the first one. */
  readonly firstLoss?: RankLost | NodeLost
  /** The first cause stays. */
  readonly cause: JobCause | undefined
}

/**
 * What a job outlives (--on-rank-loss continue): with --pool 'nodes', any node but that of rank 0; without it 'ranks', any rank and any node. Its
 * exit status is that of the ranks that are left.
 */
export type Outlives = 'nothing' | 'nodes' | 'ranks'

interface Over {
  readonly nodeId: number
  readonly before: Over | undefined
}

export function initialState(placement: Placement, graceMs: number, outlives: Outlives = 'nothing'): JobState {
  const agents = new Map(placement.nodes.map((node) => [node.id, 'starting' as const]))
  const nodeOfRank = new Map(placement.nodes.flatMap((node) => node.ranks.map(({ rank }) => [rank, node] as const)))
  const ranks = { ranksLeft: placement.size, over: undefined, nodeOfRank, finishers: new Map<number, Finisher>() }
  return { phase: 'launching', placement, graceMs, outlives, agents, ...ranks, cause: undefined }
}

export function withAgent(state: JobState, nodeId: number, is: 'up' | 'gone'): JobState {
  return { ...state, agents: new Map(state.agents).set(nodeId, is) }
}

export function isGone(state: JobState, nodeId: number): boolean {
  return state.agents.get(nodeId) === 'gone'
}

export function isAnyStarting(state: JobState): boolean {
  return [...state.agents.values()].includes('starting')
}

export function allGone(state: JobState): boolean {
  return [...state.agents.values()].every((agent) => agent === 'gone')
}

export function nodeNameOfRank(state: JobState, rank: number): string {
  return state.nodeOfRank.get(rank)?.name ?? '?'
}

export function nodeName(state: JobState, nodeId: number): string {
  return state.placement.nodes.find(({ id }) => id === nodeId)?.name ?? String(nodeId)
}
