// Usage: mpirun-ts -np N collectives.mjs CALL [SIZES]. Prints "KEY<tab>µs" for each size in bytes; collectives_mpi4py.py and collectives.c do the same.
// Sizes: bytes of each rank's buffer (allreduce, reduce, bcast, scan) or of the block for each rank (the others). Rooted calls end with a barrier, as root
// alone waits, or the others.
import { MPI } from 'mpirun-ts'
import { say, secondsPerCall } from './timing.mjs'

const comm = MPI.COMM_WORLD
const { rank, size } = comm
const [call, list = '8'] = process.argv.slice(2)
const sizes = list.split(',').map(Number)
const isAllocated = process.env.BENCH_ALLOC === '1'
const doubles = (bytes) => (isAllocated ? MPI.alloc(Float64Array, bytes / 8) : new Float64Array(bytes / 8)).fill(1)

const measure = (key, step, bytes) => say(key, secondsPerCall(comm, step, bytes) * 1e6)
const measureSizes = (stepOf) => {
  for (const bytes of sizes) measure(bytes, stepOf(bytes), bytes)
}

const calls = {
  barrier() {
    measure('barrier', () => comm.barrier())
  },
  single() {
    const [send, recv] = [doubles(8), doubles(8)]
    measure('allreduce of a number', () => comm.allreduce(1.5))
    measure('allreduceInto of a float64', () => comm.allreduceInto(send, recv))
  },
  allreduce: () =>
    measureSizes((bytes) => {
      const [send, recv] = [doubles(bytes), doubles(bytes)]
      return () => comm.allreduceInto(send, recv)
    }),
  // The root changes from call to call, so that no rank runs ahead of the others.
  bcast: () =>
    measureSizes((bytes) => {
      const view = doubles(bytes)
      return (i) => comm.bcastInto(view, i % size)
    }),
  allgather: () =>
    measureSizes((bytes) => {
      const [send, recv] = [doubles(bytes), doubles(bytes * size)]
      return () => comm.allgatherInto(send, recv)
    }),
  alltoall: () =>
    measureSizes((bytes) => {
      const [send, recv] = [doubles(bytes * size), doubles(bytes * size)]
      return () => comm.alltoallInto(send, recv)
    }),
  gather: () =>
    measureSizes((bytes) => {
      const [send, recv] = [doubles(bytes), doubles(bytes * size)]
      return () => {
        comm.gatherInto(send, rank === 0 ? recv : null)
        comm.barrier()
      }
    }),
  scatter: () =>
    measureSizes((bytes) => {
      const [send, recv] = [doubles(bytes * size), doubles(bytes)]
      return () => {
        comm.scatterInto(rank === 0 ? send : null, recv)
        comm.barrier()
      }
    }),
  reduce: () =>
    measureSizes((bytes) => {
      const [send, recv] = [doubles(bytes), doubles(bytes)]
      return () => {
        comm.reduceInto(send, rank === 0 ? recv : null)
        comm.barrier()
      }
    }),
  reduceScatter: () =>
    measureSizes((bytes) => {
      const [send, recv] = [doubles(bytes * size), doubles(bytes)]
      return () => comm.reduceScatterInto(send, recv)
    }),
  scan: () =>
    measureSizes((bytes) => {
      const [send, recv] = [doubles(bytes), doubles(bytes)]
      return () => {
        comm.scanInto(send, recv)
        comm.barrier()
      }
    }),
  // Every rank sends 100 messages of 1 KiB to every other rank.
  flood() {
    const others = Array.from({ length: size }, (_, other) => other).filter((other) => other !== rank)
    const send = new Uint8Array(1024)
    const into = others.map(() => Array.from({ length: 100 }, () => new Uint8Array(1024)))
    measure('all-pairs flood', () => {
      const requests = others.flatMap((other, i) => into[i].map((view) => comm.irecvInto(view, other)))
      for (let i = 0; i < 100; i += 1) for (const other of others) requests.push(comm.isend(send, other))
      MPI.waitAll(requests)
    })
  },
}
for (const name of call.split('+')) calls[name]()
