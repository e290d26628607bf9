import { setImmediate } from 'node:timers/promises'
import { copyBytes } from '../base/copy-bytes.ts'
import type { Link, LinkSink, Watch } from '../mpi/link.ts'
import { loadCoreYield } from '../shm/core-yield.ts'
import { Doorbell } from '../shm/doorbell.ts'
import type { NodeMemory } from '../shm/layout.ts'
import { RingReader, RingWriter } from '../shm/ring.ts'
import { ENVELOPE_BYTES, type Envelope, readEnvelope, writeEnvelope } from '../wire/envelope.ts'
import type { Motion, Ruling } from '../wire/council-messages.ts'
import type { RankWait } from '../wire/control-messages.ts'
import type { WaitAnswer } from '../wire/rank-messages.ts'
import { RecordKind } from '../wire/record.ts'
import { Turns } from '../shm/turns.ts'
import { WaitWord } from '../shm/wait-word.ts'
import { Arrivals } from './arrivals.ts'
import { LentPayload } from './borrower.ts'
import { BriefWays } from './brief-ways.ts'
import { Lender, type LentMessage } from './lender.ts'
import { LOAN_BYTES, readLoan, writeLoan } from './loan-table.ts'
import { Looking } from './looking.ts'
import { NodeShare } from './node-share.ts'
import { KEPT_BYTES, OVERFLOW_BYTES, overflowReader, OverflowSender } from './overflow.ts'
import { RemoteCredit } from './remote-credit.ts'
import type { SharedBuffers } from './shared-buffers.ts'
import { makeSocketSender, type SocketSender, type SocketSenderOptions } from './socket-sender.ts'

/** A fragment that does not finish its message is at least this long, so that a nearly full ring is not filled with crumbs. */
const LEAST_FRAGMENT = 1024
/** And at most this long, so that the receiver of a large message reads while it is written. */
const MOST_FRAGMENT = 256 * 1024

export interface ShmLinkOptions extends SocketSenderOptions {
  readonly node: NodeMemory
  readonly rank: number
  readonly size: number
  /** Local endpoint of each world rank, -1: on another node, reached through the agent. */
  readonly endpointOfRank: Int32Array
  readonly maySpin: boolean
  /** Whether a rank that may not spin gives its turns on the core away before it sleeps. */
  readonly mayYield: boolean
  /** Shared memory between the ranks of the node; without it messages are never lent, and rings have no overflow. */
  readonly buffers?: SharedBuffers
  /** Of each overflow ring, a power of two. */
  readonly overflowBytes?: number
}

/** Who knows what the rank waits for, and is told that it waits for ever. */
export interface WaitObserver {
  /** What the rank waits for; null where something else than messages may end the wait. */
  describe(isBlocking: boolean): RankWait | null
  /** What was described last never ends, as the table says. */
  deadlocked(table: string): void
}

/** A rank's link through the node's rings. Ranks of other nodes are behind the ring to the agent (agent/router.ts). */
export class ShmLink implements Link {
  readonly rank: number
  readonly size: number
  readonly shared: NodeShare
  readonly brief: BriefWays
  /** The ring to the agent; standard output goes there too. */
  readonly toAgent: RingWriter
  /** Takes replies to requests to windows of other nodes. */
  onWindowReply: ((bytes: Uint8Array) => void) | undefined
  readonly #endpointOfRank: Int32Array
  readonly #agent: number
  /** By endpoint: the ring, or the overflow ring, that records go to and come from now. */
  readonly #writers: RingWriter[] = []
  readonly #readers: RingReader[] = []
  /** By endpoint, where it is not in use: the other one of the two that records come from. */
  readonly #otherReaders: RingReader[] = []
  readonly #overflow: OverflowSender | null
  readonly #bell: Doorbell
  /** Of other ranks of the node, by endpoint. */
  readonly #bells: Doorbell[] = []
  readonly #buffers: SharedBuffers | null
  readonly #lender: Lender | null
  readonly #sockets: SocketSender | null
  readonly #credit: RemoteCredit
  readonly #arrivals: Arrivals
  readonly #waits: WaitWord
  readonly #looking: Looking
  /** Of the wait that runs: work, or what its `watch` looks at. */
  readonly #news: Watch = { hasCome: () => (this.#watch?.hasCome() ?? false) || this.#hasWork() }
  #watch: Watch | undefined
  #observer: WaitObserver | undefined
  #wake: (() => void) | undefined
  #sleepsAsync = false
  /** Of #sleepAsync(): it has looked at the rings and waits for the bell. */
  #isAsleep = false
  /** Atomics.waitAsync does not keep an event loop alive; this timer does while a wake-up is wanted. */
  #keepAlive: NodeJS.Timeout | undefined

