// Long views over nodes: what goes in pieces, in slices, round the nodes; bits, places, and mistakes in lengths.
import assert from 'node:assert/strict'
import { MPI } from 'mpirun-ts'

const comm = MPI.COMM_WORLD
const { rank, size } = comm
const ranks = [...Array(size).keys()]

/** The order of evaluation of a reduction: ((0+1)+(2+3))+… */
function tree(leaves: readonly Float64Array[]): Float64Array {
  const [first] = leaves
  if (first === undefined || leaves.length === 1) return first ?? new Float64Array(0)
  const half = 2 ** Math.ceil(Math.log2(leaves.length) - 1)
  const higher = tree(leaves.slice(half))
  return tree(leaves.slice(0, half)).map((x, i) => x + (higher[i] ?? Number.NaN))
}

for (const length of [3, 2047, 2048, 8192, 32_767, 70_001]) {
  const given = ranks.map((of) =>
    Float64Array.from({ length }, (_, i) => Math.sin(of * 7919 + i) * 10 ** ((of * 3 + i) % 17)),
  )
  const sums = tree(given)
  const mine = given[rank] ?? assert.fail()
  for (const isAwaited of [false, true]) {
    const what = `${length} elements, ${isAwaited ? 'awaited' : 'blocking'}`
    const into = new Float64Array(length)
    if (isAwaited) await comm.iallreduceInto(mine, into)
    else comm.allreduceInto(mine, into)
    assert.deepEqual(into, sums, `allreduceInto of ${what}`)
    into.set(mine)
    if (isAwaited) await comm.iallreduceInto(MPI.IN_PLACE, into)
    else comm.allreduceInto(MPI.IN_PLACE, into)
    assert.deepEqual(into, sums, `allreduceInto of ${what} in place`)
    const root = length % size
    into.fill(0)
    if (isAwaited) await comm.ireduceInto(mine, into, MPI.SUM, root)
    else comm.reduceInto(mine, into, MPI.SUM, root)
    if (rank === root) assert.deepEqual(into, sums, `reduceInto of ${what}`)
    into.set(mine)
    if (isAwaited) await comm.ibcastInto(into, root)
    else comm.bcastInto(into, root)
    assert.deepEqual(into, given[root], `bcastInto of ${what}`)
    const all = new Float64Array(length * size)
    if (isAwaited) await comm.iallgatherInto(mine, all)
    else comm.allgatherInto(mine, all)
    for (const of of ranks) {
      assert.deepEqual(all.subarray(of * length, (of + 1) * length), given[of], `allgatherInto of ${what}`)
    }
    const counts = ranks.map((of) => Math.floor(((of + 1) * length) / size) - Math.floor((of * length) / size))
    const from = counts.slice(0, rank).reduce((sum, count) => sum + count, 0)
    const block = new Float64Array(counts[rank] ?? 0)
    if (isAwaited) await comm.ireduceScatterInto(mine, block, MPI.SUM, { counts })
    else comm.reduceScatterInto(mine, block, MPI.SUM, { counts })
    assert.deepEqual(block, sums.slice(from, from + block.length), `reduceScatterInto of ${what}`)
  }
}

// A communicator whose ranks lie on the nodes in another order.
const turned = comm.split(0, (rank * 5 + 3) % 7) ?? assert.fail()
const order = turned.allgather(rank)
const values = Float64Array.from({ length: 5000 }, (_, i) => Math.cos(rank + i) * 10 ** (rank % 9))
assert.deepEqual(
  turned.allreduce(values),
  tree(order.map((of) => Float64Array.from({ length: 5000 }, (_, i) => Math.cos(of + i) * 10 ** (of % 9)))),
)

// One rank gives a view of another length, which takes another algorithm or the same one.
for (const other of [5, 69_999]) {
  for (const call of ['allreduce', 'bcast', 'allgather'] as const) {
    if (size === 1) continue
    const wrong = comm.dup()
    const view = new Float64Array(rank === size - 1 ? other : 70_000)
    assert.throws(
      () => {
        if (call === 'allreduce') wrong.allreduceInto(view, view.slice())
        if (call === 'bcast') wrong.bcastInto(view)
        if (call === 'allgather') wrong.allgatherInto(view, new Float64Array(view.length * size))
        wrong.barrier()
      },
      { code: 'ERR_COLLECTIVE_MISMATCH' },
      `${call} of ${other}`,
    )
    comm.barrier()
    // Its memory is for the next one.
    wrong.free()
  }
}
