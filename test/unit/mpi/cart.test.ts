import { expect } from 'chai'
import { CartGrid } from '../../../src/mpi/groups/cart-grid.ts'
import type { CartComm } from '../../../src/mpi/api/comm.ts'
import { PROC_NULL } from '../../../src/mpi/terms/constants.ts'
import { createDims } from '../../../src/mpi/groups/dims.ts'
import { failureOf } from './support/failure-of.ts'
import { onRanks } from './support/on-ranks.ts'
import { Random, testSeed } from '../../support/random.ts'

function present<T>(value: T | null | undefined): T {
  if (value === null || value === undefined) throw new Error('nothing there')
  return value
}

/** Grids for `size` ranks: dims and periods. */
function gridsOf(size: number): { dims: number[]; periods: boolean[] }[] {
  const grids = []
  for (const count of [1, 2, 3]) {
    const dims = createDims(size, count, 0)
    for (let bits = 0; bits < 2 ** count; bits += 1)
      grids.push({ dims, periods: dims.map((_, dim) => (bits & (1 << dim)) !== 0) })
  }
  return grids
}

describe('CartGrid', () => {
  it('coordinates and ranks are each other’s inverse, the last varies fastest', () => {
    const grid = new CartGrid([2, 3, 4], [false, false, false])
    expect(grid.size).to.equal(24)
    expect(grid.coordsOf(1)).to.deep.equal([0, 0, 1])
    expect(grid.coordsOf(4)).to.deep.equal([0, 1, 0])
    expect(grid.coordsOf(23)).to.deep.equal([1, 2, 3])
    for (let rank = 0; rank < 24; rank += 1) expect(grid.rankOf(grid.coordsOf(rank))).to.equal(rank)
  })

  it('periodic dimensions wrap around by any distance, others end', () => {
    const seed = testSeed()
    const random = new Random(seed)
    for (let i = 0; i < 300; i += 1) {
      const dims = Array.from({ length: 1 + random.below(4) }, () => 1 + random.below(4))
      const grid = new CartGrid(
        dims,
        dims.map(() => random.chance(0.5)),
      )
      const rank = random.below(grid.size)
      const dim = random.below(dims.length)
      const disp = random.below(21) - 10
      const moved = grid.coordsOf(rank).map((x, j) => (j === dim ? x + disp : x))
      const extent = present(dims[dim])
      const target = present(moved[dim])
      const isInside = target >= 0 && target < extent
      const wrapped = moved.map((x, j) => (j === dim ? x - extent * Math.floor(x / extent) : x))
      const wanted = isInside || grid.periods[dim] === true ? grid.rankOf(wrapped) : PROC_NULL
      expect(grid.neighbor(rank, dim, disp), `seed ${seed}`).to.equal(wanted)
    }
  })

  it('a grid of no dimensions has one rank', () => {
    const grid = new CartGrid([], [])
    expect(grid.size).to.equal(1)
    expect(grid.coordsOf(0)).to.deep.equal([])
    expect(grid.rankOf([])).to.equal(0)
  })
})

