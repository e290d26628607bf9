import { type Agreed, ranksOf, runsOf } from '../../wire/council-messages.ts'
import { AgreementRequest } from '../losses/agreement.ts'
import { byDefault } from '../terms/by-default.ts'
import type { CartGrid } from '../groups/cart-grid.ts'
import { show, whatIs } from '../terms/in-words.ts'
import { cart, gridOf } from './cart.ts'
import { type Plan, run, start } from '../collectives/call/run.ts'
import { dup, type NewGroup, split } from './split.ts'
import { asTwin } from '../collectives/call/twin-error.ts'
import type { CartComm, CartOptions, Comm, FullCartOptions } from '../api/comm.ts'
import { CONGRUENT, IDENT, UNDEFINED } from '../terms/constants.ts'
import { communicatorId } from '../matching/context.ts'
import { beginGroup, counterOf, type Invitation } from './create-group.ts'
import type { View, ViewConstructor } from '../datatypes/datatype.ts'
import { barrier, behind } from '../collectives/barrier/by-messages.ts'
import { DoneRequest } from '../requests/done-request.ts'
import { Group } from '../groups/group.ts'
import { planShared, planWindow } from '../windows/make-window.ts'
import { MappedRequest } from '../requests/mapped-request.ts'
import { PendingRequest } from '../requests/pending-request.ts'
import { PersistentMethods } from './persistent-methods.ts'
import { RankTable } from '../groups/rank-table.ts'
import type { Options, Request } from '../terms/request.ts'
import type { SharedWindow } from '../api/shared-window.ts'
import type { Window } from '../api/window.ts'

/** A communicator, documented in comm.ts. */
export class Communicator extends PersistentMethods implements Comm {
  /** Calls of agree and shrink. */
  private agreements = 0

  dup(): Comm {
    this.pointToPoint.checkUsable('dup')
    return this.duplicate(run(dup(this, this.job.nextCounter())))
  }

  idup(): Request<Comm> {
    this.pointToPoint.checkUsable('idup')
    return this.later(
      start(() => dup(this, this.job.nextCounter())),
      (counter) => this.duplicate(counter),
    )
  }

  split(color: number, key: number = 0): Comm | null {
    this.pointToPoint.checkUsable('split')
    return this.part(run(split(this, color, key, this.job.nextCounter())), 'split')
  }

  isplit(color: number, key: number = 0): Request<Comm | null> {
    this.pointToPoint.checkUsable('isplit')
    return this.later(
      start(() => split(this, color, key, this.job.nextCounter())),
      (group) => this.part(group, 'split'),
    )
  }

  splitType(type: 'node' | number, key: number = 0): Comm | null {
    this.pointToPoint.checkUsable('splitType')
    return this.part(run(this.splitByType(type, key)), 'node')
  }

  isplitType(type: 'node' | number, key: number = 0): Request<Comm | null> {
    this.pointToPoint.checkUsable('isplitType')
    return this.later(
      start(() => this.splitByType(type, key)),
      (group) => this.part(group, 'node'),
    )
  }

  createGroup(group: Group, tag: number = byDefault(arguments.length, 1, 0)): Comm | null {
    this.pointToPoint.checkUsable('createGroup')
    const invited = beginGroup(this, 'createGroup', group, tag)
    if (invited === null) return null
    return this.ofGroup(group, invited instanceof PendingRequest ? this.invitations.finish(invited) : invited)
  }

  icreateGroup(group: Group, tag: number = byDefault(arguments.length, 1, 0)): Request<Comm | null> {
    this.pointToPoint.checkUsable('icreateGroup')
    const invited = beginGroup(this, 'icreateGroup', group, tag)
    if (invited instanceof PendingRequest) return this.later(invited, (invitation) => this.ofGroup(group, invitation))
    const comm = invited === null ? null : this.ofGroup(group, invited)
    return new DoneRequest<Comm | null>(this.job.engine, 'icreateGroup', comm)
  }

  cart(options: number | FullCartOptions): CartComm
  cart(options: CartOptions | readonly number[]): CartComm | null
  cart(options: CartOptions | FullCartOptions | readonly number[] | number): CartComm | null {
    this.pointToPoint.checkUsable('cart')
    const grid = gridOf(this, options)
    return this.onGrid(run(cart(this, grid, this.job.nextCounter())), grid, 'cart')
  }

  icart(options: number | FullCartOptions): Request<CartComm>
  icart(options: CartOptions | readonly number[]): Request<CartComm | null>
  icart(options: CartOptions | FullCartOptions | readonly number[] | number): Request<CartComm | null> {
    this.pointToPoint.checkUsable('icart')
    const grid = asTwin(() => gridOf(this, options))
    return this.later(
      start(() => cart(this, grid, this.job.nextCounter())),
      (group) => this.onGrid(group, grid, 'cart'),
    )
  }

  /** A barrier is a place where programs expect to see what others have done to their windows. */
  override barrier(options?: Options): void {
    for (const window of this.job.windows) window.sync()
    super.barrier(options)
    for (const window of this.job.windows) window.sync()
  }

  barrierBehind(before: readonly PendingRequest<unknown>[]): Request<void> {
    this.pointToPoint.checkUsable('ibarrier')
    return start(() => behind(before, barrier(this)))
  }

  createWindow(view: View): Window {
    this.pointToPoint.checkUsable('createWindow')
    const { plan, make } = planWindow(this, view)
    return make(run(plan))
  }

  icreateWindow(view: View): Request<Window> {
    this.pointToPoint.checkUsable('icreateWindow')
    const { plan, make } = asTwin(() => planWindow(this, view))
    return this.later(
      start(() => plan),
      make,
    )
  }

