import { checkNames } from '../terms/check-options.ts'
import { revokedError } from '../losses/comm-failure.ts'
import { PROC_NULL } from '../terms/constants.ts'
import type { MadeWindow } from './window-plans.ts'
import {
  datatypeName,
  datatypeOf,
  GONE,
  isGone,
  type View,
  viewConstructor,
  viewsOverlap,
} from '../datatypes/datatype.ts'
import type { Group } from '../groups/group.ts'
import { show, showConstant, whatIs, withArticle } from '../terms/in-words.ts'
import type { Watch } from '../link/link.ts'
import { MPIError, type MPIErrorCode } from '../terms/mpi-error.ts'
import type { PendingRequest } from '../requests/pending-request.ts'
import { Op } from '../operations/reduce-op.ts'
import { isWindowOperation } from '../../wire/window-messages.ts'
import type { Begun, PartAddress, WindowAccess, WindowMembers, WindowTarget } from '../link/window-access.ts'
import type { WindowComm } from './window-comm.ts'
import { WindowCopy } from './window-copy.ts'
import type { Endings } from './window-request.ts'

/** What a window is made of. */
export interface WindowParts extends MadeWindow {
  readonly members: WindowComm
  readonly who: WindowMembers
  readonly access: WindowAccess
  /** As WindowWait, for the part of rank `target`. */
  readonly wait: (what: string, target: number, watch: Watch) => void
  /** The request of a call `what` that was begun at the part of rank `target`; it fails where the target is lost or the communicator revoked. */
  readonly later: <A, T>(what: string, target: number, begun: Begun<A>, endings: Endings<A, T>) => PendingRequest<T>
  /** The program's. */
  readonly view: View
  readonly onFree: () => void
}

/** The parts of a window, and the checks of what a program asks of them. */
export class WindowBase {
  protected readonly parts: WindowParts
  protected readonly targets: (WindowTarget | undefined)[] = []
  /** Ranks whose part this one has locked. */
  protected readonly locked: Set<number> = new Set()
  /** Ranks whose part an `ilock` or `iunlock` is about that is not done. */
  protected readonly changing: Set<number> = new Set()
  /** null: the program's view is the part itself. */
  private readonly copy: WindowCopy | null
  protected isFreed = false
  name: string

  constructor(parts: WindowParts) {
    this.parts = parts
    this.name = `a window of ${parts.members.name}`
    this.copy = parts.own.view === parts.view ? null : new WindowCopy(parts.view, parts.own.view)
  }

  get group(): Group {
    return this.parts.members.group
  }

  /** Whether the program's view is not the part itself, see sync(). */
  get isCopied(): boolean {
    return this.copy !== null
  }

  /** Brings the program's view and the part that others see together, where they are two. */
  sync(): void {
    this.copy?.sync()
  }

  /** After a call on this rank's own part: its view has what has changed. */
  protected afterOwn(rank: number): void {
    if (rank === this.parts.who.rank) this.sync()
  }

  /** The target of an access, all arguments checked; null for PROC_NULL. */
  protected access(call: string, rank: number, index: number, view: View): WindowTarget | null {
    const target = this.targetOf(call, rank)
    if (target === null) return null
    const { length, datatype } = this.addressOf(call, rank)
    const given = datatypeOf(view)
    if (given !== datatype) {
      const types = `the part of rank ${rank} is ${withArticle(datatypeName(datatype))}`
      throw this.error(
        'ERR_TYPE',
        call,
        `the view is ${given === 0 ? whatIs(view) : withArticle(datatypeName(given))}, ${types}`,
      )
    }
    if (isGone(view)) throw this.error('ERR_BUFFER', call, `the view ${GONE}`)
    if (!Number.isInteger(index) || index < 0 || index + view.length > length) {
      const reason = Number.isInteger(index)
        ? `elements ${index}…${index + view.length - 1} do not exist: the part of rank ${rank} has ${length}`
        : `index = ${show(index)}; it must be an integer of at least 0`
      throw this.error('ERR_DISP', call, reason)
    }
    if (rank === this.parts.who.rank) this.sync()
    return target
  }

  protected targetOf(call: string, rank: number): WindowTarget | null {
    this.checkUsable(call)
    if (rank === PROC_NULL) return null
    const address = this.addressOf(call, rank)
    const { access, who, wait } = this.parts
    const target = this.targets[rank] ?? access.open(who, rank, address, (what, watch) => wait(what, rank, watch))
    this.targets[rank] = target
    return target
  }

  protected addressOf(call: string, rank: number): PartAddress {
    // In JavaScript '0' would be one, too.
    const address = typeof rank === 'number' ? this.parts.addresses[rank] : undefined
    if (address !== undefined) return address
    const { name, size } = this.parts.members
    throw this.error('ERR_RANK', call, `rank ${showConstant(rank)} does not exist in ${name}, which has ${size} ranks`)
  }

