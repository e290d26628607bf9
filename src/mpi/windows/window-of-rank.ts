import { byDefault } from '../terms/by-default.ts'
import type { View } from '../datatypes/datatype.ts'
import { DoneRequest } from '../requests/done-request.ts'
import type { Engine } from '../engine/engine.ts'
import { showAs } from '../terms/inspect.ts'
import { MappedRequest } from '../requests/mapped-request.ts'
import { MPIError } from '../terms/mpi-error.ts'
import { ipacked, packed } from '../requests/packed.ts'
import { PendingRequest } from '../requests/pending-request.ts'
import { type Op, SUM } from '../operations/reduce-op.ts'
import type { Request } from '../terms/request.ts'
import { SequenceRequest } from '../requests/sequence-request.ts'
import { Strided } from '../datatypes/strided.ts'
import type { Begun } from '../link/window-access.ts'
import { WindowBase } from './window-base.ts'
import type { Window } from '../api/window.ts'

/** A window as one rank sees it; documented in window.ts. */
export class WindowOfRank extends WindowBase implements Window {
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

  iput(view: View | Strided, rank: number, index: number = 0): Request<void> {
    if (view instanceof Strided) return this.iput(view.pack(), rank, index)
    const target = this.access('iput', rank, index, view)
    return leaves(this.later('iput', rank, target?.iput(view, index), undefined))
  }

  get(into: View | Strided, rank: number, index: number = 0): void {
    if (into instanceof Strided) return packed(null, into, (_, elements) => this.get(elements, rank, index))
    this.access('get', rank, index, into)?.get(into, index)
  }

