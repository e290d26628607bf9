/**
 * What travels in front of each message between ranks: MPI's envelope (source, destination, tag, context; MPI 4.1 §3.2.3)
 * plus the element type and the length of the payload.
 */
export interface Envelope {
  /** World rank of the sender. */
  readonly source: number
  /** World rank of the receiver. */
  readonly dest: number
  /** Communicator and purpose (point to point or collective); see mpi/matching/context.ts. 0…2^53-1. */
  readonly context: number
  /** User's tag, 0…2^31-1; for collectives the sequence number of the call. */
  readonly tag: number
  /** One of `Datatype`. */
  readonly datatype: number
  /** Flags of the message, `ENVELOPE_FLAG_*`. */
  readonly flags: number
  /** A word that only the mpi layer reads: request id of a synchronous send, signature of a collective. uint32. */
  readonly extra: number
  /** Payload in bytes, 0…2^53-1. */
  readonly byteLength: number
}

/** Element types of a payload. Typed arrays travel as raw bytes, everything else is an encoded value. */
export const Datatype = {
  value: 0,
  int8: 1,
  uint8: 2,
  int16: 3,
  uint16: 4,
  int32: 5,
  uint32: 6,
  bigInt64: 7,
  bigUint64: 8,
  float32: 9,
  float64: 10,
} as const

/** The sender waits until the message is matched (MPI_Ssend); the receiver answers with ENVELOPE_FLAG_ACK. */
export const ENVELOPE_FLAG_SYNC = 1
/** The answer to a synchronous send; `extra` is its request id. */
export const ENVELOPE_FLAG_ACK = 2

/** Length of the longest message: Node has no longer views of bytes. */
export const MOST_MESSAGE_BYTES: number = 2 ** 32
/** A longer one is announced before it travels (mpi/sending/credit.ts). */
export const MOST_UNANNOUNCED_BYTES: number = 64 * 1024 * 1024
/** Body of an announcement: length of the payload in bytes and number, float64 each. */
export const ANNOUNCEMENT_BYTES = 16

/** Bytes of an encoded envelope. */
export const ENVELOPE_BYTES = 40

/*
 * byte  0  source      uint32        byte 16  context    float64 (exact up to 2^53)
 *       4  dest        uint32             24  byteLength float64 (exact up to 2^53)
 *       8  tag         uint32             32  extra      uint32
 *      12  datatype    uint8              36  reserved, zero
 *      13  flags       uint8
 *      14  reserved, zero
 * Little-endian, as every machine that Node runs on.
 */

/** Writes an envelope at byte `offset`, a multiple of 8, of the memory that both views show from its start. */
export function writeEnvelope(words: Int32Array, floats: Float64Array, offset: number, envelope: Envelope): void {
  const word = offset >>> 2
  words[word] = envelope.source
  words[word + 1] = envelope.dest
  words[word + 2] = envelope.tag
  words[word + 3] = envelope.datatype | (envelope.flags << 8)
  floats[(offset >>> 3) + 2] = envelope.context
  floats[(offset >>> 3) + 3] = envelope.byteLength
  words[word + 8] = envelope.extra
  words[word + 9] = 0
}

export function readEnvelope(words: Int32Array, floats: Float64Array, offset: number): Envelope {
  const word = offset >>> 2
  const kind = words[word + 3] as number
  return makeEnvelope(
    (words[word] as number) >>> 0,
    (words[word + 1] as number) >>> 0,
    small(floats[(offset >>> 3) + 2] as number),
    (words[word + 2] as number) >>> 0,
    kind & 0xff,
    (kind >> 8) & 0xff,
    (words[word + 8] as number) >>> 0,
    small(floats[(offset >>> 3) + 3] as number),
  )
}

/** An envelope. All are made here, so that they have one shape for the compiler. */
export function makeEnvelope(
  source: number,
  dest: number,
  context: number,
  tag: number,
  datatype: number,
  flags: number,
  extra: number,
  byteLength: number,
): Envelope {
  return { source, dest, context, tag, datatype, flags, extra, byteLength }
}

/** The same number, as an integer of the processor where it is one: those need no memory of their own. */
function small(value: number): number {
  const integer = value | 0
  return integer === value ? integer : value
}
