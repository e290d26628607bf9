// All ranks lock, read and change the parts of all others at random, by blocking and by awaitable calls. Under a lock the two numbers of a part are the same, and at the end every
// change has been counted. MPI_TEST_SEED repeats a run; $RANDOM_ROUNDS (60) rounds.
import assert from 'node:assert/strict'
import { MPI } from 'mpirun-ts'
import { Random, testSeed } from '../support/random.ts'

const comm = MPI.COMM_WORLD
const { rank, size } = comm
const seed = comm.bcast(testSeed())
const rounds = Number(process.env['RANDOM_ROUNDS'] ?? 60)
const own = new Random(seed + 7919 * (rank + 1))

// Elements: two that change together under a lock, one of accumulate, one of fetchAndOp, one of compareAndSwap.
const memory = rank % 2 === 0 ? MPI.alloc(BigInt64Array, 5) : new BigInt64Array(5)
const window = comm.createWindow(memory)
const changes = Array.from({ length: size }, () => [0, 0, 0, 0])
const pair = new BigInt64Array(2)

for (let round = 0; round < rounds; round += 1) {
  const target = own.below(size)
  const counts = changes[target] ?? []
  const where = `seed ${seed}, rank ${rank}, round ${round}, part of rank ${target}`
  const dice = own.below(5)
  const isAwaited = own.chance(0.5)
  if (dice === 0) {
    if (isAwaited) await window.ilock(target)
    else window.lock(target)
    if (own.chance(0.5)) await window.iget(pair, target)
    else window.get(pair, target)
    assert.equal(pair[0], pair[1], where)
    window.put(BigInt64Array.of((pair[0] ?? 0n) + 1n), target, 0)
    if (own.chance(0.2)) window.flush(target)
    const put = window.iput(BigInt64Array.of((pair[1] ?? 0n) + 1n), target, 1)
    if (own.chance(0.2)) await Promise.all([put, window.iflush(target)])
    if (isAwaited) await window.iunlock(target)
    else window.unlock(target)
    counts[0] = (counts[0] ?? 0) + 1
  } else if (dice === 1) {
    if (isAwaited) window.ilock(target, { shared: true }).wait()
    else window.lock(target, { shared: true })
    window.getAccumulate(null, pair, target, 0, MPI.NO_OP)
    assert.equal(pair[0], pair[1], where)
    window.unlock(target)
  } else if (dice === 2) {
    if (isAwaited) window.iaccumulate(BigInt64Array.of(3n), target, 2)
    else window.getAccumulate(BigInt64Array.of(3n), pair.subarray(0, 1), target, 2)
    counts[1] = (counts[1] ?? 0) + 3
  } else if (dice === 3) {
    if (isAwaited) await window.ifetchAndOp(5n, target, 3)
    else window.fetchAndOp(5n, target, 3)
    counts[2] = (counts[2] ?? 0) + 5
  } else {
    const swap = async (seen: bigint): Promise<bigint> => {
      if (isAwaited) return await window.icompareAndSwap(seen, seen + 1n, target, 4)
      return window.compareAndSwap(seen, seen + 1n, target, 4)
    }
    let seen = 0n
    for (let old = await swap(seen); old !== seen; ) {
      seen = old
      old = await swap(seen)
    }
    counts[3] = (counts[3] ?? 0) + 1
  }
  // Messages go on beside windows.
  if (round % 20 === 19) comm.sendrecv(round, (rank + 1) % size, (rank + size - 1) % size)
}
window.fence()
const all = comm.allgather(changes)
const expected = [0, 0, 1, 2, 3].map((kind) => all.reduce((sum, of) => sum + (of[rank]?.[kind] ?? 0), 0))
assert.deepEqual([...memory].map(Number), expected, `seed ${seed}, rank ${rank}`)
window.free()
