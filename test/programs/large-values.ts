// Large values by calls that are given no buffer, some started long before the message is there.
import assert from 'node:assert/strict'
import { MPI } from 'mpirun-ts'

const comm = MPI.COMM_WORLD
const [CHARACTERS, MEGABYTES] = [40_000, 50]

if (comm.size > 1 && comm.rank < 2) {
  const other = 1 - comm.rank
  const request = comm.irecv<{ text: string }>(other, 1)
  comm.send({ text: 'ä'.repeat(CHARACTERS) }, other, 1)
  assert.equal(request.wait().text, 'ä'.repeat(CHARACTERS))

  if (comm.rank === 1) comm.isend(['x'.repeat(MEGABYTES * 1e6)], 0, 2).wait()
  else {
    const [text = ''] = await comm.irecv<string[]>(1, 2)
    assert.equal(text.length, MEGABYTES * 1e6)
    assert.ok(/^x+$/.test(text))
  }
}
// Ten megabytes to everybody.
const text = comm.bcast(comm.rank === comm.size - 1 ? 'y'.repeat(1e7) : undefined, comm.size - 1)
assert.ok(text.length === 1e7 && /^y+$/.test(text))
