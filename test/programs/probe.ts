// Probing tells what the next receive of that source and tag gets, while other messages arrive.
import assert from 'node:assert/strict'
import { MPI } from 'mpirun-ts'

const comm = MPI.COMM_WORLD
const ROUNDS = 20

if (comm.rank !== 0) {
  for (let i = 0; i < ROUNDS; i += 1) comm.send(new Float32Array(comm.rank * 10 + i), 0, i)
} else {
  for (let i = 0; i < ROUNDS * (comm.size - 1); i += 1) {
    if (i % 2 === 0) {
      const status = comm.probe()
      const view = new Float32Array(status.count)
      assert.equal(comm.recvInto(view, status.source, status.tag).count, status.source * 10 + status.tag)
    } else {
      const message = comm.mprobe()
      const { source, tag } = message.status
      assert.equal(message.recv<Float32Array>().length, source * 10 + tag)
    }
  }
  assert.equal(comm.iprobe(), null)
  assert.equal(comm.improbe(), null)
}
comm.barrier()
comm.send('self', comm.rank, 5)
assert.equal(comm.iprobe(comm.rank, 6), null)
assert.equal(comm.iprobe(comm.rank, 5)?.type, 'value')
assert.equal(comm.improbe(comm.rank, 5)?.recv(), 'self')
