// A counter on rank 0 that the others use while rank 0 computes and calls nothing of MPI until they are done.
import assert from 'node:assert/strict'
import { MPI } from 'mpirun-ts'

const comm = MPI.COMM_WORLD
const { rank, size } = comm
const ROUNDS = 50
for (const memory of [MPI.alloc(Int32Array, 2), new Int32Array(2)]) {
  const window = comm.createWindow(memory)
  const isShared = memory.buffer instanceof SharedArrayBuffer
  if (rank === 0) {
    // Over memory of MPI.alloc the owner sees changes as they come; over other memory at the next call.
    const until = performance.now() + 100_000
    while (isShared && Atomics.load(memory, 1) < size - 1) assert.ok(performance.now() < until, 'nobody is served')
  } else {
    let last = -1
    for (let i = 0; i < ROUNDS; i += 1) {
      const ticket = window.fetchAndOp(1, 0)
      assert.ok(ticket > last)
      last = ticket
    }
    window.lock(0)
    window.accumulate(Int32Array.of(1), 0, 1)
    window.unlock(0)
  }
  window.fence()
  if (rank === 0) assert.deepEqual([...memory], [ROUNDS * (size - 1), size - 1])
  window.free()
}
