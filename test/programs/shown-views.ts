// A root that gives up while the others may be copying its memory of MPI.alloc, and then writes to it: they have what it was, or the root's error.
import assert from 'node:assert/strict'
import { MPI, MPIError } from 'mpirun-ts'
import { Random, testSeed } from '../support/random.ts'

const ROUNDS = 12
/** Long enough to be shown at once. */
const LENGTH = 2 ** 18

const node = MPI.COMM_WORLD.splitType('node') ?? MPI.COMM_SELF
const { rank, size } = node
const seed = node.bcast(testSeed())
/** The same numbers on every rank of a node. */
const numbers = new Random(seed)
const view = MPI.alloc(Float64Array, LENGTH)

/** What a call throws: undefined, or an ERR_TIMEOUT of root. */
function timeoutOf(root: number, call: () => void): MPIError | undefined {
  try {
    call()
  } catch (error) {
    const isOurs = error instanceof MPIError && error.code === 'ERR_TIMEOUT'
    // Ranks of the world are in the order of those of the node.
    if (!isOurs || (rank !== root && error.rank === MPI.COMM_WORLD.rank)) throw error
    return error
  }
  return undefined
}

function spin(ms: number): void {
  const until = performance.now() + ms
  while (performance.now() < until);
}

/** What a reader has must be whole. */
function check(values: Float64Array, error: MPIError | undefined, what: string): void {
  if (error !== undefined) return
  const wrong = values.findIndex((x) => x !== 1)
  assert.equal(wrong, -1, `${what}, seed ${seed}: element ${wrong} is ${values[wrong]}`)
}

for (let round = 0; round < ROUNDS; round += 1) {
  const comm = node.dup()
  const root = numbers.below(size)
  const [timeout, delay] = [numbers.below(300) / 100, numbers.below(300) / 100]
  // Of every fourth, the others come when all is over for root.
  const isLate = round % 4 === 3
  view.fill(rank === root ? 1 : 0)
  node.barrier()
  if (rank === root) {
    timeoutOf(root, () => comm.bcastInto(view, root, { timeout }))
    view.fill(2)
    if (isLate) for (let other = 0; other < size; other += 1) if (other !== root) node.send('over', other)
  } else {
    if (isLate) node.recv(root)
    else spin(delay * (1 + rank / size))
    const error = timeoutOf(root, () => comm.bcastInto(view, root, { timeout: 60_000 }))
    check(view, error, `bcastInto, round ${round}`)
  }
  node.barrier()
  comm.free()
}

for (let round = 0; round < ROUNDS && size > 1; round += 1) {
  const comm = node.dup()
  const quitter = numbers.below(size)
  const timeout = numbers.below(400) / 100
  const all = new Float64Array(LENGTH * size).fill(1)
  view.fill(1)
  node.barrier()
  const error = timeoutOf(quitter, () =>
    comm.allgatherInto(view, all, { timeout: rank === quitter ? timeout : 60_000 }),
  )
  if (rank === quitter) view.fill(2)
  // Whoever fails, fails on all that are not done.
  check(all, error, `allgatherInto, round ${round}`)
  node.barrier()
  comm.free()
}
