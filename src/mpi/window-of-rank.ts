import { byDefault } from './by-default.ts'
import { checkNames } from './check-options.ts'
import type { MadeWindow } from './collectives/windows.ts'
import { revokedError } from './comm-failure.ts'
import { PROC_NULL } from './constants.ts'
import { datatypeName, datatypeOf, GONE, isGone, type View, viewConstructor } from './datatype.ts'
import { showAs } from './inspect.ts'
import { MPIError, type MPIErrorCode } from './mpi-error.ts'
import { show, showConstant, whatIs, withArticle } from './in-words.ts'
import { elementExpression } from '../wire/element-types.ts'
import { packed } from './packed.ts'
import { Op, SUM } from './reduce-op.ts'
import { Strided } from './strided.ts'
import { WindowCopy } from './window-copy.ts'
import type { Window } from './window.ts'
import type { Watch } from './link.ts'
import type { Group } from './group.ts'
import type { WindowComm } from './window-comm.ts'
import type { PartAddress, WindowAccess, WindowMembers, WindowTarget } from './window-access.ts'

/** What a window is made of. */
export interface WindowParts extends MadeWindow {
  readonly members: WindowComm
  readonly who: WindowMembers
  readonly access: WindowAccess
  /** As WindowWait, for the part of rank `target`. */
  readonly wait: (what: string, target: number, watch: Watch) => void
  /** The program's. */
  readonly view: View
  readonly onFree: (window: WindowOfRank) => void
}

/** A window as one rank sees it; documented in window.ts. */
export class WindowOfRank implements Window {
  private readonly parts: WindowParts
  private readonly targets: (WindowTarget | undefined)[] = []
  /** Ranks whose part this one has locked. */
  private readonly locked = new Set<number>()
  /** null: the program's view is the part itself. */
  private readonly copy: WindowCopy | null
  private isFreed = false
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

  lengthOf(rank: number): number {
    this.checkNotFreed('lengthOf')
    return this.addressOf('lengthOf', rank).length
  }

  put(view: View | Strided, rank: number, index: number = 0): void {
    if (view instanceof Strided) return this.put(view.pack(), rank, index)
    const target = this.access('put', rank, index, view)
    if (target === null) return
    target.put(view, index)
    this.afterOwn(rank)
  }

  get(into: View | Strided, rank: number, index: number = 0): void {
    if (into instanceof Strided) return packed(null, into, (_, elements) => this.get(elements, rank, index))
    this.access('get', rank, index, into)?.get(into, index)
  }

  accumulate(
    view: View | Strided,
    rank: number,
    index: number = 0,
    op: Op = byDefault(arguments.length, 3, SUM),
  ): void {
    if (view instanceof Strided) return this.accumulate(view.pack(), rank, index, op)
    const target = this.access('accumulate', rank, index, view)
    if (target === null) return
    target.accumulate(this.operation('accumulate', op, rank), view, index)
    this.afterOwn(rank)
  }

  fetchAndOp(value: number, rank: number, index?: number, op?: Op): number
  fetchAndOp(value: bigint, rank: number, index?: number, op?: Op): bigint
  fetchAndOp(
    value: number | bigint,
    rank: number,
    index: number = 0,
    op: Op = byDefault(arguments.length, 3, SUM),
  ): number | bigint {
    const call = 'fetchAndOp'
    const operand = this.elements(call, rank, [value])
    const target = this.access(call, rank, index, operand)
    if (target === null) return typeof value === 'bigint' ? 0n : 0
    const old = target.fetchAndOp(this.operation(call, op, rank), operand, index)
    this.afterOwn(rank)
    return old
  }

  compareAndSwap(expected: number, desired: number, rank: number, index?: number): number
  compareAndSwap(expected: bigint, desired: bigint, rank: number, index?: number): bigint
  compareAndSwap(
    expected: number | bigint,
    desired: number | bigint,
    rank: number,
    index: number = 0,
  ): number | bigint {
    const call = 'compareAndSwap'
    const values = this.elements(call, rank, [expected, desired])
    const target = this.access(call, rank, index, values.subarray(0, 1))
    if (target === null) return typeof expected === 'bigint' ? 0n : 0
    const old = target.compareAndSwap(values, index)
    this.afterOwn(rank)
    return old
  }

  lock(rank: number, options: { shared?: boolean } = {}): void {
    // Programs may be JavaScript, and MPI has the kind of lock in front.
    const given: unknown = options
    const shared = typeof given === 'object' && given !== null ? (options.shared ?? false) : null
    if (typeof shared !== 'boolean') {
      throw this.error('ERR_ARG', 'lock', 'the options must be { shared: true }, { shared: false } or left out')
    }
    checkNames(options, ['shared'], [], this.parts.members.collectives.engine.rank, 'Window.lock')
    const target = this.targetOf('lock', rank)
    if (target === null) return
    if (this.locked.has(rank)) {
      throw this.error('ERR_RMA_SYNC', 'lock', `this rank has locked the part of rank ${rank} already; unlock it first`)
    }
    target.lock(shared)
    this.locked.add(rank)
    this.afterOwn(rank)
  }

