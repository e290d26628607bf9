import { allocateShared, createWindow, type MadeWindow, type SharedParts } from './window-plans.ts'
import { checkView } from '../collectives/call/arguments.ts'
import type { Members } from '../collectives/call/members.ts'
import type { Plan } from '../collectives/call/run.ts'
import { revokedError } from '../losses/comm-failure.ts'
import { datatypeOfConstructor, type View, type ViewConstructor } from '../datatypes/datatype.ts'
import type { Engine } from '../engine/engine.ts'
import { show } from '../terms/in-words.ts'
import type { Watch } from '../link/link.ts'
import { MPIError, type MPIErrorCode } from '../terms/mpi-error.ts'
import { PendingRequest } from '../requests/pending-request.ts'
import type { RankTable } from '../groups/rank-table.ts'
import type { SharedWindow } from '../api/shared-window.ts'
import { SharedWindowOfRank } from './shared-window-of-rank.ts'
import type { Window } from '../api/window.ts'
import type { Begun, WindowAccess, WindowMembers } from '../link/window-access.ts'
import type { WindowComm } from './window-comm.ts'
import { WindowOfRank } from './window-of-rank.ts'
import { describeWindowCall, type Endings, type WindowCallOf, WindowRequest } from './window-request.ts'

/** What the windows of one rank share. */
interface WindowJob {
  readonly engine: Engine
  /** How windows reach other ranks; null where they cannot. */
  readonly windowAccess: WindowAccess | null
  /** Windows over memory that others cannot see. */
  readonly windows: Set<{ sync(): void }>
}

/** A communicator as its windows see it. */
export interface WindowOwner extends WindowComm {
  readonly job: WindowJob
  readonly ranks: RankTable
}

/** A collective, and what its outcome makes. */
export interface WindowPlan<A, T> {
  readonly plan: Plan<A>
  readonly make: (outcome: A) => T
}

/** Comm.createWindow. Throws ERR_TYPE. */
export function planWindow(owner: WindowOwner, view: View): WindowPlan<MadeWindow, Window> {
  const call = 'createWindow'
  checkView(owner, call, 'the view', view)
  const { job } = owner
  const access = accessOf(owner, call)
  const who = membersOf(owner)
  const checkOf = (call: string, target: number) => (): void => checkReachable(owner, call, target, access)
  const wait = (what: string, target: number, watch: Watch): void => {
    const call = `Window.${what}`
    const request = new WindowWaitRequest(job.engine, { call, target, owner })
    job.engine.waitUntil(watch, request, checkOf(call, target))
  }
  const later = <A, T>(what: string, target: number, begun: Begun<A>, endings: Endings<A, T>): PendingRequest<T> => {
    const call = `Window.${what}`
    return new WindowRequest({ call, target, owner }, begun, endings, checkOf(call, target))
  }
  const make = (made: MadeWindow): Window => {
    const onFree = (): void => void job.windows.delete(window)
    const window = new WindowOfRank({ ...made, members: owner, who, access, wait, later, view, onFree })
    if (window.isCopied) job.windows.add(window)
    return window
  }
  return { plan: createWindow(owner, access, who, view), make }
}

/** Comm.allocateShared. Throws ERR_TYPE, ERR_COUNT, and ERR_COMM where ranks are on other nodes. */
export function planShared<C extends ViewConstructor>(
  owner: WindowOwner,
  constructor: C,
  length: number,
): WindowPlan<SharedParts, SharedWindow<InstanceType<C>>> {
  const call = 'allocateShared'
  const datatype = datatypeOfConstructor(constructor)
  if (datatype === undefined) {
    throw errorOf(owner, 'ERR_TYPE', call, 'the type must be the constructor of a typed array such as Float64Array')
  }
  if (!Number.isInteger(length) || length < 0) {
    throw errorOf(owner, 'ERR_COUNT', call, `length = ${show(length)}; it must be an integer of at least 0`)
  }
  const access = accessOf(owner, call)
  const who = membersOf(owner)
  const far = who.worldRanks.flatMap((worldRank, rank) => (access.isLocal(worldRank) ? [] : [rank]))
  if (far.length > 0) {
    const reason = `ranks ${far.join(', ')} of ${owner.name} are on other nodes than rank ${owner.rank}`
    const advice = `shared memory is for the ranks of one node: comm.splitType('node').${call}(…)`
    throw errorOf(owner, 'ERR_COMM', call, `${reason}; ${advice}`)
  }
  return {
    plan: allocateShared(owner, access, who, new constructor(0), length),
    make: (parts) => new SharedWindowOfRank<InstanceType<C>>(owner, constructor, parts),
  }
}

/** Throws ERR_REVOKED, and ERR_PROC_FAILED where the node of a lost target has to answer. */
function checkReachable(
  { collectives, name, ranks }: WindowOwner,
  call: string,
  target: number,
  access: WindowAccess,
): void {
  const { context, engine } = collectives
  if (context.isRevoked) throw revokedError(engine.rank, call, call, name)
  const world = ranks.worldOf(target)
  // The memory of a rank that was lost on this node is still there.
  if (!engine.losses.has(world) || access.isLocal(world)) return
  throw engine.losses.error(call, call, collectives, [target])
}

function membersOf({ ranks, rank }: WindowOwner): WindowMembers {
  return { worldRanks: ranks.worldRanks(), rank }
}

function accessOf(owner: WindowOwner, call: string): WindowAccess {
  const { windowAccess } = owner.job
  if (windowAccess === null) throw errorOf(owner, 'ERR_OTHER', call, 'this rank shares no memory with others')
  return windowAccess
}

function errorOf(owner: Members, code: MPIErrorCode, call: string, reason: string): MPIError {
  return new MPIError(code, owner.collectives.engine.rank, call, `${call}: ${reason}`)
}

class WindowWaitRequest extends PendingRequest<void> {
  private readonly what: WindowCallOf

  constructor(engine: Engine, what: WindowCallOf) {
    super(engine)
    this.what = what
  }

  get call(): string {
    return this.what.call
  }

  describe(): string {
    return describeWindowCall(this.what)
  }

  protected value(): void {}
}
