// A synchronous send is done when its message is matched, not before.
import assert from 'node:assert/strict'
import { MPI } from 'mpirun-ts'

const comm = MPI.COMM_WORLD
const partner = comm.rank ^ 1

if (partner < comm.size) {
  if (comm.rank < partner) {
    const request = comm.issend('synchronous', partner, 1)
    comm.send('not yet', partner, 2)
    assert.equal(comm.recv(partner, 3), 'I have not received')
    assert.equal(request.test().done, false)
    comm.send('go on', partner, 4)
    request.wait()
    comm.ssend(new Uint8Array(500_000), partner, 5)
  } else {
    assert.equal(comm.recv(partner, 2), 'not yet')
    comm.send('I have not received', partner, 3)
    assert.equal(comm.recv(partner, 4), 'go on')
    assert.equal(comm.recv(partner, 1), 'synchronous')
    assert.equal(comm.recv<Uint8Array>(partner, 5).length, 500_000)
  }
}
