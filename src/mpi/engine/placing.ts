import { makeEnvelope } from '../../wire/envelope.ts'
import type { Contexts } from '../matching/contexts.ts'
import type { Engine } from './engine.ts'
import { ENVELOPE_FLAG_CREDIT } from '../../wire/envelope-flags.ts'
import type { RecvRequest } from '../matching/recv-request.ts'

/**
 * The short way of a message that is here whole into the view of its posted receive: no envelope and no IncomingMessage is made for it. Whatever is not so
 * simple is left as it is, for Delivery.begin(): messages without a receive, receives of values, of other types, with too little room, of
 * collectives.
 */
export class Placing {
  private readonly engine: Engine
  private readonly contexts: Contexts
  private receive: RecvRequest<unknown> | null = null
  private source = 0
  private tag = 0
  private bytes = 0

  constructor(engine: Engine, contexts: Contexts) {
    this.engine = engine
    this.contexts = contexts
  }

  /** As LinkSink.place(). */
  place(source: number, contextId: number, tag: number, datatype: number, bytes: number): Uint8Array | null {
    const context = this.contexts.of(contextId)
    const receive = context.candidate(source, tag)
    if (receive === null || !receive.takesPlaced || receive.datatype !== datatype) return null
    const { memory } = receive
    if (memory === null || memory.length < bytes) return null
    context.withdraw(receive)
    this.receive = receive
    this.source = source
    this.tag = tag
    this.bytes = bytes
    const due = this.engine.credit.settle(source, bytes)
    if (due > 0) {
      const envelope = makeEnvelope(source, this.engine.rank, contextId, tag, datatype, 0, 0, bytes)
      this.engine.reply(envelope, ENVELOPE_FLAG_CREDIT, due)
    }
    return memory
  }

  /** As LinkSink.placed(). */
  placed(): void {
    const { receive } = this
    this.receive = null
    receive?.acceptPlaced(this.source, this.tag, this.bytes)
  }
}
