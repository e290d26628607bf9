// Usage: mpirun-ts -np 2 windows.mjs plain|alloc CALL[+CALL…] [SIZES]. Rank 0 works on rank 1's part of a window; prints "KEY<tab>µs" of each call with
// its completion. windows_mpi4py.py and windows.c do the same.
import { MPI } from 'mpirun-ts'
import { say, secondsPerCall } from './timing.mjs'

const comm = MPI.COMM_WORLD
const [memory, calls, list = '8'] = process.argv.slice(2)
const sizes = list.split(',').map(Number)
const bytes = Math.max(...sizes)
const target = memory === 'alloc' ? MPI.alloc(Float64Array, bytes / 8) : new Float64Array(bytes / 8)
const window = comm.createWindow(target)
if (comm.rank === 0) window.lock(1, { shared: true })

const measure = (key, step, bytes) => {
  say(key, secondsPerCall(comm, comm.rank === 0 ? step : () => undefined, bytes) * 1e6)
}
const views = sizes.map((size) => new Float64Array(size / 8).fill(1))
const kinds = {
  single() {
    measure('fetchAndOp', () => window.fetchAndOp(1, 1))
    measure('compareAndSwap', () => window.compareAndSwap(0, 1, 1))
  },
  put() {
    for (const view of views) {
      measure(
        view.byteLength,
        () => {
          window.put(view, 1)
          window.flush(1)
        },
        view.byteLength,
      )
    }
  },
  get() {
    for (const view of views) measure(view.byteLength, () => window.get(view, 1), view.byteLength)
  },
}
for (const call of calls.split('+')) kinds[call]()
if (comm.rank === 0) window.unlock(1)
window.free()