  iget(into: View | Strided, rank: number, index: number = 0): Request<void> {
    if (into instanceof Strided) {
      return ipacked(this.engine, null, into, (_, elements) => this.iget(elements, rank, index))
    }
    return this.later('iget', rank, this.access('iget', rank, index, into)?.iget(into, index), undefined)
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

  iaccumulate(
    view: View | Strided,
    rank: number,
    index: number = 0,
    op: Op = byDefault(arguments.length, 3, SUM),
  ): Request<void> {
    const call = 'iaccumulate'
    if (view instanceof Strided) return this.iaccumulate(view.pack(), rank, index, op)
    const target = this.access(call, rank, index, view)
    const begun = target?.iaccumulate(this.operation(call, op, rank), view, index)
    return leaves(this.later(call, rank, begun, undefined))
  }

  getAccumulate(
    view: View | Strided | null,
    into: View | Strided,
    rank: number,
    index: number = 0,
    op: Op = byDefault(arguments.length, 4, SUM),
  ): void {
    const call = 'getAccumulate'
    if (view instanceof Strided || into instanceof Strided) {
      return packed(view, into, (given, old) => this.getAccumulate(given, old, rank, index, op))
    }
    const target = this.access(call, rank, index, into)
    if (target === null) return
    const operation = this.operation(call, op, rank)
    target.getAccumulate(operation, this.operand(call, view, into, operation), into, index)
    this.afterOwn(rank)
  }

  igetAccumulate(
    view: View | Strided | null,
    into: View | Strided,
    rank: number,
    index: number = 0,
    op: Op = byDefault(arguments.length, 4, SUM),
  ): Request<void> {
    const call = 'igetAccumulate'
    if (view instanceof Strided || into instanceof Strided) {
      return ipacked(this.engine, view, into, (given, old) => this.igetAccumulate(given, old, rank, index, op))
    }
    const target = this.access(call, rank, index, into)
    if (target === null) return this.later(call, rank, undefined, undefined)
    const operation = this.operation(call, op, rank)
    const operand = this.operand(call, view, into, operation)
    return this.later(call, rank, target.igetAccumulate(operation, operand, into, index), undefined)
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
    if (target === null) return zeroLike(value)
    const old = target.fetchAndOp(this.operation(call, op, rank), operand, index)
    this.afterOwn(rank)
    return old
  }

  ifetchAndOp(value: number, rank: number, index?: number, op?: Op): Request<number>
  ifetchAndOp(value: bigint, rank: number, index?: number, op?: Op): Request<bigint>
  ifetchAndOp(
    value: number | bigint,
    rank: number,
    index: number = 0,
    op: Op = byDefault(arguments.length, 3, SUM),
  ): Request<number> | Request<bigint> {
    const call = 'ifetchAndOp'
    const operand = this.elements(call, rank, [value])
    const target = this.access(call, rank, index, operand)
    const begun = target?.ifetchAndOp(this.operation(call, op, rank), operand, index)
    // The type of the old value is that of the given one: elements() has checked it.
    return this.later(call, rank, begun, zeroLike(value)) as Request<number> | Request<bigint>
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
    if (target === null) return zeroLike(expected)
    const old = target.compareAndSwap(values, index)
    this.afterOwn(rank)
    return old
  }

  icompareAndSwap(expected: number, desired: number, rank: number, index?: number): Request<number>
  icompareAndSwap(expected: bigint, desired: bigint, rank: number, index?: number): Request<bigint>
  icompareAndSwap(
    expected: number | bigint,
    desired: number | bigint,
    rank: number,
    index: number = 0,
  ): Request<number> | Request<bigint> {
    const call = 'icompareAndSwap'
    const values = this.elements(call, rank, [expected, desired])
    const target = this.access(call, rank, index, values.subarray(0, 1))
    const begun = target?.icompareAndSwap(values, index)
    // As in ifetchAndOp().
    return this.later(call, rank, begun, zeroLike(expected)) as Request<number> | Request<bigint>
  }

  lock(rank: number, options: { shared?: boolean } = {}): void {
    const shared = this.kindOfLock('lock', options)
    const target = this.targetOf('lock', rank)
    if (target === null) return
    this.checkNotLocked('lock', rank)
    target.lock(shared)
    this.locked.add(rank)
    this.afterOwn(rank)
  }

  ilock(rank: number, options: { shared?: boolean } = {}): Request<void> {
    return this.beginLock('ilock', rank, options)
  }

  lockAll(): void {
    this.checkNothingLocked('lockAll')
    for (let rank = 0; rank < this.parts.members.size; rank += 1) this.lock(rank, { shared: true })
  }

  ilockAll(): Request<void> {
    this.checkNothingLocked('ilockAll')
    return this.forEachRank('ilockAll', (rank) => this.beginLock('ilock', rank, { shared: true }))
  }

  unlock(rank: number): void {
    const target = this.targetOf('unlock', rank)
    if (target === null) return
    this.checkLocked('unlock', rank)
    this.afterOwn(rank)
    try {
      target.flush()
      target.unlock()
    } catch (error) {
      this.keepUnlessLost(rank, error)
      throw error
    }
    this.locked.delete(rank)
  }

  iunlock(rank: number): Request<void> {
    return this.beginUnlock('iunlock', rank)
  }

  unlockAll(): void {
    this.checkAllLocked('unlockAll')
    for (let rank = 0; rank < this.parts.members.size; rank += 1) this.unlock(rank)
  }

  iunlockAll(): Request<void> {
    this.checkAllLocked('iunlockAll')
    return this.forEachRank('iunlockAll', (rank) => this.beginUnlock('iunlock', rank))
  }

  // A rank that is given and undefined is no wish for all of them.
  flush(...given: [rank?: number]): void {
    if (given.length > 0) {
      const rank = given[0] as number
      this.targetOf('flush', rank)?.flush()
      this.afterOwn(rank)
      return
    }
    this.flushAll('flush')
    this.sync()
  }

  iflush(...given: [rank?: number]): Request<void> {
    const call = 'iflush'
    if (given.length > 0) {
      const rank = given[0] as number
      return this.later(call, rank, this.targetOf(call, rank)?.iflush(), undefined)
    }
    this.checkUsable(call)
    const all = new SequenceRequest(this.engine, `Window.${call}`, this.flushes(call).values())
    return new MappedRequest(this.engine, all, () => this.sync())
  }

  flushLocal(...rank: [rank?: number]): void {
    this.checkUsable('flushLocal')
    if (rank.length > 0) this.targetOf('flushLocal', rank[0] as number)
  }

  fence(): void {
    this.synchronize('fence')
  }

  ifence(): Request<void> {
    this.checkNothingLocked('ifence')
    this.sync()
    const barrier = this.parts.members.barrierBehind(this.flushes('ifence'))
    return barrier instanceof PendingRequest ? new MappedRequest(this.engine, barrier, () => this.sync()) : barrier
  }

  free(): void {
    if (this.isFreed) return
    this.synchronize('free')
    this.isFreed = true
    const { access, who, own, onFree } = this.parts
    access.close(who, own)
    onFree()
  }

  private get engine(): Engine {
    return this.parts.members.collectives.engine
  }

  private synchronize(call: string): void {
    this.checkNothingLocked(call)
    this.sync()
    this.flushAll(call)
    this.parts.members.barrier()
    this.sync()
  }

  private flushAll(call: string): void {
    this.checkUsable(call)
    for (const target of this.targets) target?.flush()
  }

  /** Requests that are done when all that has begun is done, of each target. */
  private flushes(call: string): PendingRequest<void>[] {
    return this.targets.flatMap((target, rank) => {
      return target === undefined ? [] : [this.later<void>(call, rank, target.iflush(), undefined)]
    })
  }

  /** The request of a call that was begun at the part of `rank`; undefined: of PROC_NULL, which has the outcome `nothing`. */
  private later<T>(
    call: string,
    rank: number,
    begun: Begun<T> | undefined,
    nothing: T,
    failed?: (error: unknown) => void,
  ): PendingRequest<T> {
    const name = `Window.${call}`
    if (begun === undefined) return new DoneRequest(this.engine, name, nothing)
    const succeeded = (outcome: T): T => {
      this.afterOwn(rank)
      return outcome
    }
    if (begun.hasCome()) return new DoneRequest(this.engine, name, succeeded(begun.finish()))
    return this.parts.later(call, rank, begun, failed === undefined ? { succeeded } : { succeeded, failed })
  }

  private beginLock(call: string, rank: number, options: { shared?: boolean }): PendingRequest<void> {
    const shared = this.kindOfLock(call, options)
    const target = this.targetOf(call, rank)
    if (target === null) return this.later<void>(call, rank, undefined, undefined)
    this.checkNotLocked(call, rank)
    this.changing.add(rank)
    const begun = withEnd(target.ilock(shared), () => {
      this.changing.delete(rank)
      this.locked.add(rank)
    })
    return this.later(call, rank, begun, undefined, () => void this.changing.delete(rank))
  }

  private beginUnlock(call: string, rank: number): PendingRequest<void> {
    const target = this.targetOf(call, rank)
    if (target === null) return this.later<void>(call, rank, undefined, undefined)
    this.checkLocked(call, rank)
    this.afterOwn(rank)
    this.changing.add(rank)
    const begun = withEnd(target.iunlock(), () => {
      this.changing.delete(rank)
      this.locked.delete(rank)
    })
    return this.later(call, rank, begun, undefined, (error) => {
      this.changing.delete(rank)
      this.keepUnlessLost(rank, error)
    })
  }

  /** A part on a lost node has no lock that could be given back. */
  private keepUnlessLost(rank: number, error: unknown): void {
    if (error instanceof MPIError && error.code === 'ERR_PROC_FAILED') this.locked.delete(rank)
  }

  private checkAllLocked(call: string): void {
    this.checkUsable(call)
    for (let rank = 0; rank < this.parts.members.size; rank += 1) this.checkLocked(call, rank)
  }

  /** One after the other, as the blocking calls: all ranks that want several parts ask for them in the same order. */
  private forEachRank(call: string, begin: (rank: number) => PendingRequest<void>): SequenceRequest {
    const { size } = this.parts.members
    function* steps(): Generator<PendingRequest<void>> {
      for (let rank = 0; rank < size; rank += 1) yield begin(rank)
    }
    return new SequenceRequest(this.engine, `Window.${call}`, steps())
  }

  static {
    showAs<WindowOfRank>(WindowOfRank.prototype, 'Window', (one) => {
      return `Window { of ${one.parts.members.name}, lengths: [${one.parts.addresses.map(({ length }) => length).join(', ')}] }`
    })
  }
}

/** Nobody may wait for it, and still all of it has to leave. */
function leaves(request: PendingRequest<void>): PendingRequest<void> {
  if (request.isPending) request.then(undefined, () => undefined)
  return request
}

/** What a call gives for PROC_NULL. */
function zeroLike(value: number | bigint): number | bigint {
  return typeof value === 'bigint' ? 0n : 0
}

function withEnd(begun: Begun<void>, atEnd: () => void): Begun<void> {
  const finish = (): void => {
    begun.finish()
    atEnd()
  }
  return { hasCome: () => begun.hasCome(), finish, abandon: () => begun.abandon() }
}
