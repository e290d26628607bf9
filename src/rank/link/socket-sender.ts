import { writeSync, writevSync } from 'node:fs'
import { copyBytes } from '../../base/copy-bytes.ts'
import { NO_SOCKET, RankLine } from '../../shm/socket-line.ts'
import type { RingWriter } from '../../shm/ring.ts'
import { ENVELOPE_BYTES, type Envelope, writeEnvelope } from '../../wire/envelope.ts'
import { RECORD_HEADER_BYTES, recordBytes, RecordKind } from '../../wire/record.ts'
import { LONGEST_HEADER_BYTES, writeDataFrameHeader } from '../../wire/websocket-frame.ts'
import type { RemoteCredit } from './remote-credit.ts'

/** Payloads up to this size are copied behind their headers; larger ones are handed to the system where they lie. */
const COPIED_BYTES = 4096
/** Where the record begins in the memory for headers: its words are aligned. */
const RECORD_START = 16

export interface SocketSenderOptions {
  readonly rank: number
  /** Local endpoint of each world rank, -1: on another node. */
  readonly endpointOfRank: Int32Array
  /** Node of each world rank, and sockets of other nodes that the rank may write to itself; without them all goes through the agent. */
  readonly nodeOfRank?: readonly number[]
  readonly socketLines?: SharedArrayBuffer | null
}

/** Null where there are no sockets to write to. */
export function makeSocketSender(
  { rank, endpointOfRank, nodeOfRank, socketLines = null }: SocketSenderOptions,
  toAgent: RingWriter,
  credit: RemoteCredit,
): SocketSender | null {
  if (nodeOfRank === undefined || socketLines === null) return null
  const nodes = Math.max(...nodeOfRank) + 1
  const endpoint = endpointOfRank[rank] ?? 0
  const lines = Array.from({ length: nodes }, (_, nodeId) => new RankLine(socketLines, nodeId, endpoint))
  return new SocketSender({ rank, nodeOfRank, lines, toAgent, credit })
}

interface Parts {
  readonly rank: number
  readonly nodeOfRank: readonly number[]
  /** By node. */
  readonly lines: readonly RankLine[]
  readonly toAgent: RingWriter
  readonly credit: RemoteCredit
}

/**
 * Writes messages for other nodes straight to the sockets of their channels, where the agent shares them (shm/socket-line.ts): no agent is
 * woken, and a payload is copied by the system alone. One record is one frame. What the system does not take goes into the ring to the agent.
 */