  /** Values as elements of the target's type. */
  protected elements(call: string, rank: number, values: readonly (number | bigint)[]): View {
    this.checkUsable(call)
    const datatype = rank === PROC_NULL ? datatypeOf(this.parts.view) : this.addressOf(call, rank).datatype
    const view = new (viewConstructor(datatype))(values.length)
    const wanted = datatypeName(datatype).startsWith('Big') ? 'bigint' : 'number'
    for (const [i, value] of values.entries()) {
      if (typeof value !== wanted) {
        const reason = `the value is ${whatIs(value)}; the part of rank ${rank} is ${withArticle(datatypeName(datatype))}, which holds ${wanted}s`
        throw this.error('ERR_TYPE', call, reason)
      }
      view[i] = value
    }
    return view
  }

  protected operation(call: string, op: unknown, rank: number): string {
    const { datatype } = this.addressOf(call, rank)
    if (op instanceof Op && op.fn === null && isWindowOperation(op.name, datatype)) return op.name
    const given = op instanceof Op ? (op.fn === null ? op.name : 'a function') : showConstant(op)
    const wanted = `it must be a predefined operation that is defined on ${withArticle(datatypeName(datatype))}`
    throw this.error('ERR_OP', call, `the operation is ${given}; ${wanted}`)
  }

  protected checkUsable(call: string): void {
    this.checkNotFreed(call)
    const { collectives, name } = this.parts.members
    if (collectives.context.isRevoked) {
      throw revokedError(collectives.engine.rank, `Window.${call}`, `Window.${call}`, name)
    }
  }

  protected checkNotFreed(call: string): void {
    if (this.isFreed) throw this.error('ERR_WIN', call, `${this.name} has been freed`)
  }

  protected error(code: MPIErrorCode, call: string, reason: string): MPIError {
    const name = `Window.${call}`
    return new MPIError(code, this.parts.members.collectives.engine.rank, name, `${name}: ${reason}`)
  }

  /** The view that getAccumulate combines with, checked; `into`: the one that gets what was there. */
  protected operand(call: string, view: View | null, into: View, operation: string): View {
    // Nothing of it is used.
    if (operation === 'NO_OP') return into
    const [given, wanted] = [datatypeOf(view), datatypeOf(into)]
    if (view === null || given !== wanted) {
      const what = given === 0 ? whatIs(view) : withArticle(datatypeName(given))
      const reason = `the view is ${what}, the one for the old elements ${withArticle(datatypeName(wanted))}`
      throw this.error('ERR_TYPE', call, reason)
    }
    if (isGone(view)) throw this.error('ERR_BUFFER', call, `the view ${GONE}`)
    if (view.length !== into.length) {
      const reason = `the view has ${view.length} elements, the one for the old elements ${into.length}`
      throw this.error('ERR_COUNT', call, `${reason}; they must be as long`)
    }
    if (viewsOverlap(view, into)) throw this.error('ERR_BUFFER', call, 'the two views share memory; give views apart')
    return view
  }

  /** Whether a lock is to be shared. */
  protected kindOfLock(call: string, options: { shared?: boolean }): boolean {
    // Programs may be JavaScript, and MPI has the kind of lock in front.
    const given: unknown = options
    const shared = typeof given === 'object' && given !== null ? (options.shared ?? false) : null
    if (typeof shared !== 'boolean') {
      throw this.error('ERR_ARG', call, 'the options must be { shared: true }, { shared: false } or left out')
    }
    checkNames(options, ['shared'], [], this.parts.members.collectives.engine.rank, `Window.${call}`)
    return shared
  }

  /** Throws ERR_RMA_SYNC where this rank has locked the part of `rank`, or asked for it. */
  protected checkNotLocked(call: string, rank: number): void {
    this.checkSettled(call, rank)
    if (!this.locked.has(rank)) return
    throw this.error('ERR_RMA_SYNC', call, `this rank has locked the part of rank ${rank} already; unlock it first`)
  }

  protected checkLocked(call: string, rank: number): void {
    this.checkSettled(call, rank)
    if (this.locked.has(rank)) return
    throw this.error('ERR_RMA_SYNC', call, `this rank has not locked the part of rank ${rank}`)
  }

  /** Throws ERR_RMA_SYNC where this rank has locked anything, or asked for it. */
  protected checkNothingLocked(call: string): void {
    this.checkUsable(call)
    for (const rank of this.changing) this.checkSettled(call, rank)
    if (this.locked.size === 0) return
    const ranks = [...this.locked].join(', ')
    throw this.error('ERR_RMA_SYNC', call, `this rank has locked the part of rank ${ranks}; unlock it first`)
  }

  private checkSettled(call: string, rank: number): void {
    if (!this.changing.has(rank)) return
    throw this.error(
      'ERR_RMA_SYNC',
      call,
      `an ilock or iunlock of the part of rank ${rank} is not done; await it first`,
    )
  }
}
