// bcast from each root, of values and views from nothing to megabytes.
import assert from 'node:assert/strict'
import { MPI } from 'mpirun-ts'

const comm = MPI.COMM_WORLD
for (let root = 0; root < comm.size; root += 1) {
  const isRoot = comm.rank === root
  assert.deepEqual(comm.bcast(isRoot ? { root, list: [1, 2, root] } : undefined, root), { root, list: [1, 2, root] })
  const text = comm.bcast(isRoot ? 'x'.repeat(100_000) : undefined, root)
  assert.equal(text.length, 100_000)
  const view = comm.bcast(isRoot ? Int16Array.of(root, 7) : undefined, root)
  assert.deepEqual(view, Int16Array.of(root, 7))
  for (const length of [0, 1, 1000, 200_000]) {
    const into = new Float64Array(length)
    if (isRoot) into.fill(root + 0.5)
    comm.bcastInto(into, root)
    assert.ok(into.every((x) => x === root + 0.5))
  }
  assert.equal(await comm.ibcast(isRoot ? 2n ** 80n : undefined, root), 2n ** 80n)
}
