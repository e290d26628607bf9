// Neighbour collectives: order, edges, neighbours that are the same rank, unequal blocks.
import assert from 'node:assert/strict'
import { MPI } from 'mpirun-ts'

const world = MPI.COMM_WORLD
const { size } = world

for (const dimensions of [1, 2, 3]) {
  for (const periods of [false, true]) {
    const grid = world.cart({ dims: MPI.dims(size, dimensions), periods }) ?? assert.fail('no grid')
    const { rank } = grid
    const places = grid.dims.flatMap((_, dim) => [grid.shift(dim).source, grid.shift(dim).dest])
    const sources = places.map((one) => (one === MPI.PROC_NULL ? undefined : one))
    assert.deepEqual(
      grid.neighborAllgather({ rank }),
      sources.map((one) => (one === undefined ? one : { rank: one })),
    )
    // What went to the lower neighbour comes from the upper one, also where both are one rank.
    const heard = grid.neighborAlltoall(places.map((_, place) => [rank, place]))
    assert.deepEqual(
      heard,
      sources.map((one, place) => (one === undefined ? one : [one, place ^ 1])),
    )

    for (const length of [0, 1, 1000, 100_000]) {
      const around = new Float64Array(length * places.length).fill(-1)
      grid.neighborAllgatherInto(new Float64Array(length).fill(rank), around)
      for (const [place, one] of sources.entries()) {
        const block = around.subarray(place * length, (place + 1) * length)
        assert.ok(block.every((x) => x === (one ?? -1)))
      }
    }

    const sendCounts = places.map((_, place) => place + 1)
    const recvCounts = places.map((_, place) => (place ^ 1) + 1)
    const send = Int32Array.from(sendCounts.flatMap((count, place) => new Array<number>(count).fill(rank * 10 + place)))
    const recv = new Int32Array(send.length).fill(-1)
    grid.neighborAlltoallInto(send, recv, { sendCounts, recvCounts })
    const wanted = recvCounts.flatMap((count, place) => {
      const one = sources[place]
      return new Array<number>(count).fill(one === undefined ? -1 : one * 10 + (place ^ 1))
    })
    assert.deepEqual([...recv], wanted)
    assert.throws(() => grid.neighborAlltoall([1]), { code: 'ERR_COUNT' })
    grid.free()
  }
}
