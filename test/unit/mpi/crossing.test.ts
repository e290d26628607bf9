import { expect } from 'chai'
import type { Comm } from '../../../src/mpi/api/comm.ts'
import { TestNetwork } from './support/test-network.ts'

const NODES = 8
const ON_NODE = 2
const SIZE = NODES * ON_NODE
const nodeOf = (rank: number): number => Math.floor(rank / ON_NODE)
/** Elements of 8 bytes: short, and long enough for the algorithms for long views. */
const [SHORT, LONG] = [1, 66_000]

const view = (length: number): Float64Array => new Float64Array(length)

/** A call, and how many views of the length, or blocks of it, cross between nodes when all is short and when all is long. */
interface Case {
  readonly run: (comm: Comm, length: number) => PromiseLike<unknown>
  readonly short: number
  readonly long: number
}

const toEachNode = NODES - 1
const toAllNodes = NODES * (NODES - 1)
const CASES: Readonly<Record<string, Case>> = {
  barrier: { run: (comm) => comm.ibarrier(), short: 0, long: 0 },
  bcast: { run: (comm, length) => comm.ibcastInto(view(length)), short: toEachNode, long: toEachNode },
  reduce: { run: (comm, length) => comm.ireduceInto(view(length), view(length)), short: toEachNode, long: toEachNode },
  // Short: what each node gives comes to each other one in one step. Long: in two, a slice for each.
  allreduce: {
    run: (comm, length) => comm.iallreduceInto(view(length), view(length)),
    short: toAllNodes,
    long: 2 * toEachNode,
  },
  reduceScatter: {
    run: (comm, length) => comm.ireduceScatterInto(view(length * SIZE), view(length)),
    short: SIZE * toEachNode,
    long: SIZE * toEachNode,
  },
  gather: {
    run: (comm, length) => comm.igatherInto(view(length), view(length * SIZE)),
    short: SIZE - ON_NODE,
    long: SIZE - ON_NODE,
  },
  scatter: {
    run: (comm, length) => comm.iscatterInto(view(length * SIZE), view(length)),
    short: SIZE - ON_NODE,
    long: SIZE - ON_NODE,
  },
  allgather: {
    run: (comm, length) => comm.iallgatherInto(view(length), view(length * SIZE)),
    short: SIZE * toEachNode,
    long: SIZE * toEachNode,
  },
  alltoall: {
    run: (comm, length) => comm.ialltoallInto(view(length * SIZE), view(length * SIZE)),
    short: SIZE * (SIZE - ON_NODE),
    long: SIZE * (SIZE - ON_NODE),
  },
  // Of 2, 4 and 8 ranks beside a node's: 4, 4 and 4 to nodes above, 3 and 2 to nodes below.
  scan: { run: (comm, length) => comm.iscanInto(view(length), view(length)), short: 17, long: 17 },
  exscan: { run: (comm, length) => comm.iexscanInto(view(length), view(length)), short: 17, long: 17 },
}

describe('what crosses between nodes does so once for each node', function () {
  this.timeout(120_000)
  for (const [name, { run, ...views }] of Object.entries(CASES)) {
    for (const [what, length, wanted] of [
      ['short', SHORT, views.short],
      ['long', LONG, views.long],
    ] as const) {
      it(`${name}, ${what}`, async () => {
        const network = new TestNetwork(SIZE, 1, 10_000_000)
        network.nodeOfRank = Array.from({ length: SIZE }, (_, rank) => nodeOf(rank))
        await network.run(async ({ MPI }) => {
          await run(MPI.COMM_WORLD, length)
        })
        let bytes = 0
        for (let from = 0; from < SIZE; from += 1) {
          for (let to = 0; to < SIZE; to += 1) if (nodeOf(from) !== nodeOf(to)) bytes += network.sentBytes(from, to)
        }
        // Long views are announced with some bytes, or come in slices of whole lines.
        expect(bytes / length / view(1).byteLength).to.be.within(wanted, wanted * 1.001)
      })
    }
  }
})