export class SocketSender {
  readonly #rank: number
  readonly #toAgent: RingWriter
  readonly #credit: RemoteCredit
  readonly #nodeOfRank: readonly number[]
  readonly #lines: readonly RankLine[]
  /** Changes whenever something has come from another node. */
  #round = 1
  /** By node: the round of the last small record, and how many there were in it. */
  readonly #roundOfNode: Float64Array
  readonly #countOfNode: Float64Array
  readonly #bytes = Buffer.alloc(
    RECORD_START + RECORD_HEADER_BYTES + ENVELOPE_BYTES + COPIED_BYTES + RECORD_HEADER_BYTES,
  )
  readonly #words = new Int32Array(this.#bytes.buffer, this.#bytes.byteOffset, this.#bytes.length >> 2)
  readonly #floats = new Float64Array(this.#bytes.buffer, this.#bytes.byteOffset, this.#bytes.length >> 3)
  /** Behind a payload that is not copied. */
  readonly #padding = new Uint8Array(RECORD_HEADER_BYTES)

  constructor({ rank, nodeOfRank, lines, toAgent, credit }: Parts) {
    this.#rank = rank
    this.#toAgent = toAgent
    this.#credit = credit
    this.#nodeOfRank = nodeOfRank
    this.#lines = lines
    this.#roundOfNode = new Float64Array(lines.length)
    this.#countOfNode = new Float64Array(lines.length)
  }

  /** Link.trySend(), as far as it goes without the ring. */
  trySend(envelope: Envelope, payload: Uint8Array, from: number): number {
    // As a result: -1 before the envelope is taken.
    let taken = from > 0 ? from : -1
    while (taken < payload.length) {
      const start = Math.max(taken, 0)
      const bytes = Math.min(this.#credit.allowance(envelope.dest, payload.length - start), this.#most)
      if (bytes < 0 || !this.#tryWrite(envelope, payload, start, bytes)) break
      this.#credit.sent(envelope.dest, bytes)
      taken = start + bytes
    }
    return taken
  }

  /** Most bytes of a payload that one record can have. */
  get #most(): number {
    return this.#toAgent.largestBody - ENVELOPE_BYTES - RECORD_HEADER_BYTES - LONGEST_HEADER_BYTES
  }

  /** Something has come from another node. */
  heard(): void {
    this.#round += 1
  }

  /**
   * Whether a small record is worth a system call of its own: it is a question or an answer. Of a stream of them the agent writes many at a
   * time, out of the ring; so where several went to a node without anything coming back, the next ones do not go this way, either.
   */
  #isAlone(nodeId: number): boolean {
    const round = this.#round
    const before = this.#countOfNode[nodeId] as number
    if (this.#roundOfNode[nodeId] === round) {
      this.#countOfNode[nodeId] = before + 1
      return false
    }
    this.#roundOfNode[nodeId] = round
    this.#countOfNode[nodeId] = 1
    return before <= 1
  }

  /** Whether the next small record for `dest` goes through the ring, because it is one of a stream; counts it then. */
  isStream(dest: number): boolean {
    const nodeId = this.#nodeOfRank[dest] ?? -1
    if (this.#roundOfNode[nodeId] !== this.#round) return false
    this.#countOfNode[nodeId] = (this.#countOfNode[nodeId] as number) + 1
    return true
  }

  /**
   * Writes one record with `bytes` bytes of the payload from `from` on, at most `#most`; the first one of a message with its envelope. False: this
   * must go through the ring, because what the rank has sent before is there or it is another's turn.
   */
  #tryWrite(envelope: Envelope, payload: Uint8Array, from: number, bytes: number): boolean {
    const { dest } = envelope
    const nodeId = this.#nodeOfRank[dest] ?? -1
    const line = this.#lines[nodeId]
    if (line === undefined || (bytes <= COPIED_BYTES && !this.#isAlone(nodeId))) return false
    if (this.#toAgent.unread > 0) return false
    const socket = line.take()
    if (socket === NO_SOCKET) return false
    const begins = from === 0
    const headBytes = RECORD_HEADER_BYTES + (begins ? ENVELOPE_BYTES : 0)
    const bodyBytes = bytes + (begins ? ENVELOPE_BYTES : 0)
    const words = this.#words
    const word = RECORD_START >> 2
    words[word] = begins ? RecordKind.begin : RecordKind.part
    words[word + 1] = bodyBytes
    words[word + 2] = this.#rank
    words[word + 3] = dest
    if (begins) writeEnvelope(words, this.#floats, RECORD_START + RECORD_HEADER_BYTES, envelope)
    const total = recordBytes(bodyBytes)
    const start = writeDataFrameHeader(this.#bytes, RECORD_START, total, line.isMasked)
    const head = RECORD_START + headBytes
    let parts: Uint8Array[]
    if (bytes <= COPIED_BYTES) {
      copyBytes(payload, from, this.#bytes, head, bytes)
      parts = [this.#bytes.subarray(start, RECORD_START + total)]
    } else {
      parts = [this.#bytes.subarray(start, head), payload.subarray(from, from + bytes)]
      const padding = total - headBytes - bytes
      if (padding > 0) parts.push(this.#padding.subarray(0, padding))
    }
    const written = write(socket, parts)
    if (written > 0) line.count(total)
    const left = total + RECORD_START - start - written
    if (written === 0 || left === 0) {
      if (line.pass()) this.#toAgent.wake()
    } else {
      line.passWithRest()
      this.#leave(nodeId, parts, left)
    }
    return written > 0
  }

  /** Leaves the last `bytes` bytes of a frame to the agent. */
  #leave(nodeId: number, parts: readonly Uint8Array[], bytes: number): void {
    // The ring is empty, and half of it takes a whole frame.
    const toAgent = this.#toAgent
    if (!toAgent.reserve(bytes, bytes)) throw new Error(`no room for ${bytes} bytes of a frame`)
    let left = bytes
    let at = toAgent.bodyOffset + bytes
    for (let i = parts.length - 1; i >= 0 && left > 0; i--) {
      const part = parts[i] as Uint8Array
      const count = Math.min(left, part.length)
      at -= count
      left -= count
      copyBytes(part, part.length - count, toAgent.bytes, at, count)
    }
    toAgent.commit(RecordKind.rest, this.#rank, nodeId, bytes)
  }
}

/** Bytes that the system has taken: none, too, where the socket is broken or the system out of memory. The agent is then given them and finds out. */
function write(socket: number, parts: readonly Uint8Array[]): number {
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 0
  try {
    const [first] = parts
    return parts.length === 1 && first !== undefined ? writeSync(socket, first) : writevSync(socket, parts)
  } catch {
    return 0
  } finally {
    Error.stackTraceLimit = stackTraceLimit
  }
}
