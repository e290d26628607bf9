// Random collectives of random lengths, roots and operations on two communicators, against what they must give. RANDOM_ROUNDS: how many.
import assert from 'node:assert/strict'
import { MPI } from 'mpirun-ts'
import { Random, testSeed } from '../support/random.ts'

const { rank, size } = MPI.COMM_WORLD
const rounds = Number(process.env['RANDOM_ROUNDS'] ?? 3) * 100
const seed = MPI.COMM_WORLD.bcast(testSeed())

/** The same numbers on every rank. */
const numbers = new Random(seed)

const LENGTHS = [0, 1, 2, 50, 53, 54, 500, 8000, 70_000]
const comms = [MPI.COMM_WORLD, MPI.COMM_WORLD.dup()]
const ranks = [...Array(size).keys()]

function contribution(of: number, round: number, length: number): Float64Array {
  // Some in memory that others copy where it is.
  const view = (round + of) % 3 === 0 ? MPI.alloc(Float64Array, length) : new Float64Array(length)
  return view.fill(of * 3 + (round % 100))
}

/** Keeps a rank busy for a while, another one each time. */
function dawdle(): void {
  const [isDue, who, ms] = [numbers.chance(1 / 16), numbers.below(size), numbers.below(100) / 50]
  if (!isDue || who !== rank) return
  const until = performance.now() + ms
  while (performance.now() < until);
}

function check(round: number): void {
  const comm = comms[numbers.below(2)] ?? MPI.COMM_WORLD
  const root = numbers.below(size)
  const length = LENGTHS[numbers.below(LENGTHS.length)] ?? 0
  const mine = contribution(rank, round, length)
  const sum = ranks.reduce((total, of) => total + of * 3 + (round % 100), 0)
  const isAll = (view: Float64Array, value: number): boolean => view.every((x) => x === value)
  const into = new Float64Array(length)
  switch (numbers.below(9)) {
    case 0:
      return comm.barrier()
    case 1:
      return assert.equal(
        comm.allreduce(rank + round),
        ranks.reduce((total, of) => total + of + round, 0),
      )
    case 2:
      comm.allreduceInto(mine, into)
      return assert.ok(isAll(into, sum))
    case 3:
      comm.allreduceInto(mine, into, MPI.MAX)
      return assert.ok(isAll(into, (size - 1) * 3 + (round % 100)))
    case 4:
      comm.bcastInto(mine, root)
      return assert.ok(isAll(mine, root * 3 + (round % 100)))
    case 5:
      return assert.deepEqual(comm.bcast(rank === root ? { round, text: 'x'.repeat(length) } : null, root), {
        round,
        text: 'x'.repeat(length),
      })
    case 6:
      comm.reduceInto(mine, into, MPI.SUM, root)
      return assert.ok(rank !== root || isAll(into, sum))
    case 7:
      return assert.deepEqual(
        comm.allgather(rank * round),
        ranks.map((of) => of * round),
      )
    default: {
      const all = new Float64Array(length * size)
      comm.allgatherInto(mine, all)
      return assert.ok(all.every((x, i) => x === Math.floor(i / length) * 3 + (round % 100)))
    }
  }
}

for (let round = 0; round < rounds; round += 1) {
  dawdle()
  try {
    check(round)
  } catch (error) {
    throw new Error(`round ${round} of seed ${seed} at n = ${size}`, { cause: error })
  }
}
