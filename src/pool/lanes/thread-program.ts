import { sharedBytes } from '../../base/shared-bytes.ts'

/** Put in by scripts/build.mjs: the bundle of entry/pool-thread.ts. */
declare const MPIRUN_TS_POOL_THREAD_PROGRAM: string
/** Handed in by entry/kept-program.ts; absent on other machines, where nothing is kept. */
declare const keptCode: ThreadKeeper | undefined

interface ThreadKeeper {
  read(name: string): Uint8Array | undefined
  keep(name: string, compiled: Uint8Array): void
  atGoodEnd(action: () => void): void
}

/** The program that a pool's threads run. */
export interface ThreadProgram {
  readonly code: string
  /** What V8 has compiled of it in an earlier run. */
  readonly cache: SharedArrayBuffer | undefined
  /** Where the first thread with a task leaves what V8 has compiled, unless it took the cache; absent where nobody keeps it. */
  readonly compiled: SharedArrayBuffer | undefined
}

const NAME = 'pool-thread'
/** Of what V8 has compiled, in bytes; it is a third of that. Memory that nobody touches costs nothing. */
const MOST_COMPILED_BYTES = 1 << 20

let program: ThreadProgram | undefined

/** The same for all pools of a program. */
export function threadProgram(): ThreadProgram {
  program ??= makeProgram(typeof keptCode === 'undefined' ? undefined : keptCode)
  return program
}

function makeProgram(keeper: ThreadKeeper | undefined): ThreadProgram {
  const code = `(function (require, config, importUrl, compile) {${MPIRUN_TS_POOL_THREAD_PROGRAM}\n})`
  if (keeper === undefined) return { code, cache: undefined, compiled: undefined }
  const cache = keeper.read(NAME)
  const compiled = new SharedArrayBuffer(MOST_COMPILED_BYTES)
  keeper.atGoodEnd(() => {
    const bytes = takeCompiled(compiled)
    if (bytes !== undefined) keeper.keep(NAME, bytes)
  })
  return { code, cache: cache && sharedBytes(cache), compiled }
}

/** The first word of that memory: 0, or LEAVING, or how many bytes follow. */
const LEAVING = -1

/** Thread: leaves what `compile` gives, if it is the first. */
export function leaveCompiled(memory: SharedArrayBuffer, compile: () => Uint8Array): void {
  const word = new Int32Array(memory, 0, 1)
  // One thread of all; the others find that here.
  if (Atomics.compareExchange(word, 0, 0, LEAVING) !== 0) return
  const bytes = compile()
  if (bytes.length > memory.byteLength - word.byteLength) return
  new Uint8Array(memory, word.byteLength).set(bytes)
  // Pairs with the load in takeCompiled().
  Atomics.store(word, 0, bytes.length)
}

/** undefined: no thread has left anything. */
export function takeCompiled(memory: SharedArrayBuffer): Uint8Array | undefined {
  // Pairs with the store in leaveCompiled().
  const count = Atomics.load(new Int32Array(memory, 0, 1), 0)
  return count > 0 ? new Uint8Array(memory, Int32Array.BYTES_PER_ELEMENT, count) : undefined
}
