import type { PlacedNode, Placement } from '../../placement/placement.ts'
import { PagedMap } from '../../base/paged-map.ts'
import type { Finisher } from './collective-check.ts'
import type { JobCause, NodeLost, RankLost } from '../job-result.ts'

export type Phase = 'launching' | 'settling' | 'running' | 'ending' | 'over'

export interface JobState {
  readonly phase: Phase
  readonly placement: Placement
  readonly graceMs: number
  readonly outlives: Outlives
  readonly agents: PagedMap<'starting' | 'up' | 'gone'>
  /** How many of them are. */
  readonly starting: number
  readonly gone: number
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
  const agents = PagedMap.of<'starting' | 'up' | 'gone'>(placement.nodes.map((node) => [node.id, 'starting']))
  const nodeOfRank = new Map(placement.nodes.flatMap((node) => node.ranks.map(({ rank }) => [rank, node] as const)))
  const ranks = { ranksLeft: placement.size, over: undefined, nodeOfRank, finishers: new Map<number, Finisher>() }
  return {
    phase: 'launching',
    placement,
    graceMs,
    outlives,
    agents,
    starting: agents.size,
    gone: 0,
    ...ranks,
    cause: undefined,
  }
}

export function withAgent(state: JobState, nodeId: number, is: 'up' | 'gone'): JobState {
  const was = state.agents.get(nodeId)
  return {
    ...state,
    agents: state.agents.with(nodeId, is),
    starting: state.starting - (was === 'starting' ? 1 : 0),
    gone: state.gone + (is === 'gone' ? 1 : 0) - (was === 'gone' ? 1 : 0),
  }
}

export function isGone(state: JobState, nodeId: number): boolean {
  return state.agents.get(nodeId) === 'gone'
}

export function isAnyStarting(state: JobState): boolean {
  return state.starting > 0
}

export function allGone(state: JobState): boolean {
  return state.gone === state.agents.size
}

export function nodeNameOfRank(state: JobState, rank: number): string {
  return state.nodeOfRank.get(rank)?.name ?? '?'
}

export function nodeName(state: JobState, nodeId: number): string {
  return state.placement.nodes.find(({ id }) => id === nodeId)?.name ?? String(nodeId)
}
