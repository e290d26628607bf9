import { copyBytes } from '../../base/copy-bytes.ts'
import type { BriefLink } from '../../mpi/link/link.ts'
import type { RingReader, RingWriter } from '../../shm/ring.ts'
import { ENVELOPE_BYTES } from '../../wire/envelope.ts'
import { RecordKind } from '../../wire/record.ts'
import type { FarSide } from './far-side.ts'

/** How often look() looks where it may spin: about twice as long as an answer to a small message takes. */
const LOOKS = 256

/**
 * The way of small messages through the rings between ranks of a node, and between a rank and its agent: what ShmLink.trySend() and receive() do, for
 * one message that is one record, with numbers in place of objects. Whatever is not so simple is left as it is, for those two.
 */
export class BriefWays implements BriefLink {
  tag = 0
  datatype = 0
  bytes = 0
  readonly #rank: number
  readonly #endpointOfRank: Int32Array
  readonly #writers: readonly RingWriter[]
  readonly #readers: readonly RingReader[]
  readonly #overflow: { readonly isUsed: boolean } | null
  readonly #far: FarSide
  readonly #agent: number
  readonly #looks: number
  #found: RingReader | null = null
  /** Of the message that was found, where it comes from another node; otherwise -1. */
  #source = -1

  /** `writers`, `readers`: by endpoint, those that are in use now; the agent's is the last. */
  constructor(
    rank: number,
    endpointOfRank: Int32Array,
    writers: readonly RingWriter[],
    readers: readonly RingReader[],
    overflow: { readonly isUsed: boolean } | null,
    far: FarSide,
    maySpin: boolean,
  ) {
    this.#rank = rank
    this.#endpointOfRank = endpointOfRank
    this.#writers = writers
    this.#readers = readers
    this.#overflow = overflow
    this.#far = far
    this.#agent = readers.length - 1
    this.#looks = maySpin ? LOOKS : 0
  }

  send(dest: number, context: number, tag: number, datatype: number, payload: Uint8Array): boolean {
    const endpoint = this.#endpointOfRank[dest] as number
    const bytes = payload.length
    const isFar = endpoint < 0
    // A sender goes back from an overflow ring in trySend().
    if (isFar ? !this.#far.mayBegin(dest, bytes) : this.#overflow?.isUsed === true) return false
    const writer = this.#writers[isFar ? this.#agent : endpoint] as RingWriter
    if (!writer.reserve(ENVELOPE_BYTES + bytes, ENVELOPE_BYTES + bytes)) return false
    const { words, floats, bodyOffset } = writer
    const word = bodyOffset >>> 2
    // As writeEnvelope() does.
    words[word] = this.#rank
    words[word + 1] = dest
    words[word + 2] = tag
    words[word + 3] = datatype
    floats[(bodyOffset >>> 3) + 2] = context
    floats[(bodyOffset >>> 3) + 3] = bytes
    words[word + 8] = 0
    words[word + 9] = 0
    copyBytes(payload, 0, writer.bytes, bodyOffset + ENVELOPE_BYTES, bytes)
    writer.commit(RecordKind.begin, this.#rank, dest, ENVELOPE_BYTES + bytes)
    if (isFar) this.#far.sent(dest, bytes)
    return true
  }

  look(source: number, context: number): boolean {
    const endpoint = this.#endpointOfRank[source] as number
    const isFar = endpoint < 0
    const reader = this.#readers[isFar ? this.#agent : endpoint] as RingReader
    for (let left = isFar ? 0 : this.#looks; !reader.hasNext(); left--) if (left <= 0) return false
    // The agent's ring has records of all ranks of other nodes, each one's in order.
    if (!reader.look() || reader.kind !== RecordKind.begin || reader.source !== source) return false
    const { words, floats, bodyOffset } = reader
    const word = bodyOffset >>> 2
    const kind = words[word + 3] as number
    const bytes = reader.bodyBytes - ENVELOPE_BYTES
    // Flags are above the datatype; and of a longer message this is only the begin.
    if (kind > 0xff || floats[(bodyOffset >>> 3) + 2] !== context || floats[(bodyOffset >>> 3) + 3] !== bytes)
      return false
    this.tag = words[word + 2] as number
    this.datatype = kind
    this.bytes = bytes
    this.#found = reader
    this.#source = isFar ? source : -1
    return true
  }

  take(memory: Uint8Array): void {
    const reader = this.#found
    if (reader === null) return
    this.#found = null
    copyBytes(reader.bytes, reader.bodyOffset + ENVELOPE_BYTES, memory, 0, this.bytes)
    reader.release()
    if (this.#source >= 0) this.#far.read(this.#source, this.bytes)
  }
}
