// parallelReduce: exact for bigint, the same for every run, in order of the items for functions.
import assert from 'node:assert/strict'
import { MPI } from 'mpirun-ts'

const comm = MPI.COMM_WORLD
const { rank } = comm
const items = Array.from({ length: 1000 }, (_, i) => i)
const onRoot = <T>(value: T): T | undefined => (rank === 0 ? value : undefined)

assert.equal(
  comm.parallelReduce((x: number) => x, MPI.SUM, items),
  onRoot(499_500),
)
assert.equal(
  comm.parallelReduce((x: number) => 2n ** BigInt(x), MPI.SUM, items),
  onRoot(2n ** 1000n - 1n),
)
const text = comm.parallelReduce(
  (x: number) => `${x} `,
  (lower: string, higher: string) => lower + higher,
  items,
)
assert.equal(text, onRoot(items.map((x) => `${x} `).join('')))
const first = comm.parallelReduce((x: number) => 1 / (x + 1), MPI.SUM, items)
for (let i = 0; i < 3; i += 1)
  assert.equal(
    comm.parallelReduce((x: number) => 1 / (x + 1), MPI.SUM, items),
    first,
  )
assert.deepEqual(
  comm.parallelReduce((x: number) => Int32Array.of(1, x), MPI.SUM, items),
  onRoot(Int32Array.of(1000, 499_500)),
)
assert.equal(
  comm.parallelReduce((x: number) => x, MPI.SUM, []),
  undefined,
)

const reports: number[] = []
const onProgress = ({ done, total }: { done: number; total: number }): void => {
  assert.equal(total, items.length)
  reports.push(done)
}
assert.equal(await comm.iparallelReduce((x: number) => x, MPI.MAX, items, { onProgress, chunkSize: 10 }), onRoot(999))
assert.equal(reports.at(-1), onRoot(1000))

// Chunks of one long item: root serves the others between its own, so everybody gets more than what is handed out in advance. On a busy machine
// one may come too late for more in one attempt; where root did not serve, all of them would fail.
const ATTEMPTS = 20
let mine = 0
const spin = (item: number): number => {
  mine += 1
  for (const until = performance.now() + 1; performance.now() < until; );
  return item
}
const long = Array.from({ length: 40 * comm.size }, (_, i) => i)
let counts = [0]
for (let attempt = 0; attempt < ATTEMPTS && Math.min(...counts) <= 2; attempt += 1) {
  mine = 0
  comm.parallelReduce(spin, MPI.SUM, comm.rank === 0 ? long : [], { chunkSize: 1 })
  counts = comm.allgather(mine)
  assert.equal(
    counts.reduce((sum, count) => sum + count, 0),
    long.length,
  )
}
assert.ok(Math.min(...counts) > 2, `a rank got only what was handed out in advance: ${counts.join()}`)
