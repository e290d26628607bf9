// Runs the programs given as arguments one after the other in one job; prints each name so that a hang shows where it is.
import { pathToFileURL } from 'node:url'
import { MPI } from 'mpirun-ts'

const comm = MPI.COMM_WORLD
for (const path of process.argv.slice(2)) {
  if (comm.rank === 0) console.log(`# ${path.split('/').at(-1)}`)
  await import(pathToFileURL(path).href)
  comm.barrier()
}
