// Things go on without calls of the rank they are for: sends to one that computes, and iprobe without any other call.
import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MPI } from 'mpirun-ts'

const comm = MPI.COMM_WORLD
const partner = comm.rank ^ 1
// 8 MiB; to another node 16 KiB, which fit on the way: the agents there store no more than that.
const LENGTH = MPI.nodeCount === 1 ? 2 ** 20 : 2 ** 11

if (partner < comm.size) {
  const isReceiver = comm.rank < partner
  // Partners of different nodes see the same files here.
  const folder = isReceiver ? mkdtempSync(join(tmpdir(), 'mpirun-ts-progress-')) : comm.recv<string>(partner)
  const sign = join(folder, 'sent')
  if (isReceiver) {
    const request = comm.irecv<Float64Array>(partner, 1)
    comm.send(folder, partner)
    // Nothing but the file tells when the sends are done: it never comes if they need a call of this rank.
    while (!existsSync(sign));
    const view = request.wait()
    assert.ok(view.length === LENGTH && view.every((x) => x === 0.5))
    assert.equal(comm.recv(partner, 2), 'small')
    rmSync(folder, { recursive: true })
  } else {
    comm.send(new Float64Array(LENGTH).fill(0.5), partner, 1)
    comm.send('small', partner, 2)
    writeFileSync(sign, '')
  }

  comm.send('to be probed', partner, 3)
  while (comm.iprobe(partner, 3) === null);
  assert.equal(comm.recv(partner, 3), 'to be probed')
}
comm.barrier()
