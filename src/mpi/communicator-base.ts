import { CollectiveLedger } from './collectives/ledger.ts'
import { collectiveContext, messageContext } from './context.ts'
import type { Engine } from './engine.ts'
import { PointToPoint } from './point-to-point.ts'
import type { RankTable } from './rank-table.ts'
import { Scope } from './scope.ts'

/** What the communicators of one rank share. */
export interface Job {
  readonly engine: Engine
  readonly syncSend: boolean
  /** A counter of this rank for the id of a communicator that it leads; each comes once. */
  nextCounter(): number
  abort(status: number): never
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

  /** `id`: see context.ts; the same on all ranks of the communicator. */
  constructor(job: Job, id: number, ranks: RankTable, name: string) {
    const { engine } = job
    this.job = job
    this.rank = ranks.rank
    this.size = ranks.size
    this.name = name
    this.ranks = ranks
    const scope = new Scope(engine, engine.context(messageContext(id)), ranks, this)
    this.pointToPoint = new PointToPoint(scope, job.syncSend)
    this.collectives = new Scope(engine, engine.context(collectiveContext(id)), ranks, this)
    this.ledger = new CollectiveLedger(this.collectives)
    scope.context.build(ranks, null)
    this.collectives.context.build(ranks, this.ledger)
  }

  /** MPI_Comm_free (MPI 4.1 §7.4.3). */
  free(): void {
    if (this.pointToPoint.isFreed) return
    this.pointToPoint.isFreed = true
    for (const { context, engine } of [this.pointToPoint.scope, this.collectives]) {
      if (context.postedCount === 0) engine.forget(context)
    }
  }
}
