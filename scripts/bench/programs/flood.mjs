// Usage: mpirun-ts -np 2 flood.mjs MESSAGE_BYTES. Rank 1 sends 1 GiB as fast as it may to rank 0, which first sleeps and then is slow. Prints by
// how much the most memory that the node's process ever had resident has grown, KiB; of two nodes the sum.
import { readFileSync } from 'node:fs'
import { MPI } from 'mpirun-ts'
import { say } from './timing.mjs'

const comm = MPI.COMM_WORLD
const bytes = Number(process.argv[2])
const count = 2 ** 30 / bytes
const peakKib = () => Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))[1])
const pause = (ms) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)

const view = new Uint8Array(bytes)
comm.barrier()
const before = peakKib()
if (comm.rank === 1) {
  for (let i = 0; i < count; i += 1) comm.send(view, 0)
} else {
  pause(1000)
  for (let i = 0; i < count; i += 1) {
    comm.recvInto(view, 1)
    if (i % Math.ceil(2 ** 20 / bytes) === 0) pause(1)
  }
}
// Ranks of one node are threads of one process.
const grown = comm.gather(peakKib() - before)
if (comm.rank === 0) say(`${bytes} B a message`, Math.max(1, MPI.nodeCount > 1 ? grown[0] + grown[1] : grown[0]))
