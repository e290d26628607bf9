// Ranks that disagree about the root of a collective: all of them fail, and both roots are named, also where the call itself waits for nobody.
import { MPI } from 'mpirun-ts'
import { expectMismatch } from '../support/expect-mismatch.ts'

type Comm = typeof MPI.COMM_WORLD

const { size, rank } = MPI.COMM_WORLD
const last = size - 1
const root = rank === last ? last : 0
const names = [/root = 0\b/, new RegExp(`root = ${last}\\b`)]

function expectRoots(call: (comm: Comm) => unknown): void {
  expectMismatch(names, call)
}

if (size > 1) {
  // What fits a slot of shared memory, and what does not.
  for (const length of [3, 2000]) {
    const text = 'x'.repeat(length)
    const view = (): Float64Array => new Float64Array(length)
    const blocks = (): Float64Array => new Float64Array(length * size)
    const texts = new Array<string>(size).fill(text)
    expectRoots((comm) => comm.bcast(text, root))
    expectRoots((comm) => comm.bcastInto(view(), root))
    expectRoots((comm) => comm.scatter(texts, root))
    expectRoots((comm) => comm.scatterInto(blocks(), view(), root))
    expectRoots((comm) => comm.ibcast(text, root).wait())
    expectRoots((comm) => comm.iscatter(texts, root).wait())
    // Between nodes nobody learns of these before all wait for each other, which takes its time: one of them will do.
    if (MPI.nodeCount > 1 && length > 3) continue
    expectRoots((comm) => comm.reduce(1, MPI.SUM, root))
    if (MPI.nodeCount > 1) continue
    expectRoots((comm) => comm.gather(text, root))
    expectRoots((comm) => comm.gatherInto(view(), blocks(), root))
    expectRoots((comm) => comm.reduceInto(view(), view(), MPI.MAX, root))
    expectRoots((comm) => comm.reduce(text, (lower, higher) => lower + higher, root))
  }
  expectRoots((comm) => comm.parallelMap((item: number) => item, [1, 2, 3], { root }))
  expectRoots((comm) => comm.parallelReduce((item: number) => item, MPI.SUM, [1, 2, 3], { root }))
}
