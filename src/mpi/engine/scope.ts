import type { Context } from '../matching/context.ts'
import type { MessageSpace } from '../matching/incoming-message.ts'
import type { Engine } from './engine.ts'
import type { RankTable } from '../groups/rank-table.ts'

/** One communicator's messages of one kind (the user's, or those of collectives), as requests and collectives see it. */
export class Scope implements MessageSpace {
  readonly engine: Engine
  readonly context: Context
  readonly ranks: RankTable
  private readonly communicator: { readonly name: string }

  constructor(engine: Engine, context: Context, ranks: RankTable, communicator: { readonly name: string }) {
    this.engine = engine
    this.context = context
    this.ranks = ranks
    this.communicator = communicator
  }

  /** Name of the communicator. */
  get name(): string {
    return this.communicator.name
  }
}