describe('cart', () => {
  for (const size of [1, 2, 3, 4, 6, 8, 9]) {
    it(`shift, sub and neighbour collectives of ${size} ranks`, async () => {
      await onRanks(size, async (comm) => {
        for (const { dims, periods } of gridsOf(size)) {
          const cart = present(await comm.icart({ dims, periods }))
          expect(cart.dims).to.deep.equal(dims)
          expect(cart.periods).to.deep.equal(periods)
          expect(cart.coords).to.deep.equal(cart.coordsOf(cart.rank))
          expect(cart.rankOf(cart.coords)).to.equal(cart.rank)
          await checkShifts(cart)
          await checkSub(cart)
          await checkNeighbors(cart)
          const copy = await cart.idup()
          expect(copy.coords).to.deep.equal(cart.coords)
          await checkNeighbors(copy)
          cart.free()
        }
      })
    })
  }

  it('ranks beyond the grid get null, and those in it go on without them', async () => {
    await onRanks(5, async (comm) => {
      const cart = await comm.icart({ dims: [2, 2], periods: true })
      expect(cart === null).to.equal(comm.rank === 4)
      if (cart !== null) expect(await cart.iallgather(comm.rank)).to.deep.equal([0, 1, 2, 3])
      const point = await comm.icart({ dims: [] })
      expect(point?.coords).to.deep.equal(comm.rank === 0 ? [] : undefined)
      if (point !== null) expect(await point.ineighborAllgather(1)).to.deep.equal([])
    })
  })

  it('grids that differ between ranks are an error of all of them', async () => {
    await onRanks(3, async (comm) => {
      const error = await failureOf(comm.icart({ dims: comm.rank === 1 ? [1, 3] : [3, 1] }))
      expect(error).to.have.property('code', 'ERR_COLLECTIVE_MISMATCH')
      expect((error as Error).message)
        .to.include('dims [1, 3]')
        .and.include('dims [3, 1]')
      const other = await failureOf(comm.icart({ dims: [3], periods: [comm.rank === 0] }))
      expect(other).to.have.property('code', 'ERR_COLLECTIVE_MISMATCH')
      expect(await comm.iallreduce(1)).to.equal(3)
    })
  })

  it('wrong arguments are refused', async () => {
    await onRanks(4, async (comm) => {
      const code = (call: () => unknown, wanted: string): void => {
        expect(call).to.throw().with.property('code', wanted)
      }
      code(() => comm.icart({ dims: [5] }), 'ERR_DIMS')
      code(() => comm.icart({ dims: [3, 2] }), 'ERR_DIMS')
      code(() => comm.icart({ dims: [0, 4] }), 'ERR_DIMS')
      code(() => comm.icart({ dims: [-2, -2] }), 'ERR_DIMS')
      code(() => comm.icart({ dims: [1.5] }), 'ERR_DIMS')
      code(() => comm.icart({ dims: '4' as never }), 'ERR_DIMS')
      code(() => comm.icart({ dims: [2, 2], periods: [true] }), 'ERR_DIMS')
      const cart = present(await comm.icart({ dims: [2, 2], periods: [false, true] }))
      code(() => cart.rankOf([0]), 'ERR_DIMS')
      code(() => cart.rankOf([2, 0]), 'ERR_ARG')
      code(() => cart.rankOf([0.5, 0]), 'ERR_ARG')
      expect(cart.rankOf([1, -1])).to.equal(3)
      code(() => cart.coordsOf(4), 'ERR_RANK')
      code(() => cart.coordsOf(-1), 'ERR_RANK')
      code(() => cart.shift(2), 'ERR_DIMS')
      code(() => cart.shift(-1), 'ERR_DIMS')
      code(() => cart.shift(0, 0.5), 'ERR_ARG')
      code(() => cart.isub([true]), 'ERR_DIMS')
      expect(await failureOf(cart.ineighborAlltoall([1, 2, 3]))).to.have.property('code', 'ERR_COUNT')
      code(() => cart.ineighborAlltoallInto(new Int8Array(6), new Int8Array(4)), 'ERR_COUNT')
      code(() => cart.ineighborAllgatherInto(new Int8Array(2), new Int8Array(4)), 'ERR_COUNT')
      code(() => cart.ineighborAllgatherInto(new Int8Array(1), new Uint8Array(4)), 'ERR_TYPE')
      const memory = new Int8Array(8)
      code(() => cart.ineighborAlltoallInto(memory.subarray(0, 4), memory.subarray(2, 6)), 'ERR_BUFFER')
      const recvOverlap = { recvCounts: [1, 1, 1, 1], recvDispls: [0, 1, 1, 2] }
      code(() => cart.ineighborAlltoallInto(memory, new Int8Array(8), recvOverlap), 'ERR_BUFFER')
    })
  })
})

async function checkShifts(cart: CartComm): Promise<void> {
  for (let dim = 0; dim < cart.dims.length; dim += 1) {
    for (const disp of [0, 1, 2, -1, -3]) {
      const { source, dest } = cart.shift(dim, disp)
      const heard = cart.irecv(source, 3)
      await cart.isend([...cart.coords], dest, 3)
      const from = await heard
      const wanted = cart.coords.map((x, i) => (i === dim ? x - disp : x))
      if (source === PROC_NULL) expect(from).to.equal(undefined)
      else expect(cart.rankOf(from as number[])).to.equal(cart.rankOf(wanted))
    }
  }
}

