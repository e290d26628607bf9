import type { RankSpec, StartAgent, StartAgents } from '../wire/control-messages.ts'

/** What the agent of node `nodeId` is to do. Its ranks count from 0 in the order of their world ranks. */
export function ownStart({ appSizes, wdirs, ...start }: StartAgents, nodeId: number): StartAgent {
  const ranks: RankSpec[] = []
  let app = 0
  let appEnd = appSizes[0] ?? 0
  for (const [rank, node] of start.nodeOfRank.entries()) {
    while (rank >= appEnd && app < appSizes.length - 1) appEnd += appSizes[++app] ?? 0
    if (node === nodeId) ranks.push({ rank, localRank: ranks.length, app })
  }
  return { ...start, nodeId, ranks, wdir: wdirs[ranks[0]?.app ?? 0] ?? '/' }
}
