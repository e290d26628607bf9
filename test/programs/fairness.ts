// Senders that never stop by themselves: a receiver of anything serves each of them (MPI 4.1 §3.5 promises no fairness; this library does not starve).
import assert from 'node:assert/strict'
import { MPI, Status } from 'mpirun-ts'

const comm = MPI.COMM_WORLD
const { rank, size } = comm
const [FLOOD, LAST, STOP] = [0, 1, 2]
/** Messages that each sender must get through before any may stop. */
const WANTED = 20
/** More than this and somebody starves. */
const MOST = 2_000_000

// Somebody who has not begun does not starve.
comm.barrier()
if (rank !== 0) {
  let sent = 0
  while (comm.iprobe(0, STOP) === null) {
    comm.send(sent, 0, FLOOD)
    sent += 1
  }
  comm.recv(0, STOP)
  comm.send(sent, 0, LAST)
} else if (size > 1) {
  const seen = new Array<number>(size).fill(0)
  const status = new Status()
  let total = 0
  while (seen.slice(1).some((count) => count < WANTED)) {
    const number = comm.recv<number>(MPI.ANY_SOURCE, FLOOD, { status })
    assert.equal(number, seen[status.source])
    seen[status.source] = number + 1
    total += 1
    assert.ok(total < MOST, `after ${total} messages the ranks were served ${seen.join(', ')} times`)
  }
  for (let dest = 1; dest < size; dest += 1) comm.send('stop', dest, STOP)
  for (let open = size - 1; open > 0; ) {
    const number = comm.recv<number>(MPI.ANY_SOURCE, MPI.ANY_TAG, { status })
    assert.equal(number, seen[status.source])
    if (status.tag === LAST) open -= 1
    else seen[status.source] = number + 1
  }
}
