import { MPI } from 'mpirun-ts'

const { rank, size } = MPI.COMM_WORLD
console.log(`Hello from rank ${rank} of ${size} on ${MPI.processorName()}`)
