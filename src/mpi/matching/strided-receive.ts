import { elementBytes, subview, type View } from '../datatypes/datatype.ts'
import type { IncomingMessage, MessageSpace } from './incoming-message.ts'
import { RecvRequest } from './recv-request.ts'
import type { Status } from '../terms/status.ts'
import type { Strided } from '../datatypes/strided.ts'

/** A receive of elements that do not lie together: they come one behind the other, and are then put into their places. */
export class StridedReceive<T> extends RecvRequest<T> {
  private readonly target: Strided
  private readonly packed: View

  /** `source`: world rank or ANY_SOURCE. */
  constructor(scope: MessageSpace, call: string, source: number, tag: number, target: Strided, status?: Status) {
    super(scope, call, source, tag, status)
    this.target = target
    this.packed = target.room()
    this.into(this.packed)
    this.takesPlaced = false
  }

  override accept(message: IncomingMessage): void {
    super.accept(message)
    const { datatype, byteLength } = message.envelope
    // Of a message that is too long its beginning has come; what a short one does not reach stays as it is.
    if (datatype === this.datatype) this.target.unpack(subview(this.packed, 0, byteLength / elementBytes(datatype)))
  }
}
