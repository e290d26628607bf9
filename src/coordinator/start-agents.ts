import type { Placement } from '../placement/placement.ts'
import type { PeerAddress } from '../wire/control-messages.ts'
import type { JobAgent } from './job-agent.ts'
import type { JobRequest } from './job-request.ts'

/** Tells the agents of a job, which have all said hello, what to do. */
export function startAgents(request: JobRequest, agents: readonly JobAgent[]): void {
  const { placement, programs, environment, wdirs, terminal, jobId, syncSend, pool, outlives } = request
  const { findsDeadlocks, sharesSockets, forwardSignals, nodeFlags } = request
  const nodeOfRank = listOfNodes(placement)
  const epochMs = Date.now()
  for (const agent of agents) {
    agent.send({
      type: 'start',
      jobId,
      nodeId: agent.node.id,
      nodeCount: placement.nodes.length,
      size: placement.size,
      nodeOfRank,
      ranks: agent.node.ranks,
      programs,
      environment,
      wdir: wdirs[agent.node.ranks[0]?.app ?? 0] ?? '/',
      peers: agents.filter((peer) => peer !== agent).flatMap(addressOf),
      terminal,
      syncSend,
      pool,
      findsDeadlocks,
      sharesSockets,
      outlivesRanks: outlives === 'ranks',
      forwardSignals,
      nodeFlags,
      epochMs,
    })
  }
}

/** Node id of each rank. */
export function listOfNodes({ nodes }: Placement): number[] {
  const nodeOfRank: number[] = []
  for (const node of nodes) for (const { rank } of node.ranks) nodeOfRank[rank] = node.id
  return nodeOfRank
}

function addressOf({ node, hello }: JobAgent): PeerAddress[] {
  return hello === undefined ? [] : [{ nodeId: node.id, addresses: hello.addresses, port: hello.port }]
}
