// Runs the programs given as arguments one after the other in one job; prints each name so that a hang shows where it is.
import { pathToFileURL } from 'node:url'
import { MPI } from 'mpirun-ts'
import { DELAYS, Delays } from '../support/delays.ts'

const comm = MPI.COMM_WORLD
const seed = process.env[DELAYS]
if (seed !== undefined) {
  const delays = new Delays(Number(seed) * 31 + comm.rank)
  delays.delayAtomics()
  delays.delayMethods(comm)
  delays.delayMethods(MPI)
}
for (const path of process.argv.slice(2)) {
  if (comm.rank === 0) console.log(`# ${path.split('/').at(-1)}`)
  await import(pathToFileURL(path).href)
  comm.barrier()
}
