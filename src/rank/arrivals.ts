import { copyBytes } from '../base/copy-bytes.ts'
import type { LinkSink } from '../mpi/link.ts'
import type { RingReader } from '../shm/ring.ts'
import { ENVELOPE_BYTES, type Envelope, readEnvelope } from '../wire/envelope.ts'
import type { RemoteCredit } from './remote-credit.ts'

/** A message of which not all parts have come. */
interface Arriving {
  readonly envelope: Envelope
  readonly payload: Uint8Array
  filled: number
}

/** Puts messages together out of the records that they come in, each in the memory that the sink has for it. */
export class Arrivals {
  readonly #endpointOfRank: Int32Array
  readonly #credit: RemoteCredit
  /** By sender. */
  readonly #arriving = new Map<number, Arriving>()

  constructor(endpointOfRank: Int32Array, credit: RemoteCredit) {
    this.#endpointOfRank = endpointOfRank
    this.#credit = credit
  }

  begin(reader: RingReader, sink: LinkSink): void {
    const envelope = readEnvelope(reader.words, reader.floats, reader.bodyOffset)
    const payload = sink.begin(envelope)
    const bytes = reader.bodyBytes - ENVELOPE_BYTES
    copyBytes(reader.bytes, reader.bodyOffset + ENVELOPE_BYTES, payload, 0, bytes)
    reader.release()
    this.#read(envelope.source, bytes)
    if (bytes === envelope.byteLength) sink.complete(envelope, payload)
    else this.#arriving.set(envelope.source, { envelope, payload, filled: bytes })
  }

  part(reader: RingReader, sink: LinkSink): void {
    const { source, bodyBytes } = reader
    const arriving = this.#arriving.get(source)
    if (arriving === undefined) throw new Error(`a part of a message came from rank ${source}, which began none`)
    copyBytes(reader.bytes, reader.bodyOffset, arriving.payload, arriving.filled, bodyBytes)
    reader.release()
    this.#read(source, bodyBytes)
    arriving.filled += bodyBytes
    if (arriving.filled < arriving.envelope.byteLength) return
    this.#arriving.delete(source)
    sink.complete(arriving.envelope, arriving.payload)
  }

  #read(source: number, bytes: number): void {
    if ((this.#endpointOfRank[source] ?? -1) < 0) this.#credit.read(source, bytes)
  }
}
