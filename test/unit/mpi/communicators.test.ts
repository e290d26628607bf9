import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect } from 'chai'
import type { Comm } from '../../../src/mpi/api/comm.ts'
import { failureOf } from './support/failure-of.ts'
import { onRanks } from './support/on-ranks.ts'
import { Random } from '../../support/random.ts'

setFlagsFromString('--expose-gc')
// The flag makes it.
const collectGarbage = runInNewContext('gc') as () => void

const sizes = [1, 2, 3, 5, 8, 9]

/** Whether a communicator works: each of its ranks hears from the one before. */
async function ring(comm: Comm, text: string): Promise<void> {
  const next = (comm.rank + 1) % comm.size
  const before = (comm.rank + comm.size - 1) % comm.size
  const heard = comm.irecv(before, 5)
  await comm.isend(`${text} ${comm.rank}`, next, 5)
  expect(await heard).to.equal(`${text} ${before}`)
}

function present<T>(value: T | null): T {
  if (value === null) throw new Error('no communicator')
  return value
}

describe('Communicators', () => {
  for (const size of sizes) {
    it(`icreateGroup of ${size} ranks is a matter of the group's ranks alone`, async () => {
      await onRanks(size, async (comm, mpi) => {
        const evens = comm.group.incl([...Array(size).keys()].filter((rank) => rank % 2 === 0).reverse())
        if (comm.rank % 2 === 1) {
          // The others do not wait for this rank, and this rank not for them.
          expect(await comm.icreateGroup(evens)).to.equal(null)
          return
        }
        const made = present(await comm.icreateGroup(evens))
        expect(made.size).to.equal(evens.size)
        expect(made.rank).to.equal(evens.rank)
        expect(made.group.compare(evens)).to.equal(mpi.IDENT)
        expect(await made.iallgather(comm.rank)).to.deep.equal(evens.worldRanks)
        await ring(made, 'even')
      })
    })

    it(`overlapping groups of ${size} ranks are told apart by their tags, in any order`, async () => {
      const random = new Random(size)
      const orders = Array.from({ length: size }, () => random.shuffle([0, 1, 2, 3, 4, 5]))
      await onRanks(size, async (comm) => {
        const all = [...Array(size).keys()]
        const groups = [0, 1, 2, 3, 4, 5].map((i) =>
          comm.group.incl(all.filter((rank) => (rank * 7 + i) % 6 !== 0 || size === 1)),
        )
        const requests = (orders[comm.rank] ?? []).map((i) => ({
          i,
          request: comm.icreateGroup(present(groups[i] ?? null), i),
        }))
        const members = requests.map(async ({ i, request }) => {
          const made = await request
          const group = present(groups[i] ?? null)
          expect(made === null).to.equal(!group.worldRanks.includes(comm.rank))
          if (made !== null) expect(await made.iallgather(comm.rank)).to.deep.equal(group.worldRanks)
        })
        await Promise.all(members)
      })
    })

    it(`compare, names and dups of ${size} ranks`, async () => {
      await onRanks(size, async (comm, mpi) => {
        const copy = await comm.idup()
        expect(comm.compare(comm)).to.equal(mpi.IDENT)
        expect(comm.compare(copy)).to.equal(mpi.CONGRUENT)
        const reversed = present(await comm.isplit(0, -comm.rank))
        expect(comm.compare(reversed)).to.equal(size === 1 ? mpi.CONGRUENT : mpi.SIMILAR)
        const parity = present(await comm.isplit(comm.rank % 2))
        if (size > 1) expect(comm.compare(parity)).to.equal(mpi.UNEQUAL)
        expect(comm.group.translate([0], reversed.group)).to.deep.equal([size - 1])
        const node = present(await comm.isplitType('node'))
        expect(node.size).to.equal(size)
        expect(await comm.isplitType(mpi.UNDEFINED)).to.equal(null)
        copy.name = 'mine'
        copy.free()
        copy.free()
        expect(() => copy.isend(1, 0))
          .to.throw(/mine has been freed/)
          .with.property('code', 'ERR_COMM')
        expect(() => copy.idup())
          .to.throw()
          .with.property('code', 'ERR_COMM')
        expect(() => copy.icreateGroup(comm.group))
          .to.throw()
          .with.property('code', 'ERR_COMM')
        expect(() => comm.free())
          .to.throw(/cannot be freed/)
          .with.property('code', 'ERR_COMM')
        expect(() => mpi.COMM_SELF.free())
          .to.throw()
          .with.property('code', 'ERR_COMM')
      })
    })

    it(`calls on freed communicators of ${size} ranks go on`, async () => {
      await onRanks(size, async (comm) => {
        const copies = [await comm.idup(), await comm.idup(), await comm.idup()]
        const sums = copies.map((copy) => copy.iallreduce(new Float64Array(200).fill(copy.rank)))
        const rings = copies.map((copy) => copy.irecv((copy.rank + 1) % size, 9))
        for (const copy of copies) void copy.isend(copy.rank, (copy.rank + size - 1) % size, 9)
        for (const copy of copies) copy.free()
        for (const sum of sums) expect((await sum)[0]).to.equal((size * (size - 1)) / 2)
        for (const heard of rings) expect(await heard).to.equal((comm.rank + 1) % size)
      })
    })

    it(`random splits of splits of ${size} ranks, alive together, used in different orders`, async () => {
      await onRanks(size, async (comm, mpi) => {
        const mine = new Random(comm.rank)
        const together = new Random(size)
        let level = comm
        const made: Comm[] = []
        for (let depth = 0; depth < 6; depth += 1) {
          const colors = Array.from({ length: size }, () => together.below(3))
          const color = colors[comm.rank] === 2 && level.size === size ? 1 : (colors[comm.rank] ?? 0)
          const next = depth % 2 === 0 ? await level.idup() : await level.isplit(color, mine.below(3) - 1)
          level = next ?? level
          made.push(level)
        }
        expect(await comm.isplit(mpi.UNDEFINED)).to.equal(null)
        const rings = made.map((one, i) => ({ one, i, heard: one.irecv((one.rank + 1) % one.size, 1) }))
        for (const { one, i } of mine.shuffle(rings)) {
          void one.isend([i, one.rank], (one.rank + one.size - 1) % one.size, 1)
          if (mine.chance(0.3)) one.free()
        }
        for (const { one, i, heard } of mine.shuffle(rings)) {
          expect(await heard).to.deep.equal([i, (one.rank + 1) % one.size])
        }
      })
    })
  }

  it('who waits for the first rank of a group that has ended learns it', async () => {
    await onRanks(3, async (comm) => {
      if (comm.rank === 0) return
      const error = await failureOf(comm.icreateGroup(comm.group))
      expect(error).to.include({ code: 'ERR_PROC_FAILED', call: 'icreateGroup' })
    })
  })

  it('groups that differ between ranks are found out', async () => {
    await onRanks(3, async (comm) => {
      const group = comm.rank === 2 ? comm.group : comm.group.incl([0, 2, 1])
      const made = comm.icreateGroup(group)
      if (comm.rank === 2) {
        const error = await failureOf(made)
        expect(error).to.have.property('code', 'ERR_COLLECTIVE_MISMATCH')
        expect((error as Error).message).to.include('world ranks 0, 2, 1')
      } else {
        await made
      }
    })
  })

  it('wrong arguments are refused before anything is sent', async () => {
    await onRanks(2, async (comm, mpi) => {
      const pair = present(await comm.isplit(comm.rank))
      const code = (call: () => unknown, wanted: string): void => {
        expect(call).to.throw().with.property('code', wanted)
      }
      code(() => comm.icreateGroup([0] as never), 'ERR_GROUP')
      code(() => pair.icreateGroup(comm.group), 'ERR_GROUP')
      code(() => comm.icreateGroup(comm.group, -1), 'ERR_TAG')
      code(() => comm.isplit(-1), 'ERR_ARG')
      code(() => comm.isplit(0, Number.NaN), 'ERR_ARG')
      code(() => comm.isplitType('socket' as never), 'ERR_ARG')
      code(() => comm.compare({} as Comm), 'ERR_COMM')
      expect(await comm.icreateGroup(comm.group.incl([]))).to.equal(null)
      expect(mpi.COMM_SELF.group.worldRanks).to.deep.equal([comm.rank])
    })
  })

  it('100,000 communicators, one after the other, leave nothing behind', async () => {
    await onRanks(1, async (_, { COMM_SELF }) => {
      const cycles = (count: number): number => {
        for (let i = 0; i < count; i += 1) {
          const copy = COMM_SELF.dup()
          copy.isend(i, 0)
          copy.free()
        }
        collectGarbage()
        return process.memoryUsage().heapUsed
      }
      const before = cycles(10_000)
      const grown = cycles(90_000) - before
      expect(grown, 'bytes').to.be.lessThan(4_000_000)
    })
  })

  it('a rank that still waits on freed communicators does not keep them after that', async () => {
    await onRanks(2, async (comm) => {
      const partner = 1 - comm.rank
      let before = 0
      for (let round = 0; round < 12; round += 1) {
        const copies = []
        for (let i = 0; i < 100; i += 1) copies.push(await comm.idup())
        const heard = copies.map((copy) => copy.irecv(partner))
        for (const copy of copies) void copy.isend(new Uint8Array(1000), partner)
        for (const copy of copies) copy.free()
        await Promise.all(heard)
        collectGarbage()
        if (round === 1) before = process.memoryUsage().heapUsed
      }
      expect(process.memoryUsage().heapUsed - before, 'bytes').to.be.lessThan(4_000_000)
    })
  })
})
