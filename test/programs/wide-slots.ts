// Payloads around the borders of what slots and wide slots of shared memory hold, other ones in every call, roots that change, nobody in step.
import assert from 'node:assert/strict'
import { MPI } from 'mpirun-ts'

const comm = MPI.COMM_WORLD
const { rank, size } = comm

/** Elements begin again after so many. */
const PERIOD = 251
/** Element `i` of what rank `from` gives rank `to` in call `call`. */
const element = (from: number, to: number, call: number, i: number): number =>
  (from * 131 + to * 31 + call * 7 + i) % PERIOD
/** `length` bytes whose element `i` is `at(i)`, which begins again after PERIOD. */
function periodic(length: number, at: (i: number) => number): Uint8Array {
  const bytes = new Uint8Array(length)
  for (let i = 0; i < Math.min(PERIOD, length); i += 1) bytes[i] = at(i)
  for (let done = PERIOD; done < length; done *= 2) bytes.copyWithin(done, 0, done)
  return bytes
}
const blockOf = (from: number, to: number, call: number, length: number): Uint8Array =>
  periodic(length, (i) => element(from, to, call, i))
const joined = (blocks: readonly Uint8Array[]): Uint8Array => Uint8Array.from(Buffer.concat(blocks))
const ranks = [...Array(size).keys()]
let call = 0

/** Bytes, or a list of them; to show them where they differ would take longer than all the rest. */
function check(given: unknown, wanted: Uint8Array | readonly Uint8Array[], what: string): void {
  if (wanted instanceof Uint8Array) {
    assert.ok(given instanceof Uint8Array && Buffer.compare(given, wanted) === 0, `${what} in call ${call}`)
    return
  }
  assert.ok(Array.isArray(given) && given.length === wanted.length, `${what} in call ${call}`)
  for (const [i, one] of wanted.entries()) check(given[i], one, what)
}

function exchange(length: number): void {
  const root = call % size
  const isRoot = rank === root
  const from = (to: number, block = length): Uint8Array => blockOf(rank, to, call, block)
  const what = `${length} bytes`

  const view = isRoot ? from(0) : new Uint8Array(length)
  comm.bcastInto(view, root)
  check(view, blockOf(root, 0, call, length), `bcastInto of ${what}`)
  check(comm.bcast(isRoot ? from(1) : undefined, root), blockOf(root, 1, call, length), `bcast of ${what}`)

  const gathered = isRoot ? new Uint8Array(length * size) : null
  comm.gatherInto(from(root), gathered, root)
  if (isRoot) check(gathered, joined(ranks.map((of) => blockOf(of, root, call, length))), `gatherInto of ${what}`)
  const list = comm.gather(from(root, length + rank), root)
  if (isRoot)
    check(
      list,
      ranks.map((of) => blockOf(of, root, call, length + of)),
      `gather of ${what}`,
    )

  const block = new Uint8Array(length)
  comm.scatterInto(isRoot ? joined(ranks.map((to) => from(to))) : null, block, root)
  check(block, blockOf(root, rank, call, length), `scatterInto of ${what}`)
  const part = comm.scatter(isRoot ? ranks.map((to) => from(to, length + to)) : null, root)
  check(part, blockOf(root, rank, call, length + rank), `scatter of ${what}`)

  const all = new Uint8Array(length * size)
  comm.allgatherInto(from(0), all)
  check(all, joined(ranks.map((of) => blockOf(of, 0, call, length))), `allgatherInto of ${what}`)
  check(
    comm.allgather(from(0)),
    ranks.map((of) => blockOf(of, 0, call, length)),
    `allgather of ${what}`,
  )

  const received = new Uint8Array(length * size)
  comm.alltoallInto(joined(ranks.map((to) => from(to))), received)
  check(received, joined(ranks.map((of) => blockOf(of, rank, call, length))), `alltoallInto of ${what}`)
  check(
    comm.alltoall(ranks.map((to) => from(to, length + to))),
    ranks.map((of) => blockOf(of, rank, call, length + rank)),
    `alltoall of ${what}`,
  )

  const sum = (to: number, i: number): number =>
    ranks.reduce((total, of) => (total + element(of, to, call, i)) & 255, 0)
  const sums = new Uint8Array(length)
  comm.reduceScatterInto(joined(ranks.map((to) => from(to))), sums)
  check(
    sums,
    periodic(length, (i) => sum(rank, i)),
    `reduceScatterInto of ${what}`,
  )
  const reduced = comm.reduce(from(0), MPI.SUM, root)
  if (isRoot)
    check(
      reduced,
      periodic(length, (i) => sum(0, i)),
      `reduce of ${what}`,
    )
  const below = comm.exscan(from(0))
  const belowSum = (i: number): number =>
    ranks.slice(0, rank).reduce((total, of) => (total + element(of, 0, call, i)) & 255, 0)
  if (rank > 0) check(below, periodic(length, belowSum), `exscan of ${what}`)
  call += 1
}

const borders = [424, 32_768, 65_536]
const lengths = borders.flatMap((border) => [
  border,
  Math.floor(border / size),
  Math.floor(border / Math.max(1, size - 1)),
])
for (const length of new Set(lengths)) for (const near of [length - 1, length, length + 1]) exchange(near)

// The same call again and again: some are ahead of the others, by a call at most.
for (let i = 0; i < 60; i += 1) {
  const root = i % size
  const view = new Int32Array(3000).fill(rank === root ? i : -1)
  comm.bcastInto(view, root)
  assert.ok(view.every((x) => x === i))
  const all = rank === root ? new Int32Array(1000 * size) : null
  comm.gatherInto(new Int32Array(1000).fill(rank + i), all, root)
  if (all !== null) assert.ok(all.every((x, at) => x === Math.floor(at / 1000) + i))
}
