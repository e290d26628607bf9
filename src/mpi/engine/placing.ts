import type { Contexts } from '../matching/contexts.ts'
import type { Receive } from '../matching/incoming-message.ts'
import type { Sending } from '../sending/sending.ts'

/**
 * The short way of a message that is here whole into the view of its posted receive: no envelope and no IncomingMessage is made for it. Whatever is not so
 * simple is left as it is, for Delivery.begin(): messages without a receive, receives of values, of other types, with too little room, of
 * collectives.
 */
export class Placing {
  private readonly sending: Sending
  private readonly contexts: Contexts
  private receive: Receive | null = null
  private source = 0
  private tag = 0
  private bytes = 0

  constructor(sending: Sending, contexts: Contexts) {
    this.sending = sending
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
    this.sending.settle(source, contextId, tag, bytes)
    return memory
  }

  /** As LinkSink.placed(). */
  placed(): void {
    const { receive } = this
    this.receive = null
    receive?.acceptPlaced(this.source, this.tag, this.bytes)
  }
}