  constructor(options: ShmLinkOptions) {
    this.rank = options.rank
    this.size = options.size
    this.#endpointOfRank = options.endpointOfRank
    const { node, overflowBytes = OVERFLOW_BYTES } = options
    this.#buffers = options.buffers ?? null
    this.#lender = this.#buffers === null ? null : new Lender(this.#buffers)
    this.#overflow = this.#buffers === null ? null : new OverflowSender(this.rank, this.#buffers, overflowBytes)
    this.#agent = node.endpoints - 1
    const self = options.endpointOfRank[options.rank] ?? 0
    for (let endpoint = 0; endpoint < node.endpoints; endpoint++) {
      const bell = new Doorbell(node, endpoint)
      this.#bells.push(bell)
      this.#writers.push(new RingWriter(node, self, endpoint, bell, endpoint === this.#agent ? 0 : KEPT_BYTES))
      this.#readers.push(new RingReader(node, endpoint, self))
    }
    this.toAgent = this.#writer(this.#agent)
    for (const [dest, endpoint] of this.#endpointOfRank.entries()) {
      if (endpoint >= 0) this.#overflow?.add(endpoint, dest, this.#writer(endpoint), this.#bellOf(dest))
    }
    this.#bell = new Doorbell(node, self)
    this.brief = new BriefWays(
      this.rank,
      this.#endpointOfRank,
      this.#writers,
      this.#readers,
      this.#overflow,
      options.maySpin,
    )
    const turns = new Turns(() => (options.mayYield ? loadCoreYield(node) : null))
    this.shared = new NodeShare(node, options.endpointOfRank, options.maySpin ? null : turns, this.#buffers)
    this.#looking = new Looking(options.maySpin, turns)
    this.#waits = new WaitWord(node, self)
    this.#credit = new RemoteCredit(options.rank, options.size, this.toAgent)
    this.#arrivals = new Arrivals(this.#endpointOfRank, this.#credit)
    this.#sockets = makeSocketSender(options, this.toAgent, this.#credit)
  }

  #writer(endpoint: number): RingWriter {
    const writer = this.#writers[endpoint]
    if (writer === undefined) throw new RangeError(`no endpoint ${endpoint} on this node`)
    return writer
  }