async function checkSub(cart: CartComm): Promise<void> {
  for (let bits = 0; bits < 2 ** cart.dims.length; bits += 1) {
    const keep = cart.dims.map((_, dim) => (bits & (1 << dim)) !== 0)
    const sub = await cart.isub(keep)
    expect(sub.dims).to.deep.equal(cart.dims.filter((_, dim) => keep[dim]))
    expect(sub.periods).to.deep.equal(cart.periods.filter((_, dim) => keep[dim]))
    expect(sub.coords).to.deep.equal(cart.coords.filter((_, dim) => keep[dim]))
    for (const coords of await sub.iallgather([...cart.coords])) {
      for (const [dim, x] of coords.entries()) if (keep[dim] !== true) expect(x).to.equal(cart.coords[dim])
    }
    sub.free()
  }
}

/** Each rank says to each neighbour who it is and in which place it sees it. */
async function checkNeighbors(cart: CartComm): Promise<void> {
  const places = cart.dims.flatMap((_, dim) => [cart.shift(dim).source, cart.shift(dim).dest])
  const wanted = places.map((from) => (from === PROC_NULL ? undefined : from))
  expect(await cart.ineighborAllgather(cart.rank)).to.deep.equal(wanted)
  const sides = places.map((_, place) => `${cart.rank} to place ${place}`)
  // What went to the lower neighbour comes to the upper place.
  const heard = wanted.map((from, place) => (from === undefined ? undefined : `${from} to place ${place ^ 1}`))
  expect(await cart.ineighborAlltoall(sides)).to.deep.equal(heard)
  const blocks = await cart.ineighborAlltoall<Int32Array>(
    Int32Array.from(places.flatMap((_, place) => [cart.rank, place])),
  )
  expect(blocks).to.deep.equal(
    wanted.map((from, place) => (from === undefined ? undefined : Int32Array.of(from, place ^ 1))),
  )

  const recv = new Int32Array(2 * places.length).fill(-7)
  await cart.ineighborAllgatherInto(Int32Array.of(cart.rank, 1), recv)
  expect([...recv]).to.deep.equal(wanted.flatMap((from) => (from === undefined ? [-7, -7] : [from, 1])))
  const send = Int32Array.from(places, (_, place) => 100 * cart.rank + place)
  const into = new Int32Array(places.length).fill(-7)
  await cart.ineighborAlltoallInto(send, into)
  const expected = wanted.map((from, place) => (from === undefined ? -7 : 100 * from + (place ^ 1)))
  expect([...into]).to.deep.equal(expected)
  await checkUnequal(cart, wanted)
}

/** The V variant: to the lower neighbour of dimension d go d + 1 elements, to the upper one d + 3, with gaps between what comes. */
async function checkUnequal(cart: CartComm, wanted: readonly (number | undefined)[]): Promise<void> {
  const sendCounts = wanted.map((_, place) => (place >> 1) + (place % 2 === 0 ? 1 : 3))
  const recvCounts = wanted.map((_, place) => present(sendCounts[place ^ 1]))
  const recvDispls = wanted.map((_, place) => 10 * (wanted.length - 1 - place) + 2)
  const send = Float64Array.from(
    sendCounts.flatMap((count, place) => new Array<number>(count).fill(100 * cart.rank + place)),
  )
  const recv = new Float64Array(10 * wanted.length + 2).fill(-7)
  await cart.ineighborAlltoallInto(send, recv, { sendCounts, recvCounts, recvDispls })
  const expected = new Float64Array(recv.length).fill(-7)
  for (const [place, from] of wanted.entries()) {
    const at = present(recvDispls[place])
    if (from !== undefined) expected.fill(100 * from + (place ^ 1), at, at + present(recvCounts[place]))
  }
  expect(recv).to.deep.equal(expected)
}
