import type { CartGrid } from '../groups/cart-grid.ts'
import { CollectiveLedger } from '../collectives/call/ledger.ts'
import type { CalledCollectives } from '../collectives/call/called-collectives.ts'
import type { CartComm } from '../api/comm.ts'
import { collectiveContext, groupContext, isPredefined, messageContext } from '../matching/context.ts'
import type { Engine } from '../engine/engine.ts'
import { Group } from '../groups/group.ts'
import { NodeTable } from '../groups/node-table.ts'
import { showAs } from '../terms/inspect.ts'
import { type NodeCalls, nodeCallsOf } from '../collectives/in-memory/node-calls.ts'
import { OverNodes } from '../collectives/over-nodes/over-nodes.ts'
import { PointToPoint } from '../point-to-point/point-to-point.ts'
import type { RankTable } from '../groups/rank-table.ts'
import { Scope } from '../engine/scope.ts'
import type { WindowAccess } from '../link/window-access.ts'

/** What a new communicator is made of. */
export interface Made {
  readonly id: number
  readonly ranks: RankTable
  readonly name: string
}

/** What the communicators of one rank share. */
export interface Job {
  readonly engine: Engine
  readonly syncSend: boolean
  /** A counter of this rank for the id of a communicator that it leads; each comes once. */
  nextCounter(): number
  abort(status: number): never
  readonly nodeId: number
  /** By world rank: the number of its node. */
  readonly nodeOfRank: readonly number[]
  /** How windows reach other ranks; null where they cannot. */
  readonly windowAccess: WindowAccess | null
  /** Windows over memory that others cannot see: barriers bring it and its copy together. */
  readonly windows: Set<{ sync(): void }>
  makeCart(made: Made, grid: CartGrid): CartComm
  /** What was called on each communicator. */
  readonly calledCollectives: CalledCollectives
  /** Communicators that are freed while calls on them still go on. */
  readonly retired: Set<{ forgetIfIdle(): boolean }>
}

/** Ranks, contexts and name of a communicator. */
export class CommunicatorBase {
  readonly rank: number
  readonly size: number
  name: string
  readonly ranks: RankTable
  readonly job: Job
  /** Messages of collectives. */
  readonly collectives: Scope
  readonly ledger: CollectiveLedger
  protected readonly pointToPoint: PointToPoint
  protected readonly id: number
  private members: Group | null = null
  private knownNodes: NodeTable | null = null
  private groupMessages: PointToPoint | null = null
  /** Not looked for yet: undefined. */
  private knownNodeCalls: NodeCalls | null | undefined = undefined
  private knownOverNodes: OverNodes | null = null

  /** `id`: see context.ts; the same on all ranks of the communicator. */
  constructor(job: Job, id: number, ranks: RankTable, name: string) {
    const { engine } = job
    this.job = job
    this.id = id
    this.rank = ranks.rank
    this.size = ranks.size
    this.name = name
    this.ranks = ranks
    const scope = new Scope(engine, engine.delivery.context(messageContext(id)), ranks, this)
    this.pointToPoint = new PointToPoint(scope, job.syncSend)
    this.collectives = new Scope(engine, engine.delivery.context(collectiveContext(id)), ranks, this)
    this.ledger = new CollectiveLedger(this.collectives)
    job.calledCollectives.begin(id, this.ledger)
    scope.context.build(ranks, null, this)
    this.collectives.context.build(ranks, this.ledger, this)
    if (scope.context.isRevoked || engine.losses.of(ranks).length > 0) this.ledger.broken()
  }

  /** Where its ranks are. */
  get nodes(): NodeTable {
    this.knownNodes ??= new NodeTable(this.ranks, (world) => this.job.nodeOfRank[world] ?? 0)
    return this.knownNodes
  }

  /** Its blocking collectives in shared memory; null: it has none, and they are made of messages. */
  protected get nodeCalls(): NodeCalls | null {
    if (this.knownNodeCalls === undefined) this.knownNodeCalls = nodeCallsOf(this, this.id)
    return this.knownNodeCalls
  }

  /** Its blocking collectives through the memory of several nodes; null: it is on one. */
  protected get overNodes(): OverNodes | null {
    if (this.nodes.count > 1) this.knownOverNodes ??= new OverNodes(this, this.id)
    return this.knownOverNodes
  }

  /** `nodeCalls` of calls that take shared memory in communicators of so many ranks at most. */
  protected nodeCallsUpTo(size: number): NodeCalls | null {
    return this.size <= size ? this.nodeCalls : null
  }

  /** MPI_Comm_group (MPI 4.1 §7.3.2). */
  get group(): Group {
    this.members ??= new Group(this.ranks.worldRanks(), this.job.engine.rank)
    return this.members
  }

  /** MPI_Comm_free (MPI 4.1 §7.4.3). Throws ERR_COMM for the communicators that every rank begins with. */
  free(): void {
    if (this.pointToPoint.isFreed) return
    if (isPredefined(this.id)) {
      throw this.pointToPoint.error(
        'ERR_COMM',
        'free',
        `free: ${this.name} cannot be freed; it lives as long as the rank`,
      )
    }
    this.pointToPoint.isFreed = true
    this.knownNodeCalls?.free()
    this.knownNodeCalls = null
    this.knownOverNodes?.free()
    this.job.retired.add(this)
    for (const one of this.job.retired) if (one.forgetIfIdle()) this.job.retired.delete(one)
  }

  /** Forgets the queues of a freed communicator unless requests still need them. */
  forgetIfIdle(): boolean {
    const { engine } = this.job
    const contexts = [messageContext, collectiveContext, groupContext].map((contextOf) =>
      engine.delivery.context(contextOf(this.id)),
    )
    if (!this.ledger.isIdle || contexts.some(({ postedCount }) => postedCount > 0)) return false
    for (const context of contexts) engine.delivery.forget(context)
    this.job.calledCollectives.end(this.id)
    return true
  }

  /** Messages that make communicators of groups: apart from the user's, and not numbered, because only the group's ranks take part. */
  get invitations(): PointToPoint {
    if (this.groupMessages === null) {
      const { engine } = this.job
      const scope = new Scope(engine, engine.delivery.context(groupContext(this.id)), this.ranks, this)
      scope.context.build(this.ranks, null, this)
      this.groupMessages = new PointToPoint(scope, false)
    }
    return this.groupMessages
  }

  static {
    showAs<CommunicatorBase>(CommunicatorBase.prototype, 'Comm', (one) => {
      return `Comm { name: '${one.name}', rank: ${one.rank}, size: ${one.size} }`
    })
  }
}
