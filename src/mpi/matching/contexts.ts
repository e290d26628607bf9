import { Context, isForMessages } from './context.ts'
import { PostedTally } from './matching.ts'

/** All contexts of a rank, by id. */
export class Contexts {
  /** Receives of the program, and those of collectives and the like. */
  readonly ofMessages: PostedTally = new PostedTally()
  readonly ofOthers: PostedTally = new PostedTally()
  private readonly byId = new Map<number, Context>()
  private latest: Context = this.get(0)

  /** Makes it where nobody has asked for it yet. */
  get(id: number): Context {
    let context = this.byId.get(id)
    if (context === undefined) {
      context = new Context(id, isForMessages(id) ? this.ofMessages : this.ofOthers)
      this.byId.set(id, context)
    }
    return context
  }

  /** As `get`; quick for one that is asked for again and again. */
  of(id: number): Context {
    if (this.latest.context !== id) this.latest = this.get(id)
    return this.latest
  }

  forget(context: Context): void {
    this.byId.delete(context.context)
    if (this.latest === context) this.latest = this.get(0)
  }

  all(): Iterable<Context> {
    return this.byId.values()
  }
}