  lockAll(): void {
    this.checkUsable('lockAll')
    for (let rank = 0; rank < this.parts.members.size; rank += 1) this.lock(rank, { shared: true })
  }

  unlockAll(): void {
    this.checkUsable('unlockAll')
    for (let rank = 0; rank < this.parts.members.size; rank += 1) this.unlock(rank)
  }

  unlock(rank: number): void {
    const target = this.targetOf('unlock', rank)
    if (target === null) return
    if (!this.locked.has(rank)) {
      throw this.error('ERR_RMA_SYNC', 'unlock', `this rank has not locked the part of rank ${rank}`)
    }
    this.afterOwn(rank)
    try {
      target.flush()
      target.unlock()
    } catch (error) {
      // A part on a lost node has no lock that could be given back.
      if (error instanceof MPIError && error.code === 'ERR_PROC_FAILED') this.locked.delete(rank)
      throw error
    }
    this.locked.delete(rank)
  }

  flush(rank?: number): void {
    if (rank !== undefined) {
      this.targetOf('flush', rank)?.flush()
      this.afterOwn(rank)
      return
    }
    this.flushAll('flush')
    this.sync()
  }

  flushLocal(...rank: [rank?: number]): void {
    this.checkUsable('flushLocal')
    if (rank.length > 0) this.targetOf('flushLocal', rank[0] as number)
  }

  fence(): void {
    this.synchronize('fence')
  }

  free(): void {
    if (this.isFreed) return
    this.synchronize('free')
    this.isFreed = true
    const { access, who, own, onFree } = this.parts
    access.close(who, own)
    onFree(this)
  }

  /** Brings the program's view and the part that others see together, where they are two. */
  sync(): void {
    this.copy?.sync()
  }

  private synchronize(call: string): void {
    this.checkUsable(call)
    if (this.locked.size > 0) {
      const ranks = [...this.locked].join(', ')
      throw this.error('ERR_RMA_SYNC', call, `this rank has locked the part of rank ${ranks}; unlock it first`)
    }
    this.sync()
    this.flushAll(call)
    this.parts.members.barrier()
    this.sync()
  }

  private flushAll(call: string): void {
    this.checkUsable(call)
    for (const target of this.targets) target?.flush()
  }

  /** After a call on this rank's own part: its view has what has changed. */
  private afterOwn(rank: number): void {
    if (rank === this.parts.who.rank) this.sync()
  }

  /** The target of an access, all arguments checked; null for PROC_NULL. */
  private access(call: string, rank: number, index: number, view: View): WindowTarget | null {
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

  private targetOf(call: string, rank: number): WindowTarget | null {
    this.checkUsable(call)
    if (rank === PROC_NULL) return null
    const address = this.addressOf(call, rank)
    const { access, who, wait } = this.parts
    const target = this.targets[rank] ?? access.open(who, rank, address, (what, watch) => wait(what, rank, watch))
    this.targets[rank] = target
    return target
  }

  private addressOf(call: string, rank: number): PartAddress {
    // In JavaScript '0' would be one, too.
    const address = typeof rank === 'number' ? this.parts.addresses[rank] : undefined
    if (address !== undefined) return address
    const { name, size } = this.parts.members
    throw this.error('ERR_RANK', call, `rank ${showConstant(rank)} does not exist in ${name}, which has ${size} ranks`)
  }

  /** Values as elements of the target's type. */
  private elements(call: string, rank: number, values: readonly (number | bigint)[]): View {
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

  private operation(call: string, op: unknown, rank: number): string {
    const { datatype } = this.addressOf(call, rank)
    if (op instanceof Op && op.fn === null && elementExpression(op.name, datatype) !== undefined) return op.name
    const given = op instanceof Op ? (op.fn === null ? op.name : 'a function') : showConstant(op)
    const wanted = `it must be a predefined operation that is defined on ${withArticle(datatypeName(datatype))}`
    throw this.error('ERR_OP', call, `the operation is ${given}; ${wanted}`)
  }

  private checkUsable(call: string): void {
    this.checkNotFreed(call)
    const { collectives, name } = this.parts.members
    if (collectives.context.isRevoked) {
      throw revokedError(collectives.engine.rank, `Window.${call}`, `Window.${call}`, name)
    }
  }

  private checkNotFreed(call: string): void {
    if (this.isFreed) throw this.error('ERR_WIN', call, `${this.name} has been freed`)
  }

  private error(code: MPIErrorCode, call: string, reason: string): MPIError {
    const name = `Window.${call}`
    return new MPIError(code, this.parts.members.collectives.engine.rank, name, `${name}: ${reason}`)
  }

  static {
    showAs<WindowOfRank>(WindowOfRank.prototype, 'Window', (one) => {
      return `Window { of ${one.parts.members.name}, lengths: [${one.parts.addresses.map(({ length }) => length).join(', ')}] }`
    })
  }
}
