import { copyBytes } from '../../base/copy-bytes.ts'
import type { LinkSink } from '../../mpi/link/link.ts'
import type { RingReader } from '../../shm/ring.ts'
import { ENVELOPE_BYTES, type Envelope, readEnvelope } from '../../wire/envelope.ts'
import type { RemoteCredit } from './remote-credit.ts'

/** A message of which not all parts have come. */
interface Arriving {
  readonly envelope: Envelope
  readonly payload: Uint8Array
  filled: number
}

/** For records of a reader that is flushed when a run of them is over (RingReader.done()). Puts messages together out of the records that they come in, each in the memory that the sink has for it. */
export class Arrivals {
  readonly #endpointOfRank: Int32Array
  readonly #credit: RemoteCredit
  /** By sender. */
  readonly #arriving = new Map<number, Arriving>()
  /** Senders of which something came that does not fit: what follows goes nowhere. */
  readonly #refused = new Set<number>()
  readonly #onMisfit: (source: number, what: string) => void

  /** `onMisfit`: see Link. */
  constructor(endpointOfRank: Int32Array, credit: RemoteCredit, onMisfit: (source: number, what: string) => void) {
    this.#endpointOfRank = endpointOfRank
    this.#credit = credit
    this.#onMisfit = onMisfit
  }

  /** False: the message, of a rank of this node, is left where it is. `mayLeave`: whether it may be. */
  begin(reader: RingReader, sink: LinkSink, mayLeave: boolean): boolean {
    const { words, floats, bodyOffset } = reader
    const word = bodyOffset >>> 2
    const kind = words[word + 3] as number
    // Flags are above the datatype.
    if (kind <= 0xff && floats[(bodyOffset >>> 3) + 3] === reader.bodyBytes - ENVELOPE_BYTES) {
      const source = words[word] as number
      const context = floats[(bodyOffset >>> 3) + 2] as number
      if (this.#place(reader, sink, source, context, words[word + 2] as number, kind)) return true
      if (mayLeave && !this.#isFar(source) && sink.mayLeave(source, context) && reader.tryLeave()) return false
    }
    this.#begin(reader, sink)
    return true
  }

  /** Copies a message that is here whole to the view that it is meant for, where there is one; false: nothing has happened. */
  #place(reader: RingReader, sink: LinkSink, source: number, context: number, tag: number, datatype: number): boolean {
    const bytes = reader.bodyBytes - ENVELOPE_BYTES
    const memory = sink.place(source, context, tag, datatype, bytes)
    if (memory === null) return false
    copyBytes(reader.bytes, reader.bodyOffset + ENVELOPE_BYTES, memory, 0, bytes)
    reader.done()
    this.#read(source, bytes)
    sink.placed()
    return true
  }

  #begin(reader: RingReader, sink: LinkSink): void {
    const envelope = readEnvelope(reader.words, reader.floats, reader.bodyOffset)
    const bytes = reader.bodyBytes - ENVELOPE_BYTES
    if (this.#arriving.has(envelope.source))
      return this.#refuse(reader, 'a message before the one that it had begun was whole')
    const payload = sink.begin(envelope)
    if (payload === null) return this.#refuse(reader, `a payload that nobody has asked for`)
    copyBytes(reader.bytes, reader.bodyOffset + ENVELOPE_BYTES, payload, 0, bytes)
    reader.done()
    this.#read(envelope.source, bytes)
    if (bytes === envelope.byteLength) sink.complete(envelope, payload)
    else this.#arriving.set(envelope.source, { envelope, payload, filled: bytes })
  }

  part(reader: RingReader, sink: LinkSink): void {
    const { source, bodyBytes } = reader
    const arriving = this.#arriving.get(source)
    if (arriving === undefined || arriving.filled + bodyBytes > arriving.envelope.byteLength) {
      return this.#refuse(
        reader,
        arriving === undefined ? 'a part of no message' : 'more of a message than it had announced',
      )
    }
    copyBytes(reader.bytes, reader.bodyOffset, arriving.payload, arriving.filled, bodyBytes)
    reader.done()
    this.#read(source, bodyBytes)
    arriving.filled += bodyBytes
    if (arriving.filled < arriving.envelope.byteLength) return
    this.#arriving.delete(source)
    sink.complete(arriving.envelope, arriving.payload)
  }

  /** What has come cannot be, so its sender is not believed. Of ranks of this node, which write their records themselves, that is a mistake of ours. */
  #refuse(reader: RingReader, what: string): void {
    const { source } = reader
    if (!this.#isFar(source)) throw new Error(`rank ${source} sent ${what}`)
    reader.done()
    this.#arriving.delete(source)
    if (!this.#refused.has(source)) this.#onMisfit(source, `${what}, from rank ${source}`)
    this.#refused.add(source)
  }

  #isFar(source: number): boolean {
    return (this.#endpointOfRank[source] ?? -1) < 0
  }

  #read(source: number, bytes: number): void {
    if (this.#isFar(source)) this.#credit.read(source, bytes)
  }
}
