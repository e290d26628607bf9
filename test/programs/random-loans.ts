// Random messages out of memory of MPI.alloc, sent in every way by all ranks at once, received late, early or in another order. MPI_TEST_SEED
// repeats a run; $RANDOM_ROUNDS (30) rounds.
import assert from 'node:assert/strict'
import { MPI, type Request } from 'mpirun-ts'
import { Random, testSeed } from '../support/random.ts'

const MOST_MESSAGES = 6
const LONGEST = 40_000
const KINDS = ['send', 'isend', 'issend', 'plain'] as const

const comm = MPI.COMM_WORLD
const { rank, size } = comm
const seed = comm.bcast(testSeed())
const rounds = Number(process.env['RANDOM_ROUNDS'] ?? 30)
/** What all ranks know of a round, and what this one does by itself. */
const common = new Random(seed)
const own = new Random(seed + 7919 * (rank + 1))
const memory = MPI.alloc(Int32Array, MOST_MESSAGES * LONGEST)
const target = MPI.alloc(Int32Array, LONGEST)

function dawdle(): void {
  const until = performance.now() + (own.chance(0.3) ? 2 * own.next() : 0)
  while (performance.now() < until) continue
}

for (let round = 0; round < rounds; round += 1) {
  const lengths = Array.from({ length: 1 + common.below(MOST_MESSAGES) }, () => {
    return common.below(common.chance(0.5) ? LONGEST : 3000)
  })
  const distance = common.below(size)
  const receives = common.shuffle([...lengths.keys()])
  const dest = (rank + distance) % size
  const source = (rank - distance + size) % size
  const valueAt = (from: number, i: number, at: number): number => (from * 31 + round * 7 + i * 3 + at) | 0
  const pending: Request<void>[] = []
  dawdle()
  for (const [i, length] of lengths.entries()) {
    const kind = KINDS[own.below(KINDS.length)]
    const out = kind === 'plain' ? new Int32Array(length) : memory.subarray(i * LONGEST, i * LONGEST + length)
    for (let at = 0; at < length; at += 1) out[at] = valueAt(rank, i, at)
    if (kind === 'isend') pending.push(comm.isend(out, dest, i))
    else if (kind === 'issend') pending.push(comm.issend(out, dest, i))
    else {
      comm.send(out, dest, i)
      // What was given to a blocking send may be used again at once.
      out.fill(-1)
    }
  }
  dawdle()
  for (const i of receives) {
    const length = lengths[i] ?? 0
    const into = own.chance(0.5) ? target.subarray(0, length) : new Int32Array(length)
    if (own.chance(0.5)) comm.recvInto(into, source, i)
    else into.set(comm.recv<Int32Array>(source, i))
    for (let at = 0; at < length; at += 1) {
      if (into[at] === valueAt(source, i, at)) continue
      assert.fail(`seed ${seed}, round ${round}, message ${i} of ${length}: element ${at} is ${into[at]}`)
    }
  }
  MPI.waitAll(pending)
}