  trySend(envelope: Envelope, payload: Uint8Array, from: number): number {
    const endpoint = this.#endpointOfRank[envelope.dest] ?? -1
    if (endpoint < 0) return this.#sendRemote(envelope, payload, from)
    const taken = this.#write(this.#nextWriter(endpoint), false, envelope, payload, from)
    if (taken === payload.length || this.#overflow === null) return taken
    const overflow = this.#overflow.changeOver(endpoint)
    if (overflow === null) return taken
    this.#writers[endpoint] = overflow
    return this.#write(overflow, false, envelope, payload, Math.max(taken, 0))
  }

  #sendRemote(envelope: Envelope, payload: Uint8Array, from: number): number {
    let taken = this.#sockets?.trySend(envelope, payload, from) ?? from
    if (taken < payload.length || !this.#sockets) taken = this.#write(this.toAgent, true, envelope, payload, taken)
    return taken
  }

  /** The ring that the next record for a rank of this node goes to. */
  #nextWriter(endpoint: number): RingWriter {
    const writer = this.#writer(endpoint)
    if (this.#overflow === null || !this.#overflow.isUsed) return writer
    const next = this.#overflow.writerOf(endpoint, writer)
    this.#writers[endpoint] = next
    return next
  }

  #write(writer: RingWriter, isRemote: boolean, envelope: Envelope, payload: Uint8Array, from: number): number {
    let taken = from
    // The first fragment carries the envelope and must go out even when the payload is empty.
    if (taken <= 0) {
      const allowed = isRemote ? this.#credit.allowance(envelope.dest, payload.length) : payload.length
      const least = ENVELOPE_BYTES + Math.min(payload.length, LEAST_FRAGMENT)
      if (allowed < 0 || !writer.reserve(least, ENVELOPE_BYTES + Math.min(allowed, MOST_FRAGMENT))) return -1
      const bytes = Math.min(allowed, writer.room - ENVELOPE_BYTES)
      writeEnvelope(writer.words, writer.floats, writer.bodyOffset, envelope)
      copyBytes(payload, 0, writer.bytes, writer.bodyOffset + ENVELOPE_BYTES, bytes)
      writer.commit(RecordKind.begin, this.rank, envelope.dest, ENVELOPE_BYTES + bytes)
      if (isRemote) this.#credit.sent(envelope.dest, bytes)
      taken = bytes
    }
    while (taken < payload.length) {
      const rest = payload.length - taken
      const allowed = isRemote ? this.#credit.allowance(envelope.dest, rest) : Math.min(rest, MOST_FRAGMENT)
      if (allowed <= 0 || !writer.reserve(Math.min(allowed, LEAST_FRAGMENT), allowed)) break
      copyBytes(payload, taken, writer.bytes, writer.bodyOffset, writer.room)
      const bytes = writer.room
      writer.commit(RecordKind.part, this.rank, envelope.dest, bytes)
      if (isRemote) this.#credit.sent(envelope.dest, bytes)
      taken += bytes
    }
    return taken
  }

  lend(envelope: Envelope, payload: Uint8Array, onReturn: () => void): LentMessage | null {
    const { dest } = envelope
    const endpoint = this.#endpointOfRank[dest] ?? -1
    const lender = this.#lender
    if (lender === null || endpoint < 0) return null
    const loan = lender.prepare(dest, payload, onReturn)
    if (loan === null) return null
    const writer = this.#nextWriter(endpoint)
    if (!writer.reserve(LOAN_BYTES, LOAN_BYTES)) {
      lender.abandon(loan)
      return null
    }
    writeEnvelope(writer.words, writer.floats, writer.bodyOffset, envelope)
    writeLoan(writer.words, writer.floats, writer.bodyOffset + ENVELOPE_BYTES, loan.record)
    writer.commit(RecordKind.loan, this.rank, dest, LOAN_BYTES)
    return loan
  }

  receive(sink: LinkSink): boolean {
    let any = this.#lender?.collect() ?? false
    for (let endpoint = 0; endpoint < this.#agent; endpoint++) if (this.#drain(endpoint, sink)) any = true
    if (this.#drain(this.#agent, sink)) {
      any = true
      this.#sockets?.heard()
    }
    this.#credit.giveBack()
    return any
  }

  #drain(endpoint: number, sink: LinkSink): boolean {
    let any = false
    let reader = this.#readers[endpoint]
    while (reader?.next()) {
      any = true
      switch (reader.kind) {
        case RecordKind.begin:
          this.#arrivals.begin(reader, sink)
          break
        case RecordKind.part:
          this.#arrivals.part(reader, sink)
          break
        case RecordKind.loan:
          this.#lent(reader, sink)
          break
        case RecordKind.windowReply:
          this.#windowReply(reader)
          break
        case RecordKind.credit:
          this.#credit.received(reader.source, reader.floats[reader.bodyOffset >>> 3] ?? 0)
          reader.release()
          break
        case RecordKind.finished:
        case RecordKind.lost:
          this.#ended(reader, sink)
          break
        case RecordKind.ruling:
          this.#ruled(reader, sink)
          break
        case RecordKind.deadlock:
          this.#deadlock(reader)
          break
        case RecordKind.overflow:
        case RecordKind.backToRing:
          reader = this.#changeReader(reader, endpoint)
          break
        default:
          throw new Error(`unexpected record of kind ${reader.kind} for a rank`)
      }
    }
    return any
  }

