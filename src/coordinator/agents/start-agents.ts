import type { Placement } from '../../placement/placement.ts'
import type { StartAgents } from '../../wire/control-messages.ts'
import type { JobRequest } from '../job-request.ts'

/** What the agents of a job are told when they have all said hello. */
export function startMessage(request: JobRequest): StartAgents {
  const { placement, programs, environment, wdirs, terminal, jobId, syncSend, pool, outlives } = request
  const { findsDeadlocks, sharesSockets, forwardSignals, nodeFlags } = request
  return {
    type: 'start',
    jobId,
    nodeCount: placement.nodes.length,
    size: placement.size,
    nodeOfRank: listOfNodes(placement),
    programs,
    appSizes: sizesOfApps(placement, programs.length),
    environment,
    wdirs,
    terminal,
    syncSend,
    pool,
    findsDeadlocks,
    sharesSockets,
    outlivesRanks: outlives === 'ranks',
    forwardSignals,
    nodeFlags,
    epochMs: Date.now(),
  }
}

/** Node id of each rank. */
export function listOfNodes({ nodes }: Placement): number[] {
  const nodeOfRank: number[] = []
  for (const node of nodes) for (const { rank } of node.ranks) nodeOfRank[rank] = node.id
  return nodeOfRank
}

/** Ranks of each program; those of one follow each other (placement/map-by.ts). */
function sizesOfApps({ nodes }: Placement, apps: number): number[] {
  const sizes = Array<number>(apps).fill(0)
  for (const node of nodes) for (const { app } of node.ranks) sizes[app] = (sizes[app] ?? 0) + 1
  return sizes
}
