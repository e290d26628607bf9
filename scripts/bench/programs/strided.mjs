// Usage: mpirun-ts -np 1 strided.mjs HOW. Prints "KEY<tab>µs" for each shape: elements of a Float64Array that do not lie together are brought together,
// by the library (pack, packInto) or by the loop that one writes by hand for the shape (loop, loopInto); Into: to a view that is there already.
import { MPI } from 'mpirun-ts'
import { say, secondsPerCall } from './timing.mjs'

const how = process.argv[2]
const ROWS = 1000
/** Cells of a field in each dimension, with a layer for the neighbours' on both sides. */
const N = 130
const LAST = N - 2

const matrix = Float64Array.from({ length: ROWS * ROWS }, (_, i) => i)
const plane = Float64Array.from({ length: N * N }, (_, i) => i)
const field = Float64Array.from({ length: N ** 3 }, (_, i) => i)
const ofField = (subsizes, starts) => MPI.subarray(field, { sizes: [N, N, N], subsizes, starts })

/** For each shape: how the library is told of it, and the loop. */
const shapes = {
  'column of 1000': {
    strided: MPI.vector(matrix, { count: ROWS, stride: ROWS, offset: 7 }),
    loop: (out) => {
      for (let i = 0; i < ROWS; i += 1) out[i] = matrix[i * ROWS + 7]
    },
  },
  '128 x 128 of 130 x 130': {
    strided: MPI.subarray(plane, { sizes: [N, N], subsizes: [LAST, LAST], starts: [1, 1] }),
    loop: (out) => {
      let at = 0
      for (let y = 1; y <= LAST; y += 1) for (let x = 1; x <= LAST; x += 1) out[at++] = plane[y * N + x]
    },
  },
  'face across x of 130^3': {
    strided: ofField([1, N, N], [1, 0, 0]),
    loop: (out) => {
      let at = 0
      for (let y = 0; y < N; y += 1) for (let z = 0; z < N; z += 1) out[at++] = field[(N + y) * N + z]
    },
  },
  'face across y of 130^3': {
    strided: ofField([N, 1, N], [0, 1, 0]),
    loop: (out) => {
      let at = 0
      for (let x = 0; x < N; x += 1) for (let z = 0; z < N; z += 1) out[at++] = field[(x * N + 1) * N + z]
    },
  },
  'face across z of 130^3': {
    strided: ofField([N, N, 1], [0, 0, 1]),
    loop: (out) => {
      let at = 0
      for (let x = 0; x < N; x += 1) for (let y = 0; y < N; y += 1) out[at++] = field[(x * N + y) * N + 1]
    },
  },
}

for (const [key, { strided, loop }] of Object.entries(shapes)) {
  const out = new Float64Array(strided.length)
  loop(out)
  const packed = strided.pack()
  if (!out.every((x, i) => x === packed[i])) throw new Error(`${key}: the loop and pack() differ`)
  const steps = {
    pack: () => strided.pack(),
    packInto: () => strided.pack(out),
    loop: () => loop(new Float64Array(strided.length)),
    loopInto: () => loop(out),
  }
  say(key, secondsPerCall(MPI.COMM_WORLD, steps[how]) * 1e6)
}
