// Receives that are cancelled while their messages arrive: cancelled or completed, never both, and no message is lost.
import assert from 'node:assert/strict'
import { MPI, MPIError, type Request } from 'mpirun-ts'

const comm = MPI.COMM_WORLD
const next = (comm.rank + 1) % comm.size
const before = (comm.rank + comm.size - 1) % comm.size
const ROUNDS = comm.size <= 2 ? 10_000 : 1000

/** Spins for a while that differs from round to round. */
function spin(turns: number): void {
  for (let i = 0; i < turns; i += 1) Math.sqrt(i)
}

let cancelled = 0
for (let round = 0; round < ROUNDS; round += 1) {
  const request: Request<number> = comm.irecv(before, 1)
  comm.send(round, next, 1)
  spin((round * 37) % 400)
  if (request.cancel()) {
    cancelled += 1
    assert.throws(() => request.wait(), { code: 'ERR_CANCELLED' })
    assert.equal(comm.recv(before, 1), round)
  } else {
    assert.equal(request.wait(), round)
    assert.equal(request.cancel(), false)
  }
}
comm.barrier()
assert.equal(comm.iprobe(before, 1), null)

// The same by signals, which need the event loop.
for (let round = 0; round < 300; round += 1) {
  const controller = new AbortController()
  const request = comm.irecv<number>(before, 2, { signal: controller.signal })
  comm.send(round, next, 2)
  const abort = round % 3
  if (abort === 0) controller.abort()
  else if (abort === 1) queueMicrotask(() => controller.abort())
  else setImmediate(() => controller.abort())
  const value = await request.then(
    (got) => got,
    (error: unknown) => {
      assert.ok(error instanceof DOMException || error instanceof MPIError, String(error))
      return undefined
    },
  )
  if (value === undefined) assert.equal(await comm.irecv(before, 2), round)
  else assert.equal(value, round)
  controller.abort()
}
comm.barrier()
assert.equal(comm.iprobe(before, 2), null)
