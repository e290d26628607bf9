import { ANY_SOURCE } from '../mpi/constants.ts'
import type { MPIStatic } from '../mpi/mpi.ts'
import type { RankConfig } from '../wire/rank-messages.ts'
import type { JobPool } from './job-pool.ts'

const WORK_TAG = 0
/** Nothing is ever sent with it: the receive fails when rank 0 has ended. */
const END_TAG = 1

/** A rank's part in the pools of a job with --pool. */
export interface RankPool extends JobPool {
  /** What ranks but 0 do: a node's leader calls `serve`, the others wait for the end of rank 0. */
  serve(serve: (isOver: () => boolean) => Promise<void>): Promise<void>
}

/** A collective of all ranks of the job: they share a communicator of their own. */
export function rankPool(
  MPI: MPIStatic,
  { node, rank, endpointOfRank }: RankConfig,
  nodeOfRank: readonly number[],
  link: { readonly hasNews: boolean },
): RankPool {
  const comm = MPI.COMM_WORLD.dup()
  const nodes = nodesOf(nodeOfRank)
  return {
    nodes,
    memory: node,
    endpoint: endpointOfRank[rank] ?? 0,
    send: (dest, bytes) => void comm.isend(bytes, dest, WORK_TAG),
    receive: () => {
      const message = comm.improbe(ANY_SOURCE, WORK_TAG)
      // All messages of this communicator are bytes.
      return message === null ? null : { from: message.status.source, bytes: message.recv() as Uint8Array }
    },
    get hasNews(): boolean {
      return link.hasNews
    },
    serve: async (serve) => {
      const end = comm.irecv(0, END_TAG)
      const isOver = (): boolean => {
        try {
          return end.test().done
        } catch {
          return true
        }
      }
      if (nodes.some(({ leader }) => leader === rank)) await serve(isOver)
      else await end.then(undefined, () => undefined)
    },
  }
}

/** Ranks of each node, that of rank 0 first, the others in order of their lowest rank. */
function nodesOf(nodeOfRank: readonly number[]): { readonly leader: number; readonly threads: number }[] {
  const nodes = new Map<number, { leader: number; threads: number }>()
  for (const [rank, node] of nodeOfRank.entries()) {
    const known = nodes.get(node)
    if (known === undefined) nodes.set(node, { leader: rank, threads: 1 })
    else known.threads += 1
  }
  return [...nodes.values()]
}
