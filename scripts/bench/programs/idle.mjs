// Usage: mpirun-ts -np 3 idle.mjs SECONDS. Prints which share of a core two ranks use that wait in recv, in percent, while a third one sleeps.
import { setTimeout as sleep } from 'node:timers/promises'
import { MPI } from 'mpirun-ts'
import { say } from './timing.mjs'

const comm = MPI.COMM_WORLD
const seconds = Number(process.argv[2] ?? 10)
comm.barrier()
// All ranks of a node are threads of one process, so this counts the waiting ranks, the sleeping one and the agent.
const before = process.cpuUsage()
if (comm.rank === 2) {
  await sleep(seconds * 1000)
  comm.send(1, 0)
  comm.send(1, 1)
} else {
  comm.recv(2)
}
const { user, system } = process.cpuUsage(before)
say('two ranks in recv', (user + system) / 1e4 / seconds)
