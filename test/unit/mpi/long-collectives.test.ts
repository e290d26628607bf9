import { setImmediate } from 'node:timers/promises'
import { expect } from 'chai'
import type { Comm } from '../../../src/mpi/api/comm.ts'
import { testSeed } from '../../support/random.ts'
import { TestNetwork } from './support/test-network.ts'

/** Elements of a view that takes the algorithms for long ones, of 8 bytes each; more than one piece of a bcast. */
const LONG = 66_000

/** How ranks may lie on nodes: by rank the number of the node. */
const LAYOUTS: Readonly<Record<string, (size: number) => number[]>> = {
  'one node': (size) => new Array<number>(size).fill(0),
  'blocks of two nodes': (size) => Array.from({ length: size }, (_, rank) => Math.floor((2 * rank) / size)),
  'blocks of three nodes': (size) => Array.from({ length: size }, (_, rank) => Math.floor((3 * rank) / size)),
  'in turn on three nodes': (size) => Array.from({ length: size }, (_, rank) => rank % 3),
  'a node for each rank': (size) => Array.from({ length: size }, (_, rank) => rank),
  'nodes of one and many': (size) => Array.from({ length: size }, (_, rank) => (rank === 1 ? 1 : 0)),
}

type Op = (lower: number, higher: number) => number
const mix: Op = (lower, higher) => lower * 0.75 + higher
const add: Op = (lower, higher) => lower + higher

/** The order of evaluation of a reduction: ((0+1)+(2+3))+… */
function tree(leaves: readonly Float64Array[], op: Op): Float64Array {
  const [first] = leaves
  if (first === undefined || leaves.length === 1) return first ?? new Float64Array(0)
  const half = 2 ** Math.ceil(Math.log2(leaves.length) - 1)
  const higher = tree(leaves.slice(half), op)
  return tree(leaves.slice(0, half), op).map((x, i) => op(x, higher[i] ?? Number.NaN))
}

/** Numbers whose sums depend on their order. */
const sample = (rank: number, length: number): Float64Array =>
  Float64Array.from({ length }, (_, i) => Math.sin(rank * 7919 + i * 104729) * 10 ** ((rank * 3 + i) % 17))

function same(one: Float64Array | undefined, other: Float64Array): void {
  // Much faster than to look at each element.
  const isSame = one !== undefined && Buffer.from(one.buffer).equals(Buffer.from(other.buffer))
  if (!isSame) expect(one).to.deep.equal(other)
}

describe('collectives of ranks on several nodes', function () {
  this.timeout(120_000)
  for (const [name, nodesOf] of Object.entries(LAYOUTS)) {
    for (const size of [2, 3, 5, 8]) {
      const seed = testSeed()
      it(`of long views, ${size} ranks, ${name} (seed ${seed})`, async () => {
        const network = new TestNetwork(size, seed, 100_000)
        network.nodeOfRank = nodesOf(size)
        const ranks = [...Array(size).keys()]
        const last = size - 1
        const root = size >> 1
        const wanted = [30, LONG + 1].map((length) => {
          const given = ranks.map((rank) => sample(rank, length))
          return [given, tree(given, add), tree(given, mix)] as const
        })
        await network.run(async ({ MPI }, rank) => {
          const comm = MPI.COMM_WORLD
          for (const [given, sums, mixes] of wanted) {
            const mine = given[rank] ?? new Float64Array(0)
            const { length } = mine
            same(await comm.iallreduce(mine), sums)
            const inPlace = mine.slice()
            await comm.iallreduceInto(MPI.IN_PLACE, inPlace, mix)
            same(inPlace, mixes)
            const reduced = await comm.ireduce(mine, MPI.SUM, last)
            if (rank === last) same(reduced, sums)
            else expect(reduced).to.equal(undefined)
            const atRoot = mine.slice()
            await comm.ireduceInto(rank === 0 ? MPI.IN_PLACE : mine, atRoot, mix, 0)
            same(atRoot, rank === 0 ? mixes : mine)
            const spread = rank === root ? mine.slice() : new Float64Array(length)
            await comm.ibcastInto(spread, root)
            same(spread, given[root] ?? mine)
            const counts = ranks.map((of) => length + of)
            const all = new Float64Array(counts.reduce(add))
            await comm.iallgatherInto(new Float64Array(length + rank).fill(rank), all, { counts })
            same(all, Float64Array.from(counts.flatMap((count, of) => new Array<number>(count).fill(of))))
          }
          expect(await comm.iallgather(`of ${rank}`)).to.deep.equal(ranks.map((of) => `of ${of}`))
          await comm.ibarrier()
        })
      })
    }
  }

  it('lengths of which only some are long are found out', async () => {
    for (const other of [10, LONG - 1]) {
      const network = new TestNetwork(4, testSeed(), 100_000)
      await network.run(async ({ MPI: { COMM_WORLD: comm } }, rank) => {
        const view = new Float64Array(rank === 2 ? other : LONG)
        let failure: unknown
        try {
          await comm.iallreduceInto(view, view.slice())
          await comm.ibarrier()
        } catch (error) {
          failure = error
        }
        expect(failure).to.include({ code: 'ERR_COLLECTIVE_MISMATCH' })
        expect(String(failure)).to.contain('elements')
      })
    }
  })

  it('nobody leaves a barrier before all have come', async () => {
    for (const nodesOf of Object.values(LAYOUTS)) {
      for (const late of [0, 3, 6]) {
        const network = new TestNetwork(7, testSeed())
        network.nodeOfRank = nodesOf(7)
        let hasCome = false
        await network.run(async ({ MPI: { COMM_WORLD: comm } }, rank) => {
          if (rank === late) {
            for (let i = 0; i < 50; i += 1) await setImmediate()
            hasCome = true
          }
          await comm.ibarrier()
          expect(hasCome).to.equal(true)
        })
      }
    }
  })

  it('what crosses between nodes does so once', async () => {
    // Two nodes of four ranks each: bytes that go from one to the other.
    const size = 8
    const crossing = async (program: (comm: Comm) => PromiseLike<unknown>): Promise<number> => {
      const network = new TestNetwork(size, testSeed(), 1_000_000)
      network.nodeOfRank = Array.from({ length: size }, (_, rank) => rank >> 2)
      // Announced messages would count twice.
      network.creditBytes = 2 ** 30
      await network.run(({ MPI }) => Promise.resolve(program(MPI.COMM_WORLD)))
      let bytes = 0
      for (let from = 0; from < size; from += 1) {
        for (let to = 0; to < size; to += 1) {
          if (network.nodeOfRank[from] === 0 && network.nodeOfRank[to] === 1) bytes += network.sentBytes(from, to)
        }
      }
      return bytes
    }
    const view = (): Float64Array => new Float64Array(LONG)
    const bytes = LONG * 8
    const nearly = (sent: number, wanted: number): void => {
      expect(sent / wanted).to.be.within(0.98, 1.02)
    }
    nearly(await crossing((comm) => comm.ibcastInto(view(), 1)), bytes)
    nearly(await crossing((comm) => comm.iallgatherInto(view(), new Float64Array(size * LONG))), 4 * bytes)
    nearly(await crossing((comm) => comm.iallgather(view())), 4 * bytes)
    // Half of the view is combined on each node, and goes to the other.
    nearly(await crossing((comm) => comm.ireduceScatter(view())), bytes / 2)
    nearly(await crossing((comm) => comm.iallreduce(view())), bytes)
  })
})
