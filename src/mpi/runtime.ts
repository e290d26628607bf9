import type { CollectiveWait } from '../wire/control-messages.ts'
import type { CollectiveSummary } from '../wire/control-messages.ts'
import { CartCommunicator } from './communicators/cart-communicator.ts'
import { CalledCollectives } from './collectives/call/called-collectives.ts'
import { Communicator } from './communicators/communicator.ts'
import type { Job } from './communicators/communicator-base.ts'
import { communicatorId, FIRST_FREE_COUNTER, SELF_COUNTER } from './matching/context.ts'
import { Engine } from './engine/engine.ts'
import type { Host } from './link/host.ts'
import type { Link } from './link/link.ts'
import { MPIError } from './terms/mpi-error.ts'
import { createMpi, type MPIStatic } from './mpi.ts'
import { RankTable } from './groups/rank-table.ts'
import { Status } from './terms/status.ts'
import { travelsByName } from '../wire/library-objects.ts'
import { VERSION } from './version.ts'

/** The library of one rank. */
export interface Runtime {
  readonly version: string
  readonly MPI: MPIStatic
  readonly MPIError: typeof MPIError
  readonly Status: typeof Status
  /** Whether messages wait for room; `flush` would have to push them. */
  readonly hasPendingSends: boolean
  /** The collectives that were called, by communicator. */
  readonly collectives: readonly CollectiveSummary[]
  /** At the end of the rank, before `flush`: says what the others must hear before they hear that this rank has finished. Never blocks. */
  takeLeave(): void
  /** Blocks until everything that was sent has left; at the end of the rank. */
  flush(): void
  /** The call that blocks the rank, such as `recv(source = 5, tag = ANY_TAG)`; null while none does. For reports of deadlocks. */
  describeWait(): string | null
  /** What the event loop waits for; null where it waits for nothing, or not for messages alone. */
  describeAwaited(): string | null
  /** The collectives that what was described belongs to. */
  collectiveWaits(): CollectiveWait[]
  /** What was described last never ends, because no rank can get on: it fails with ERR_DEADLOCK and the table, unless it has ended. */
  deadlocked(table: string): void
}

/** Key of the running library on globalThis: every copy of the package finds the same one. */
const RUNTIME_KEY: unique symbol = Symbol.for('mpirun-ts.runtime')

/** Exit status of `abort(code)`: code modulo 256, 1 where that is 0 or `code` is no integer. */
export function abortStatus(code: number): number {
  const status = Number.isInteger(code) ? ((code % 256) + 256) % 256 : 1
  return status === 0 ? 1 : status
}

/** Makes the library of a rank. Call once for each link. */
export function createRuntime(link: Link, host: Host): Runtime {
  const engine = new Engine(link, host.creditBytes)
  let counter = FIRST_FREE_COUNTER
  const job: Job = {
    engine,
    syncSend: host.syncSend ?? false,
    nextCounter: () => counter++,
    nodeId: host.nodeId,
    nodeOfRank: host.nodeOfRank ?? [],
    calledCollectives: new CalledCollectives(),
    retired: new Set(),
    windowAccess: host.windowAccess ?? null,
    windows: new Set(),
    makeCart: (made, grid) => new CartCommunicator(job, made, grid),
    abort: (code) => host.abort(code),
  }
  const world = new Communicator(job, 0, RankTable.world(link.size, link.rank), 'COMM_WORLD')
  const self = new Communicator(
    job,
    communicatorId(link.rank, SELF_COUNTER),
    RankTable.of([link.rank], link.rank),
    'COMM_SELF',
  )
  return {
    version: VERSION,
    MPI: createMpi(engine, host, world, self),
    MPIError,
    Status,
    get hasPendingSends(): boolean {
      return engine.hasPendingSends
    },
    get collectives(): readonly CollectiveSummary[] {
      return job.calledCollectives.summaries()
    },
    takeLeave: () => engine.takeLeave(),
    flush: () => engine.flush(),
    describeWait: () => engine.describeWait(),
    describeAwaited: () => engine.describeAwaited(),
    collectiveWaits: () => engine.collectiveWaits(),
    deadlocked: (table) => engine.deadlocked(table),
  }
}

/** Makes a runtime the one that `import 'mpirun-ts'` finds in this thread. */
export function installRuntime(runtime: Runtime): void {
  travelsByName('COMM_WORLD', runtime.MPI.COMM_WORLD)
  travelsByName('COMM_SELF', runtime.MPI.COMM_SELF)
  Object.defineProperty(globalThis, RUNTIME_KEY, { value: runtime, configurable: true })
}