  allocateShared<C extends ViewConstructor>(constructor: C, length: number): SharedWindow<InstanceType<C>> {
    this.pointToPoint.checkUsable('allocateShared')
    const { plan, make } = planShared(this, constructor, length)
    return make(run(plan))
  }

  iallocateShared<C extends ViewConstructor>(constructor: C, length: number): Request<SharedWindow<InstanceType<C>>> {
    this.pointToPoint.checkUsable('iallocateShared')
    const { plan, make } = asTwin(() => planShared(this, constructor, length))
    return this.later(
      start(() => plan),
      make,
    )
  }

  compare(other: Comm): number {
    this.pointToPoint.checkNotFreed('compare')
    if (!(other instanceof Communicator)) {
      throw this.pointToPoint.error('ERR_COMM', 'compare', `compare: ${whatIs(other)} is no communicator`)
    }
    other.pointToPoint.checkNotFreed('compare')
    if (other === this) return IDENT
    const groups = this.group.compare(other.group)
    return groups === IDENT ? CONGRUENT : groups
  }

  revoke(): void {
    this.pointToPoint.checkNotFreed('revoke')
    const { engine } = this.job
    engine.agreements.revoke({ type: 'revoke', comm: this.id, members: runsOf(this.ranks.worldRanks()) })
    engine.revoke(this.id)
  }

  get isRevoked(): boolean {
    return this.collectives.context.isRevoked
  }

  getFailed(): Group {
    const { engine } = this.job
    const lost = engine.losses.of(this.ranks).map((rank) => this.ranks.worldOf(rank))
    return new Group(lost, engine.rank)
  }

  ackFailed(): number {
    const { losses } = this.job.engine
    losses.tell(this.pointToPoint.scope)
    return losses.of(this.ranks).length
  }

  shrink(): Comm {
    return this.survivors(this.vote('shrink', 'shrink', true).wait())
  }

  ishrink(): Request<Comm> {
    return this.later(this.vote('ishrink', 'shrink', true), (ruling) => this.survivors(ruling))
  }

  agree(flag: boolean): boolean {
    return this.vote('agree', 'agree', flag).wait().flag
  }

  iagree(flag: boolean): Request<boolean> {
    return this.later(this.vote('iagree', 'agree', flag), (ruling) => ruling.flag)
  }

  abort(code: number = 1): never {
    return this.job.abort(code)
  }

  /** A communicator of the same ranks. */
  protected duplicate(counter: number): Communicator {
    return new Communicator(this.job, communicatorId(this.ranks.worldOf(0), counter), this.ranks, `${this.name}.dup`)
  }

  protected onGrid(group: NewGroup | null, grid: CartGrid, suffix: string): CartComm | null {
    if (group === null) return null
    const { id, ranks } = this.resolve(group)
    return this.job.makeCart({ id, ranks, name: `${this.name}.${suffix}` }, grid)
  }

  protected later<A, T>(request: PendingRequest<A>, make: (value: A) => T): Request<T> {
    return new MappedRequest(this.job.engine, request, make)
  }

  private vote(name: string, call: 'agree' | 'shrink', flag: boolean): AgreementRequest {
    this.pointToPoint.checkNotFreed(name)
    if (typeof flag !== 'boolean') {
      throw this.pointToPoint.error('ERR_ARG', name, `${name}: the flag is ${whatIs(flag)}; it must be true or false`)
    }
    const { engine } = this.job
    const request = new AgreementRequest(engine, name, this)
    const counter = call === 'shrink' ? this.job.nextCounter() : 0
    const members = runsOf(this.ranks.worldRanks())
    this.agreements += 1
    engine.agreements.vote(
      { type: 'vote', comm: this.id, number: this.agreements, call, flag, counter, members },
      request,
    )
    return request
  }

  /** The communicator that shrink() has agreed on: its id is that of its lowest rank. */
  private survivors({ survivors, counter }: Agreed): Communicator {
    const left = ranksOf(survivors)
    const living = new Set(left)
    const worldRanks = this.ranks.worldRanks().filter((rank) => living.has(rank))
    const ranks = RankTable.of(worldRanks, this.job.engine.rank)
    return new Communicator(this.job, communicatorId(left[0] ?? 0, counter), ranks, `${this.name}.shrink`)
  }

  private part(group: NewGroup | null, suffix: string): Communicator | null {
    if (group === null) return null
    const { id, ranks } = this.resolve(group)
    return new Communicator(this.job, id, ranks, `${this.name}.${suffix}`)
  }

  private ofGroup(group: Group, invitation: Invitation): Communicator {
    const worldRanks = group.worldRanks
    const id = communicatorId(worldRanks[0] ?? 0, counterOf(this, group, invitation))
    return new Communicator(this.job, id, RankTable.of(worldRanks, this.job.engine.rank), `${this.name}.group`)
  }

  private splitByType(type: unknown, key: number): Plan<NewGroup | null> {
    if (type !== 'node' && type !== UNDEFINED) {
      const reason = `splitType: type = ${show(type)}; it must be 'node', or MPI.UNDEFINED`
      throw this.pointToPoint.error('ERR_ARG', 'splitType', reason)
    }
    const color = type === UNDEFINED ? UNDEFINED : this.job.nodeId
    return split(this, color, key, this.job.nextCounter(), 'splitType')
  }

  private resolve(group: NewGroup): { id: number; ranks: RankTable } {
    const worldRanks = group.members.map((rank) => this.ranks.worldOf(rank))
    const id = communicatorId(worldRanks[0] ?? 0, group.counter)
    return { id, ranks: RankTable.of(worldRanks, this.job.engine.rank) }
  }
}
