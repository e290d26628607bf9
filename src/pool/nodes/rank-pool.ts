import { ANY_SOURCE } from '../../mpi/terms/constants.ts'
import { MPIError } from '../../mpi/terms/mpi-error.ts'
import type { MPIStatic } from '../../mpi/mpi.ts'
import type { RankConfig } from '../../wire/rank-messages.ts'
import type { JobPool } from './job-pool.ts'

const WORK_TAG = 0
/** Nothing is ever sent with it: the receive fails when the other rank has ended, or its node is lost. */
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
  link: { readonly hasNews: boolean; misfit(source: number, what: string): void },
): RankPool {
  const comm = MPI.COMM_WORLD.dup()
  const nodes = nodesOf(nodeOfRank)
  const others = rank === 0 ? nodes.filter(({ leader }) => leader !== 0).map(({ leader }) => leader) : [0]
  const ends = new Map(others.map((other) => [other, comm.irecv(other, END_TAG)]))
  const hasEnded = (other: number): boolean => {
    const end = ends.get(other)
    if (end === undefined) return other !== rank
    try {
      return end.test().done
    } catch {
      ends.delete(other)
      return true
    }
  }
  return {
    get nodes() {
      return rank === 0 ? nodes.filter(({ leader }) => !hasEnded(leader)) : nodes
    },
    isLost: hasEnded,
    memory: node,
    endpoint: endpointOfRank[rank] ?? 0,
    send: (dest, bytes) => void comm.isend(bytes, dest, WORK_TAG),
    receive: () => {
      const message = comm.improbe(ANY_SOURCE, WORK_TAG)
      if (message === null) return null
      try {
        // All messages of this communicator are bytes.
        return { from: message.status.source, bytes: message.recv() as Uint8Array }
      } catch (error) {
        // Its sender was lost in the middle of it.
        if (error instanceof MPIError && error.code === 'ERR_PROC_FAILED') return null
        throw error
      }
    },
    misfit: (from, what) => link.misfit(from, what),
    get hasNews(): boolean {
      return link.hasNews
    },
    serve: async (serve) => {
      if (nodes.some(({ leader }) => leader === rank)) await serve(() => hasEnded(0))
      else await ends.get(0)?.then(undefined, () => undefined)
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