  /** The sender's records go on in the other ring of the two. */
  #changeReader(reader: RingReader, endpoint: number): RingReader {
    const { source, dest } = reader
    reader.release()
    const other = this.#otherReaders[endpoint] ?? this.#openOverflow(source, dest)
    this.#otherReaders[endpoint] = reader
    this.#readers[endpoint] = other
    return other
  }

  #openOverflow(source: number, id: number): RingReader {
    if (this.#buffers === null) throw new Error(`rank ${source} has an overflow ring for a rank without shared buffers`)
    return overflowReader(this.#buffers, source, id, this.#bellOf(source))
  }

  #lent(reader: RingReader, sink: LinkSink): void {
    const { source, bodyOffset } = reader
    const envelope = readEnvelope(reader.words, reader.floats, bodyOffset)
    const record = readLoan(reader.words, reader.floats, bodyOffset + ENVELOPE_BYTES)
    reader.release()
    const buffers = this.#buffers
    if (buffers === null) throw new Error(`rank ${source} has lent a message to a rank without shared buffers`)
    sink.lent(envelope, new LentPayload(buffers, source, record, this.#bellOf(source)))
  }

  #windowReply(reader: RingReader): void {
    const bytes = reader.bytes.slice(reader.bodyOffset, reader.bodyOffset + reader.bodyBytes)
    reader.release()
    this.onWindowReply?.(bytes)
  }

  #bellOf(rank: number): Doorbell {
    const endpoint = this.#endpointOfRank[rank] ?? -1
    const bell = this.#bells[endpoint]
    if (bell === undefined) throw new RangeError(`rank ${rank} is not on this node`)
    return bell
  }

  /** The agent says that a rank has ended. What a rank of this node sent is in its own ring, so that ring is read first. */
  #ended(reader: RingReader, sink: LinkSink): void {
    const { source, kind } = reader
    reader.release()
    const endpoint = this.#endpointOfRank[source] ?? -1
    if (endpoint >= 0) this.#drain(endpoint, sink)
    this.#lender?.finished(source)
    if (kind === RecordKind.lost) sink.lost(source)
    else sink.finished(source)
  }

  #ruled(reader: RingReader, sink: LinkSink): void {
    const text = textOf(reader)
    reader.release()
    // Written by the agent, of what the coordinator has sent.
    sink.ruled(JSON.parse(text) as Ruling)
  }

  submit(motion: Motion): void {
    this.tellAgent(RecordKind.motion, Buffer.from(JSON.stringify(motion)))
  }

  /** Lets the agent ask what this rank waits for. */
  observe(observer: WaitObserver): void {
    this.#observer = observer
  }

  /** The agent says that no rank can get on. */
  #deadlock(reader: RingReader): void {
    const table = textOf(reader)
    reader.release()
    this.#observer?.deadlocked(table)
  }

  /** Whether receive() or a trySend() that found no room would get on. */
  get hasNews(): boolean {
    return this.#hasWork()
  }

  #hasWork(): boolean {
    for (const reader of this.#readers) if (reader.hasNext()) return true
    for (const writer of this.#writers) if (writer.takeNewRoom()) return true
    return this.#lender?.hasReturns ?? false
  }

  wait(timeoutMs: number, watch?: Watch): void {
    const limitMs = Math.min(timeoutMs, this.#overflow?.takePatienceMs() ?? Number.POSITIVE_INFINITY)
    this.#watch = watch
    if (this.#looking.until(this.#news, limitMs)) return
    this.#sleep(limitMs, watch)
    this.#looking.slept()
  }

  #sleep(limitMs: number, watch: Watch | undefined): void {
    const seen = this.#bell.prepare()
    if (watch?.hasCome() || this.#hasWork()) this.#bell.awake()
    else if (limitMs === Number.POSITIVE_INFINITY) this.#block(seen, watch)
    else this.#bell.sleep(seen, limitMs)
  }

  /** Sleeps without a limit; says so, and what for when the agent asks. */
  #block(seen: number, watch: Watch | undefined): void {
    this.#waits.block()
    this.#bell.sleep(seen, Number.POSITIVE_INFINITY)
    while (this.#answer(true)) {
      const seenNow = this.#bell.prepare()
      if (watch?.hasCome() || this.#hasWork()) {
        this.#bell.awake()
        break
      }
      this.#bell.sleep(seenNow, Number.POSITIVE_INFINITY)
    }
    this.#waits.unblock()
  }

  /** Answers the agent's question; false where there is none. */
  #answer(isBlocking: boolean): boolean {
    const question = this.#waits.takeQuestion()
    if (question === 0) return false
    const answer: WaitAnswer = { question, wait: this.#observer?.describe(isBlocking) ?? null }
    this.tellAgent(RecordKind.waits, Buffer.from(JSON.stringify(answer)))
    return true
  }

  wakeOnce(wake: () => void): void {
    this.#wake = wake
    if (this.#isAsleep) this.#waits.await(true)
    this.#keepAlive ??= setInterval(() => undefined, 2 ** 30)
    if (!this.#sleepsAsync) void this.#sleepAsync()
  }

  cancelWake(): void {
    this.#wake = undefined
    this.#waits.await(false)
    clearInterval(this.#keepAlive)
    this.#keepAlive = undefined
  }

  async #sleepAsync(): Promise<void> {
    this.#sleepsAsync = true
    do {
      const seen = this.#bell.prepare()
      if (this.#hasWork()) {
        this.#bell.awake()
        // Through the event loop, so that a busy neighbour does not starve this rank's timers and sockets.
        await setImmediate()
        break
      }
      const patienceMs = this.#overflow?.takePatienceMs() ?? Number.POSITIVE_INFINITY
      this.#isAsleep = patienceMs === Number.POSITIVE_INFINITY
      this.#waits.await(this.#isAsleep && this.#wake !== undefined)
      await this.#bell.sleepAsync(seen, patienceMs)
    } while (this.#answer(false))
    this.#isAsleep = false
    this.#sleepsAsync = false
    const wake = this.#wake
    if (wake === undefined) return
    this.cancelWake()
    wake()
  }

  /**
   * Blocks until the agent took the bytes: for output, failures and abort. Only the rank's own output has no other order to keep.
   * More than a record can hold goes in several records.
   */
  tellAgent(kind: number, bytes: Uint8Array): void {
    const { largestBody } = this.toAgent
    for (let from = 0; from < bytes.length; from += largestBody)
      this.#tellRecord(kind, bytes.subarray(from, from + largestBody))
  }

  #tellRecord(kind: number, body: Uint8Array): void {
    while (!this.toAgent.tryWrite(kind, this.rank, this.rank, body)) {
      // The agent never waits for a rank, so this ends without this rank's help. A plain sleep, since wait() would return at once
      // while messages lie unread.
      const seen = this.#bell.prepare()
      if (!this.toAgent.reserve(body.length, body.length)) this.#bell.sleep(seen, 10)
      else this.#bell.awake()
    }
  }
}

function textOf({ bytes, bodyOffset, bodyBytes }: RingReader): string {
  return new TextDecoder().decode(bytes.slice(bodyOffset, bodyOffset + bodyBytes))
}
