import { availableParallelism } from 'node:os'
import { resolve } from 'node:path'
import type { RankSpec, StartAgent } from '../../wire/control-messages.ts'
import type { NodeMemory, RankConfig } from '../../wire/rank-messages.ts'

/** What ranks of one node have in common beside the start message. */
export interface RankSurroundings {
  readonly node: NodeMemory
  /** Local endpoint of each world rank, -1 for ranks of other nodes. */
  readonly endpointOfRank: Int32Array
  /** Sockets of other nodes that ranks may write to themselves (shm/socket-line.ts); null: none. */
  readonly socketLines: SharedArrayBuffer | null
  readonly hostname: string
}

/** What one rank is told at its start. */
export function rankConfig(start: StartAgent, spec: RankSpec, surroundings: RankSurroundings): RankConfig {
  const program = start.programs[spec.app]
  if (program === undefined) throw new Error(`rank ${spec.rank} is to run program ${spec.app}, which there is not`)
  return {
    ...surroundings,
    rank: spec.rank,
    size: start.size,
    localRank: spec.localRank,
    nodeId: start.nodeId,
    nodeCount: start.nodeCount,
    epochMs: start.epochMs,
    syncSend: start.syncSend,
    nodeOfRank: start.nodeOfRank,
    pool: start.pool,
    maySpin: maySpin(start),
    program: { ...program, path: resolve(start.wdir, program.path) },
    terminal: start.terminal,
  }
}

/**
 * Whether ranks spin before they sleep: where there is a core for each of them, and for this agent, which works when there are other
 * nodes. A rank alone on its node waits for the network only: it gives its turns away, so that agents have the core when they want it.
 */
function maySpin(start: StartAgent): boolean {
  const { ranks, nodeCount } = start
  return nodeCount === 1 ? ranks.length <= availableParallelism() : ranks.length > 1 && hasCoreForAgent(start)
}

export function hasCoreForAgent({ ranks }: StartAgent): boolean {
  return ranks.length < availableParallelism()
}
