// Random collectives of random lengths, roots and operations on two communicators, against what they must give. RANDOM_ROUNDS: how many.
import assert from 'node:assert/strict'
import { type Comm, MPI } from 'mpirun-ts'
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

const sumOf = (count: number, of: (rank: number) => number): number =>
  ranks.slice(0, count).reduce((total, one) => total + of(one), 0)
const sumBelow = (count: number, round: number): number => sumOf(count, (of) => of * 3 + (round % 100))

const checkGathered = (length: number) => (value: { of: number; text: string }, of: number) => {
  assert.deepEqual([value.of, value.text.length], [of, Math.floor(length)])
}

/** Rank s sends rank d as many elements as s, d and the length say: some ranks send a lot, others little, and some of it is nothing. */
function exchangeUnequal(comm: Comm, round: number, length: number): void {
  const countOf = (from: number, to: number): number =>
    (from + round) % 3 === 0 ? (from + to) % 4 : Math.floor((length * ((from * 5 + to * 3 + round) % 7)) / 7)
  const sendCounts = ranks.map((to) => countOf(rank, to))
  const recvCounts = ranks.map((from) => countOf(from, rank))
  const total = (counts: readonly number[]): number => counts.reduce((all, count) => all + count, 0)
  const send = contribution(rank, round, total(sendCounts))
  const recv = new Float64Array(total(recvCounts) + 1).fill(-1)
  let at = 0
  // Each element says from whom it is, and for whom.
  for (const [to, count] of sendCounts.entries()) {
    send.fill(rank * 100 + to, at, at + count)
    at += count
  }
  comm.alltoallInto(send, recv.subarray(0, -1), { sendCounts, recvCounts })
  at = 0
  for (const [from, count] of recvCounts.entries()) {
    const block = recv.subarray(at, at + count)
    assert.ok(
      block.every((x) => x === from * 100 + rank),
      `from ${from}`,
    )
    at += count
  }
  assert.equal(recv[at], -1)
}

function check(round: number): void {
  const comm = comms[numbers.below(2)] ?? MPI.COMM_WORLD
  const root = numbers.below(size)
  const length = LENGTHS[numbers.below(LENGTHS.length)] ?? 0
  const mine = contribution(rank, round, length)
  const sum = ranks.reduce((total, of) => total + of * 3 + (round % 100), 0)
  const isAll = (view: Float64Array, value: number): boolean => view.every((x) => x === value)
  const into = new Float64Array(length)
  switch (numbers.below(18)) {
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
    case 8:
      comm.scanInto(mine, into)
      return assert.ok(isAll(into, sumBelow(rank + 1, round)))
    case 9:
      return assert.equal(comm.exscan(rank + round), rank === 0 ? undefined : sumOf(rank, (of) => of + round))
    case 10: {
      const all = comm.gather({ of: rank, text: 'x'.repeat(length / 4) }, root)
      return assert.equal(all?.length, rank === root ? size : undefined) ?? all?.forEach(checkGathered(length / 4))
    }
    case 11: {
      const all = new Float64Array(rank === root ? length * size : 0)
      comm.gatherInto(mine, rank === root ? all : null, root)
      return assert.ok(all.every((x, i) => x === Math.floor(i / length) * 3 + (round % 100)))
    }
    case 12:
      return assert.deepEqual(
        comm.scatter(rank === root ? ranks.map((of) => `${of}`.padEnd((of * length) / 8)) : null, root),
        `${rank}`.padEnd((rank * length) / 8),
      )
    case 13: {
      const all = contribution(root, round, rank === root ? length * size : 0)
      comm.scatterInto(all, into, root)
      return assert.ok(isAll(into, root * 3 + (round % 100)))
    }
    case 14:
      return assert.deepEqual(
        comm.alltoall(ranks.map((of) => [rank, of, 'x'.repeat(((of + rank) * length) / 16)])),
        ranks.map((of) => [of, rank, 'x'.repeat(((of + rank) * length) / 16)]),
      )
    case 15:
      return exchangeUnequal(comm, round, length)
    case 16: {
      const counts = ranks.map((of) => Math.floor((length * of) / size))
      const all = contribution(
        rank,
        round,
        counts.reduce((total, count) => total + count, 0),
      )
      const own = comm.reduceScatter(all, MPI.SUM, { counts })
      assert.equal(own.length, counts[rank])
      return assert.ok(isAll(own, sum))
    }
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
