import { elementConstructors } from './element-types.ts'
import { ANNOUNCEMENT_BYTES, Datatype, ENVELOPE_BYTES, MOST_MESSAGE_BYTES, MOST_UNANNOUNCED_BYTES } from './envelope.ts'
import {
  ENVELOPE_FLAG_ANNOUNCED,
  ENVELOPE_FLAG_FAILED,
  ENVELOPE_FLAG_PAYLOAD,
  KNOWN_FLAGS,
  REPLIES,
} from './envelope-flags.ts'
import { ALL_RANKS, FOR_AGENT, RECORD_HEADER_BYTES, RecordKind } from './record.ts'
import { WINDOW_REPLY_BYTES, WINDOW_REQUEST_BYTES } from './window-messages.ts'

/** Of a float64 and of a tag. */
const FLOAT_BYTES = 8
const MOST_TAG = 0x7fffffff
const ENVELOPE_AT = RECORD_HEADER_BYTES

export interface RecordCheckOptions {
  /** Node of each world rank. */
  readonly nodeOfRank: readonly number[]
  /** The node that the records come from, and this one. */
  readonly from: number
  readonly to: number
  /** Of a record's body: what fits the rings here. */
  readonly mostBodyBytes: number
}

/**
 * What the agent of another node may send: records of its own ranks, for ranks of this node, with envelopes that say what is there. Their source,
 * dest, kind and length cost some compares each; an envelope as many again.
 */
export class RecordCheck {
  readonly #nodeOfRank: Int32Array
  readonly #from: number
  readonly #to: number
  readonly #mostBodyBytes: number

  constructor({ nodeOfRank, from, to, mostBodyBytes }: RecordCheckOptions) {
    this.#nodeOfRank = Int32Array.from(nodeOfRank)
    this.#from = from
    this.#to = to
    this.#mostBodyBytes = mostBodyBytes
  }

  /** Whether the header at `at` may be one. */
  isHead(view: DataView, at: number): boolean {
    const bodyBytes = view.getUint32(at + 4, true)
    const nodeOfRank = this.#nodeOfRank
    if (bodyBytes > this.#mostBodyBytes || nodeOfRank[view.getUint32(at + 8, true)] !== this.#from) return false
    const dest = view.getUint32(at + 12, true)
    switch (view.getUint32(at, true)) {
      case RecordKind.begin:
        return bodyBytes >= ENVELOPE_BYTES && nodeOfRank[dest] === this.#to
      case RecordKind.part:
        return nodeOfRank[dest] === this.#to
      case RecordKind.credit:
        return bodyBytes === FLOAT_BYTES && nodeOfRank[dest] === this.#to
      case RecordKind.windowReply:
        return bodyBytes >= WINDOW_REPLY_BYTES && nodeOfRank[dest] === this.#to
      case RecordKind.windowRequest:
        return bodyBytes >= WINDOW_REQUEST_BYTES && dest === FOR_AGENT
      case RecordKind.finished:
      case RecordKind.lost:
        return bodyBytes === 0 && dest === ALL_RANKS
      default:
        return false
    }
  }

  /** Whether the body fits the header at `at`, which is one. All of the record is there. */
  isBody(view: DataView, at: number): boolean {
    switch (view.getUint32(at, true)) {
      case RecordKind.begin:
        return isMessage(view, at)
      case RecordKind.credit:
        return isLength(view.getFloat64(at + RECORD_HEADER_BYTES, true), Number.MAX_SAFE_INTEGER)
      default:
        return true
    }
  }

  /** What is at `at`, of which isHead() or isBody() has said no: the rest of a sentence that begins with 'node X sent '. */
  describe(view: DataView, at: number): string {
    const [kind, bodyBytes, source, dest] = [0, 4, 8, 12].map((offset) => view.getUint32(at + offset, true))
    const record = `a record of kind ${kind} with ${bodyBytes} bytes from rank ${source} for ${nameOf(dest ?? 0)}`
    if (!this.isHead(view, at)) return `${record}, which it may not`
    return `${record} whose ${kind === RecordKind.begin ? 'envelope' : 'body'} does not fit`
  }
}

function nameOf(dest: number): string {
  return dest === ALL_RANKS ? 'all ranks' : dest === FOR_AGENT ? 'the agent' : `rank ${dest}`
}

/** Whether an envelope says of whom, for whom and how long the message in the record at `at` is. */
function isMessage(view: DataView, at: number): boolean {
  const envelope = at + ENVELOPE_AT
  if (view.getUint32(envelope, true) !== view.getUint32(at + 8, true)) return false
  if (view.getUint32(envelope + 4, true) !== view.getUint32(at + 12, true)) return false
  // Its upper half is zero.
  const kind = view.getUint32(envelope + 12, true)
  const datatype = kind & 0xff
  const flags = kind >>> 8
  if (flags > KNOWN_FLAGS || datatype > Datatype.float64 || view.getUint32(envelope + 8, true) > MOST_TAG) return false
  const byteLength = view.getFloat64(envelope + 24, true)
  // Without flags, most messages.
  const most = flags === 0 ? MOST_UNANNOUNCED_BYTES : mostBytesOf(flags)
  const bytes = view.getUint32(at + 4, true) - ENVELOPE_BYTES
  if (!isLength(byteLength, most) || byteLength < bytes) return false
  if (!isLength(view.getFloat64(envelope + 16, true), Number.MAX_SAFE_INTEGER)) return false
  // One that comes in parts is looked at when it is whole (mpi/engine/delivery.ts).
  if ((flags & ENVELOPE_FLAG_ANNOUNCED) !== 0)
    return bytes < ANNOUNCEMENT_BYTES || isAnnouncement(view, envelope, datatype)
  return datatype <= Datatype.uint8 || isWhole(byteLength, datatype)
}

function mostBytesOf(flags: number): number {
  if ((flags & REPLIES) !== 0) return 0
  if ((flags & ENVELOPE_FLAG_ANNOUNCED) !== 0) return ANNOUNCEMENT_BYTES
  // What a failure says may be long, and uses no credit.
  return (flags & (ENVELOPE_FLAG_PAYLOAD | ENVELOPE_FLAG_FAILED)) === 0 ? MOST_UNANNOUNCED_BYTES : MOST_MESSAGE_BYTES
}

function isAnnouncement(view: DataView, envelope: number, datatype: number): boolean {
  const byteLength = view.getFloat64(envelope + ENVELOPE_BYTES, true)
  const number = view.getFloat64(envelope + ENVELOPE_BYTES + FLOAT_BYTES, true)
  return (
    isLength(byteLength, MOST_MESSAGE_BYTES) &&
    isWhole(byteLength, datatype) &&
    number > 0 &&
    isLength(number, MOST_TAG)
  )
}

/** An integer from 0 to `most`; NaN is none. */
function isLength(value: number, most: number): boolean {
  return value >= 0 && value <= most && Math.floor(value) === value
}

function isWhole(byteLength: number, datatype: number): boolean {
  return byteLength % (elementConstructors[datatype]?.BYTES_PER_ELEMENT ?? 1) === 0
}
