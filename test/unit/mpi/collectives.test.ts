import { expect } from 'chai'
import type { Comm } from '../../../src/mpi/api/comm.ts'
import { onRanks } from './support/on-ranks.ts'

const sizes = [1, 2, 3, 4, 5, 6, 7, 8, 9]

/** The order of evaluation of a reduction: ((0+1)+(2+3))+… */
function tree(leaves: readonly string[]): string {
  if (leaves.length === 1) return leaves[0] ?? ''
  const half = 2 ** Math.ceil(Math.log2(leaves.length) - 1)
  return `(${tree(leaves.slice(0, half))}${tree(leaves.slice(half))})`
}

const paren = (lower: string, higher: string): string => `(${lower}${higher})`
const names = (size: number): string[] => [...Array(size).keys()].map((rank) => `${rank}`)

describe('Collectives', () => {
  for (const size of sizes) {
    it(`bcast from every root of ${size} ranks`, async () => {
      const results = await onRanks(size, async (comm) => {
        const values: unknown[] = []
        for (let root = 0; root < size; root += 1) {
          const mine = { root, from: comm.rank, text: 'x'.repeat(root * 100) }
          values.push(await comm.ibcast(comm.rank === root ? mine : undefined, root))
          const view = new Int16Array(300).fill(comm.rank)
          await comm.ibcastInto(view, root)
          expect(view.every((x) => x === root)).to.equal(true)
        }
        return values
      })
      const wanted = [...Array(size).keys()].map((root) => ({ root, from: root, text: 'x'.repeat(root * 100) }))
      for (const values of results) expect(values).to.deep.equal(wanted)
    })

    it(`reductions of ${size} ranks keep the order of a tree, whatever the root`, async () => {
      await onRanks(size, async (comm) => {
        const whole = tree(names(size))
        for (let root = 0; root < size; root += 1) {
          const reduced = await comm.ireduce(`${comm.rank}`, paren, root)
          expect(reduced).to.equal(comm.rank === root ? whole : undefined)
        }
        expect(await comm.iallreduce(`${comm.rank}`, paren)).to.equal(whole)
        const join = (lower: string, higher: string): string => lower + higher
        expect(await comm.iscan(`${comm.rank}`, join)).to.equal(names(comm.rank + 1).join(''))
        const below = await comm.iexscan(`${comm.rank}`, join)
        expect(below).to.equal(comm.rank === 0 ? undefined : names(comm.rank).join(''))
      })
    })

    it(`reductions of views of ${size} ranks`, async () => {
      await onRanks(size, async (comm, mpi) => {
        const mine = Float64Array.from({ length: 50 }, (_, i) => comm.rank * 100 + i)
        const sum = Float64Array.from({ length: 50 }, (_, i) => (size * (size - 1) * 100) / 2 + size * i)
        expect(await comm.iallreduce(mine)).to.deep.equal(sum)
        const into = new Float64Array(50)
        await comm.iallreduceInto(mine, into)
        expect(into).to.deep.equal(sum)
        const inPlace = mine.slice()
        await comm.iallreduceInto(mpi.IN_PLACE, inPlace)
        expect(inPlace).to.deep.equal(sum)
        // 2x2 matrices do not commute, but elements are combined one by one: take last.
        const last = await comm.iallreduce(mine, (_lower: number, higher: number) => higher)
        expect(last[0]).to.equal((size - 1) * 100)
        const prefix = new Float64Array(50).fill(-1)
        await comm.iexscanInto(mine, prefix)
        const below = (comm.rank * (comm.rank - 1) * 100) / 2
        expect(prefix[1]).to.equal(comm.rank === 0 ? -1 : below + comm.rank)
        const root = size - 1
        const reduced = new Float64Array(50)
        await comm.ireduceInto(mine, comm.rank === root ? reduced : null, mpi.MAX, root)
        if (comm.rank === root) expect(reduced).to.deep.equal(mine)
      })
    })

    it(`gather, scatter, allgather and alltoall of ${size} ranks`, async () => {
      await onRanks(size, async (comm, mpi) => {
        const ranks = [...Array(size).keys()]
        for (const root of ranks) {
          const gathered = await comm.igather({ rank: comm.rank }, root)
          expect(gathered).to.deep.equal(comm.rank === root ? ranks.map((rank) => ({ rank })) : undefined)
          const part = await comm.iscatter(comm.rank === root ? ranks.map((rank) => [root, rank]) : null, root)
          expect(part).to.deep.equal([root, comm.rank])
        }
        expect(await comm.iallgather(Int32Array.of(comm.rank))).to.deep.equal(ranks.map((rank) => Int32Array.of(rank)))
        const parts = await comm.ialltoall(ranks.map((rank) => `${comm.rank}>${rank}`))
        expect(parts).to.deep.equal(ranks.map((rank) => `${rank}>${comm.rank}`))
        await checkBlocks(comm)
        const inPlace = Int32Array.from(ranks, (rank) => (rank === comm.rank ? rank * 7 : -1))
        await comm.iallgatherInto(mpi.IN_PLACE, inPlace)
        expect(inPlace).to.deep.equal(Int32Array.from(ranks, (rank) => rank * 7))
      })
    })

    it(`split of ${size} ranks, twice, with messages of each communicator apart`, async () => {
      await onRanks(size, async (comm, mpi) => {
        const half = await comm.isplit(comm.rank % 2, -comm.rank)
        if (half === null) throw new Error('no communicator')
        const members = await half.iallgather(comm.rank)
        expect(members).to.deep.equal([...members].sort((a, b) => b - a))
        const copy = await half.idup()
        const next = (half.rank + 1) % half.size
        const before = (half.rank + half.size - 1) % half.size
        const fromCopy = copy.irecv(before)
        const fromHalf = half.irecv(before)
        await half.isend('half', next)
        await copy.isend('copy', next)
        expect(await fromCopy).to.equal('copy')
        expect(await fromHalf).to.equal('half')
        const none = await comm.isplit(mpi.UNDEFINED)
        expect(none).to.equal(null)
      })
    })
  }
})

/** The V variants: rank r gives r+1 elements to everybody. */
async function checkBlocks(comm: Comm): Promise<void> {
  const { rank, size } = comm
  const counts = Array.from({ length: size }, (_, i) => i + 1)
  const total = counts.reduce((sum, count) => sum + count, 0)
  const whole = Int32Array.from(counts.flatMap((count, i) => new Array<number>(count).fill(i)))
  const mine = new Int32Array(rank + 1).fill(rank)
  const recv = new Int32Array(total).fill(-1)
  await comm.igatherInto(mine, rank === 0 ? recv : null, 0, { counts })
  if (rank === 0) expect(recv).to.deep.equal(whole)
  const all = new Int32Array(total)
  await comm.iallgatherInto(mine, all, { counts })
  expect(all).to.deep.equal(whole)
  const part = new Int32Array(rank + 1)
  await comm.iscatterInto(rank === 0 ? whole : null, part, 0, { counts })
  expect(part).to.deep.equal(mine)
  const send = Int32Array.from(counts.flatMap((count, i) => new Array<number>(count).fill(rank * 100 + i)))
  const got = new Int32Array(size * (rank + 1))
  await comm.ialltoallInto(send, got, { sendCounts: counts, recvCounts: new Array<number>(size).fill(rank + 1) })
  expect(got).to.deep.equal(
    Int32Array.from({ length: size * (rank + 1) }, (_, i) => Math.floor(i / (rank + 1)) * 100 + rank),
  )
}
