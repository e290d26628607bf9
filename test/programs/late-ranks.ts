// One rank's time is up in a collective that another has not begun: who misses it gets its ERR_TIMEOUT, who has all that it needs gets that, nobody
// waits for ever or gets anything else; and the same call right after it works on all ranks.
import assert from 'node:assert/strict'
import { type Comm, MPI, MPIError } from 'mpirun-ts'
import { Random, testSeed } from '../support/random.ts'

const { rank, size } = MPI.COMM_WORLD
const seed = MPI.COMM_WORLD.bcast(testSeed())
/** The same numbers on every rank. */
const random = new Random(seed)
const ROUNDS = size > 3 ? 1 : 2

/** How long views are: for a slot, for messages, pieces, and what is shown where it is. */
const LENGTHS = [5, 300, 3000, 70_000]

interface Turn {
  readonly comm: Comm
  readonly root: number
  /** 0, or 1 for the same call made again. */
  readonly turn: number
  readonly options: { timeout?: number }
}

/** Makes a call with values that `turn` tells apart, and checks what comes. */
type Call = (turn: Turn) => void

const element = (of: number, turn: number, i: number): number => (of + 1) * (turn + 2) + (i % 7)
const text = (of: number, turn: number, length: number): string => `${of}.${turn}`.padEnd(length, 'x')

function make(isAllocated: boolean, length: number): Float64Array {
  return isAllocated ? MPI.alloc(Float64Array, length) : new Float64Array(length)
}

function filled(isAllocated: boolean, length: number, turn: number): Float64Array {
  const view = make(isAllocated, length)
  for (let i = 0; i < length; i += 1) view[i] = element(rank, turn, i)
  return view
}

/** Sum of element `i` of the first `count` ranks. */
function sum(count: number, turn: number, i: number): number {
  let total = 0
  for (let of = 0; of < count; of += 1) total += element(of, turn, i)
  return total
}

function same(view: ArrayLike<number>, wanted: (i: number) => number, from = 0, to = view.length): void {
  for (let i = from; i < to; i += 1) assert.equal(view[i], wanted(i - from), `element ${i} of ${view.length}`)
}

const plus = (lower: number, higher: number): number => lower + higher
const calls = new Map<string, Call>([['barrier', ({ comm, options }) => comm.barrier(options)]])

calls.set('allreduce of a number', ({ comm, turn, options }) => {
  assert.equal(comm.allreduce(element(rank, turn, 0), MPI.SUM, options), sum(size, turn, 0))
})
calls.set('reduce of a number', ({ comm, root, turn, options }) => {
  const total = comm.reduce(element(rank, turn, 0), MPI.SUM, root, options)
  assert.equal(total, rank === root ? sum(size, turn, 0) : undefined)
})
calls.set('scan of a number', ({ comm, turn, options }) => {
  assert.equal(comm.scan(element(rank, turn, 0), MPI.SUM, options), sum(rank + 1, turn, 0))
})
calls.set('exscan of a number', ({ comm, turn, options }) => {
  assert.equal(comm.exscan(element(rank, turn, 0), MPI.SUM, options), rank === 0 ? undefined : sum(rank, turn, 0))
})

for (const length of [10, 1000, 200_000]) {
  const of = (name: string): string => `${name} of ${length} characters`
  calls.set(of('bcast'), ({ comm, root, turn, options }) => {
    const value = comm.bcast(rank === root ? text(root, turn, length) : undefined, root, options)
    assert.equal(value, text(root, turn, length))
  })
  calls.set(of('gather'), ({ comm, root, turn, options }) => {
    const values = comm.gather(text(rank, turn, length), root, options)
    const wanted = Array.from({ length: size }, (_, other) => text(other, turn, length))
    assert.deepEqual(values, rank === root ? wanted : undefined)
  })
  calls.set(of('scatter'), ({ comm, root, turn, options }) => {
    const parts = Array.from({ length: size }, (_, other) => text(other, turn, length))
    assert.equal(comm.scatter(rank === root ? parts : null, root, options), text(rank, turn, length))
  })
  calls.set(of('allgather'), ({ comm, turn, options }) => {
    const wanted = Array.from({ length: size }, (_, other) => text(other, turn, length))
    assert.deepEqual(comm.allgather(text(rank, turn, length), options), wanted)
  })
  calls.set(of('alltoall'), ({ comm, turn, options }) => {
    const parts = Array.from({ length: size }, (_, other) => text(rank * 10 + other, turn, length))
    const wanted = Array.from({ length: size }, (_, other) => text(other * 10 + rank, turn, length))
    assert.deepEqual(comm.alltoall(parts, options), wanted)
  })
}

