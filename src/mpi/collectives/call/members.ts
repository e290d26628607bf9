import type { Scope } from '../../engine/scope.ts'
import type { NodeTable } from '../../groups/node-table.ts'
import type { CollectiveLedger } from './ledger.ts'

/** A communicator as its collectives see it. */
export interface Members {
  readonly rank: number
  readonly size: number
  readonly name: string
  readonly nodes: NodeTable
  readonly collectives: Scope
  readonly ledger: CollectiveLedger
}
