/*
 * The public library. Inside a rank it finds the library that is already running; started by plain `node prog.js` it makes a job of one rank.
 * It loads nothing else, because every program and every copy of the package loads it.
 */
import { dirname, join } from 'node:path'
import type { MPIStatic } from './mpi/mpi.ts'
import type { MPIError as MPIErrorClass } from './mpi/terms/mpi-error.ts'
import type { Runtime } from './mpi/runtime.ts'
import type { Pool as PoolClass } from './pool/pool.ts'
import { task as registerTask } from './pool/modules/task-registry.ts'
import type { Status as StatusClass } from './mpi/terms/status.ts'
import { VERSION } from './mpi/version.ts'
import { lazyPool } from './pool/lazy-pool.ts'

export type { MapOptions, ParallelOptions } from './mpi/api/parallel-options.ts'
export type { Progress } from './mpi/api/parallel-options.ts'
export type { AlltoallOptions, BlockOptions, ReduceScatterOptions } from './mpi/api/collective-calls.ts'
export type { CartComm, CartOptions, Comm, FullCartOptions, SelfComm } from './mpi/api/comm.ts'
export type { SendrecvOptions } from './mpi/api/point-to-point-calls.ts'
export type { InPlace } from './mpi/terms/constants.ts'
export type { View } from './mpi/datatypes/datatype.ts'
export type { Group, RankRange } from './mpi/groups/group.ts'
export type { Message } from './mpi/point-to-point/message.ts'
export type { MessageFilter, MessageStream, Received } from './mpi/point-to-point/message-stream.ts'
export type { MPIStatic } from './mpi/mpi.ts'
export type { MPIErrorCode } from './mpi/terms/mpi-error.ts'
export type { Op, OpLike, ValueAndLocation } from './mpi/operations/reduce-op.ts'
export type { Persistent } from './mpi/requests/persistent.ts'
export type { Options, Request } from './mpi/terms/request.ts'
export type { SharedWindow } from './mpi/api/shared-window.ts'
export type { Window } from './mpi/api/window.ts'
export type { IndexedShape, Strided, SubarrayShape, VectorShape } from './mpi/datatypes/strided.ts'

export type { Progress as PoolProgress } from './pool/progress/progress.ts'
export type { PoolIterator } from './pool/calls/pool-iterator.ts'
export type { ApplyOptions, ImapOptions, MapOptions as PoolMapOptions, PoolOptions } from './pool/pool-options.ts'
export type { PoolStats, ThreadStats } from './pool/dispatch/statistics.ts'
export type { TaskContext } from './pool/thread/task-context.ts'

const RUNTIME_KEY = Symbol.for('mpirun-ts.runtime')

function isCompatible(running: string): boolean {
  const significant = (version: string): string => version.split('.', version.startsWith('0.') ? 2 : 1).join('.')
  return significant(running) === significant(VERSION)
}

function findRuntime(): Runtime {
  // Only installRuntime writes there; its version is checked below.
  const running = (globalThis as { [RUNTIME_KEY]?: Runtime })[RUNTIME_KEY]
  if (running === undefined) return startSingleton()
  if (isCompatible(running.version)) return running
  const versions = `The job was started by mpirun-ts ${running.version}, the program has mpirun-ts ${VERSION} in its node_modules`
  throw new Error(
    `${versions}: start it with that package's own mpirun-ts (npx mpirun-ts), or install the same version`,
  )
}

function startSingleton(): Runtime {
  return ownFile<{ startSingleton(): Runtime }>('singleton.cjs').startSingleton()
}

/** `require` from a place. Of an imported createRequire webpack would believe to know what it does. */
function requireFrom(place: string): NodeJS.Require {
  return process.getBuiltinModule('node:module').createRequire(place)
}

/** A file of this package, beside this one. In a program's bundle this one is not where it was: then that of the program's node_modules. */
function ownFile<T>(name: string): T {
  const program = process.argv[1] ?? join(process.cwd(), 'program')
  const ways = [
    () => requireFrom(import.meta.url)(`./${name}`) as T,
    () => {
      const load = requireFrom(program)
      return load(join(dirname(load.resolve('mpirun-ts')), name)) as T
    },
  ]
  for (const load of ways) {
    try {
      return load()
    } catch (error) {
      // import.meta.url is not there in a bundle of CommonJS.
      const code = (error as { code?: unknown }).code
      if (code !== 'MODULE_NOT_FOUND' && code !== 'ERR_INVALID_ARG_VALUE') throw error
    }
  }
  const what = `mpirun-ts was put into a bundle without its file ${name}, and ${dirname(program)} has no node_modules with it`
  const how = "esbuild --external:mpirun-ts, rollup and vite external: ['mpirun-ts'], webpack externals: ['mpirun-ts']"
  throw new Error(`${what}: leave the package out of the bundle (${how}) and install it beside the program`)
}

const runtime = findRuntime()

/** Communicators, constants, operations and the job (see MPIStatic). */
export const MPI: MPIStatic = runtime.MPI
/** What failing calls throw. */
export const MPIError: typeof MPIErrorClass = runtime.MPIError
export type MPIError = MPIErrorClass
/** What is known of a received message. */
export const Status: typeof StatusClass = runtime.Status
export type Status = StatusClass

const LOAD_POOL_KEY = Symbol.for('mpirun-ts.load-pool')

function loadPool(): typeof PoolClass {
  // In a rank the running library brings it; only entry/rank.ts writes there.
  const ofRank = (globalThis as { [LOAD_POOL_KEY]?: () => typeof PoolClass })[LOAD_POOL_KEY]
  if (ofRank !== undefined) return ofRank()
  return ownFile<{ Pool: typeof PoolClass }>('pool.cjs').Pool
}

/** Threads for calls of functions (see pool/pool.ts). Their code is loaded with the first `new Pool`. */
export const Pool: typeof PoolClass = lazyPool(loadPool)
export type Pool = PoolClass
/** Registers functions of a module for pools (see pool/modules/task-registry.ts). */
export const task: typeof registerTask = registerTask