for (const length of LENGTHS) {
  for (const isAllocated of [false, true]) {
    if (isAllocated && length < 3000) continue
    const of = (name: string): string => `${name} of ${length}${isAllocated ? ', of MPI.alloc' : ''}`
    calls.set(of('bcastInto'), ({ comm, root, turn, options }) => {
      const view = rank === root ? filled(isAllocated, length, turn) : make(isAllocated, length)
      comm.bcastInto(view, root, options)
      same(view, (i) => element(root, turn, i))
    })
    calls.set(of('gatherInto'), ({ comm, root, turn, options }) => {
      const all = rank === root ? make(isAllocated, length * size) : null
      comm.gatherInto(filled(isAllocated, length, turn), all, root, options)
      for (let other = 0; all !== null && other < size; other += 1) {
        same(all, (i) => element(other, turn, i), other * length, (other + 1) * length)
      }
    })
    calls.set(of('scatterInto'), ({ comm, root, turn, options }) => {
      const [all, part] = [filled(isAllocated, length * size, turn), make(isAllocated, length)]
      comm.scatterInto(rank === root ? all : null, part, root, options)
      same(part, (i) => element(root, turn, rank * length + i))
    })
    calls.set(of('allgatherInto'), ({ comm, turn, options }) => {
      const all = make(isAllocated, length * size)
      comm.allgatherInto(filled(isAllocated, length, turn), all, options)
      for (let other = 0; other < size; other += 1) {
        same(all, (i) => element(other, turn, i), other * length, (other + 1) * length)
      }
    })
    calls.set(of('alltoallInto'), ({ comm, turn, options }) => {
      const all = make(isAllocated, length * size)
      comm.alltoallInto(filled(isAllocated, length * size, turn), all, options)
      for (let other = 0; other < size; other += 1) {
        same(all, (i) => element(other, turn, rank * length + i), other * length, (other + 1) * length)
      }
    })
  }
  for (const op of [MPI.SUM, plus]) {
    const of = (name: string): string => `${name} of ${length} by ${op === plus ? 'a function' : 'SUM'}`
    calls.set(of('allreduceInto'), ({ comm, turn, options }) => {
      const total = make(false, length)
      comm.allreduceInto(filled(false, length, turn), total, op, options)
      same(total, (i) => sum(size, turn, i))
    })
    calls.set(of('reduceInto'), ({ comm, root, turn, options }) => {
      const total = rank === root ? make(false, length) : null
      comm.reduceInto(filled(false, length, turn), total, op, root, options)
      if (total !== null) same(total, (i) => sum(size, turn, i))
    })
    calls.set(of('reduceScatterInto'), ({ comm, turn, options }) => {
      const part = make(false, length)
      comm.reduceScatterInto(filled(false, length * size, turn), part, op, options)
      same(part, (i) => sum(size, turn, rank * length + i))
    })
    calls.set(of('scanInto'), ({ comm, turn, options }) => {
      const total = make(false, length)
      comm.scanInto(filled(false, length, turn), total, op, options)
      same(total, (i) => sum(rank + 1, turn, i))
    })
    calls.set(of('exscanInto'), ({ comm, turn, options }) => {
      const total = make(false, length)
      comm.exscanInto(filled(false, length, turn), total, op, options)
      if (rank > 0) same(total, (i) => sum(rank, turn, i))
    })
  }
}

const comm = MPI.COMM_WORLD.dup()
for (let round = 0; round < ROUNDS && size > 1; round += 1) {
  for (const [name, call] of calls) {
    const quitter = random.below(size)
    const late = (quitter + 1 + random.below(size - 1)) % size
    const root = random.below(size)
    const timeout = random.below(200) / 100
    const where = `${name}, round ${round}, seed ${seed}: rank ${quitter} gives up, rank ${late} is late, root ${root}`
    const show = (error: unknown): string => `${where}: ${error instanceof Error ? error.stack : String(error)}`
    if (rank === late) MPI.COMM_WORLD.recv(quitter, 1)
    try {
      call({ comm, root, turn: 0, options: rank === quitter ? { timeout } : {} })
    } catch (error) {
      const isOfQuitter = error instanceof MPIError && error.code === 'ERR_TIMEOUT' && error.rank === quitter
      assert.ok(isOfQuitter, show(error))
    }
    if (rank === quitter) MPI.COMM_WORLD.send('over', late, 1)
    try {
      call({ comm, root, turn: 1, options: {} })
    } catch (error) {
      assert.fail(show(error))
    }
  }
}
