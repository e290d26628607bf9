import { setImmediate } from 'node:timers/promises'
import type { Link, LinkSink } from '../../../../src/mpi/link/link.ts'
import { CREDIT_BYTES } from '../../../../src/mpi/sending/credit.ts'
import { createRuntime, type Runtime } from '../../../../src/mpi/runtime.ts'
import { Council, type Verdict } from '../../../../src/coordinator/council.ts'
import type { Motion, Ruling } from '../../../../src/wire/council-messages.ts'
import type { Envelope } from '../../../../src/wire/envelope.ts'
import { Random } from '../../../support/random.ts'

/** One thing on its way from a rank to another. */
type Part =
  | { readonly type: 'begin'; readonly envelope: Envelope; readonly bytes: Uint8Array }
  | { readonly type: 'more'; readonly bytes: Uint8Array }
  | { readonly type: 'finished' }
  | { readonly type: 'lost' }

/** What a rank's program throws to be lost: the other ranks go on. */
export const DIES: Error = new Error('this rank is lost')

interface Pipe {
  readonly parts: Part[]
  bytes: number
}

/** Credit between two ranks, in bytes: for no message, for a few, for all. */
const CREDITS: readonly number[] = [0, 3000, 40_000, CREDIT_BYTES]
/** Rounds without any movement after which a run is stuck. */
const IDLE_ROUNDS = 300

/** Up to four nodes, whose ranks lie side by side, go round, or are anywhere. */
function randomNodes(random: Random, size: number): number[] {
  const count = 1 + random.below(4)
  const kind = random.below(3)
  return Array.from({ length: size }, (_, rank) => {
    if (kind === 0) return Math.floor((rank * count) / size)
    return kind === 1 ? rank % count : random.below(count)
  })
}

/** Links between ranks that all live in one thread: messages are cut, delayed and refused at random. */
export class TestNetwork {
  readonly size: number
  readonly random: Random
  /** Bytes that one pipe holds. */
  readonly capacity: number
  /** Between two ranks; random unless a test sets it. */
  creditBytes: number
  /** By rank: the number of its node; random unless a test sets it. */
  nodeOfRank: readonly number[]
  readonly links: TestLink[] = []
  moves = 0
  private readonly council = new Council()
  private isStuck = false
  private readonly pipes: Pipe[] = []
  private readonly sent = new Map<Pipe, number>()
  /** Pipes out of which nothing comes for now. */
  private readonly closed = new Set<Pipe>()

  constructor(size: number, seed: number, capacity: number = 200) {
    this.size = size
    this.random = new Random(seed)
    this.capacity = capacity
    this.creditBytes = CREDITS[this.random.below(CREDITS.length)] ?? 0
    this.nodeOfRank = randomNodes(this.random, size)
    for (let i = 0; i < size * size; i += 1) this.pipes.push({ parts: [], bytes: 0 })
    for (let rank = 0; rank < size; rank += 1) this.links.push(new TestLink(this, rank))
  }

  pipe(source: number, dest: number): Pipe {
    const pipe = this.pipes[source * this.size + dest]
    if (pipe === undefined) throw new RangeError(`no pipe from ${source} to ${dest}`)
    return pipe
  }

  /** Bytes of payload that `source` has sent to `dest`. */
  sentBytes(source: number, dest: number): number {
    return this.sent.get(this.pipe(source, dest)) ?? 0
  }

  countSent(pipe: Pipe, bytes: number): void {
    this.sent.set(pipe, (this.sent.get(pipe) ?? 0) + bytes)
  }

  /** Keeps what `source` sends to `dest` from arriving, until `open`. */
  close(source: number, dest: number): void {
    this.closed.add(this.pipe(source, dest))
  }

  open(source: number, dest: number): void {
    this.closed.delete(this.pipe(source, dest))
  }

  isClosed(pipe: Pipe): boolean {
    return this.closed.has(pipe)
  }

  /** Runs a program on every rank until all have ended; rejects with the first error, or when nothing moves any more. */
  async run<T>(program: (runtime: Runtime, rank: number) => Promise<T>): Promise<T[]> {
    const results: T[] = []
    let running = this.size
    let failure: { error: unknown } | null = null
    // Nothing moves any more after the first failure, so nobody may go on waiting for it.
    const isOver = (): boolean => this.isStuck || failure !== null
    for (const [rank, link] of this.links.entries()) {
      const runtime = createRuntime(link, { ...testHost, creditBytes: this.creditBytes, nodeOfRank: this.nodeOfRank })
      const body = async (): Promise<void> => {
        try {
          results[rank] = await program(runtime, rank)
          runtime.takeLeave()
          while (runtime.hasPendingSends && !isOver()) {
            // What flush() does in a thread of its own: nobody may await the message that is left.
            runtime.MPI.testAny([])
            await setImmediate()
          }
          this.finish(rank)
        } catch (error) {
          if (error === DIES) this.lose(rank)
          else failure ??= { error }
        }
        running -= 1
      }
      void body()
    }
    let idle = 0
    while (running > 0 && failure === null) {
      const before = this.moves
      for (const link of this.random.shuffle(this.links)) link.wakeMaybe()
      await setImmediate()
      idle = this.moves === before ? idle + 1 : 0
      this.isStuck = idle > IDLE_ROUNDS
      if (this.isStuck) throw new Error(`nothing moves: ${running} of ${this.size} ranks wait`)
    }
    // The assignment happens in a callback, which the compiler does not see.
    const failed = failure as { error: unknown } | null
    if (failed !== null) throw failed.error
    return results
  }

  private finish(rank: number): void {
    this.end(rank, 'finished')
  }

  /** What the rank has sent so far arrives, maybe half a message at the end. */
  private lose(rank: number): void {
    this.links[rank]?.die()
    this.end(rank, 'lost')
  }

  private end(rank: number, type: 'finished' | 'lost'): void {
    for (let dest = 0; dest < this.size; dest += 1) if (dest !== rank) this.pipe(rank, dest).parts.push({ type })
    this.tell(this.council.over([rank]))
  }

  /** A rank hands in a motion. */
  submit(rank: number, motion: Motion): void {
    this.moves += 1
    this.tell(this.council.receive(rank, motion))
  }

  private tell(verdicts: readonly Verdict[]): void {
    for (const { ruling, ranks } of verdicts) for (const rank of ranks) this.links[rank]?.rulings.push(ruling)
  }
}

export const testHost = {
  abort(status: number): never {
    throw new Error(`abort ${status}`)
  },
  processorName: 'test',
  nodeId: 0,
  nodeCount: 1,
  epochMs: 0,
}

/** One rank's end of a TestNetwork. */
class TestLink implements Link {
  readonly rank: number
  readonly size: number
  private readonly network: TestNetwork
  private readonly arriving = new Map<number, { envelope: Envelope; payload: Uint8Array; filled: number }>()
  private wake: (() => void) | null = null
  readonly rulings: Ruling[] = []
  private isDead = false

  constructor(network: TestNetwork, rank: number) {
    this.network = network
    this.rank = rank
    this.size = network.size
  }

  trySend(envelope: Envelope, payload: Uint8Array, from: number): number {
    const { random, capacity } = this.network
    const pipe = this.network.pipe(this.rank, envelope.dest)
    const room = capacity - pipe.bytes
    const isBegun = from > 0
    if (this.isDead) return isBegun ? from : -1
    if (room <= 0 || random.chance(0.2)) return isBegun ? from : -1
    const left = payload.byteLength - from
    const take = random.chance(0.5) ? Math.min(left, room) : Math.min(left, 1 + random.below(room))
    const bytes = payload.slice(from, from + take)
    pipe.parts.push(isBegun ? { type: 'more', bytes } : { type: 'begin', envelope: { ...envelope }, bytes })
    pipe.bytes += take + 1
    this.network.countSent(pipe, take)
    this.network.moves += 1
    return from + take
  }

  die(): void {
    this.isDead = true
    this.wake = null
  }

  submit(motion: Motion): void {
    this.network.submit(this.rank, motion)
  }

  receive(sink: LinkSink): boolean {
    const { random } = this.network
    let any = false
    if (this.isDead) return false
    while (this.rulings.length > 0 && random.chance(0.5)) {
      const ruling = this.rulings.shift()
      if (ruling !== undefined) sink.ruled(ruling)
      this.network.moves += 1
      any = true
    }
    const sources = random.shuffle([...Array(this.size).keys()])
    for (const source of sources) {
      const pipe = this.network.pipe(source, this.rank)
      while (pipe.parts.length > 0 && !this.network.isClosed(pipe) && random.chance(0.6)) {
        const part = pipe.parts.shift()
        if (part === undefined) break
        if ('bytes' in part) pipe.bytes -= part.bytes.byteLength + 1
        this.deliver(sink, source, part)
        this.network.moves += 1
        any = true
      }
    }
    return any
  }

  private deliver(sink: LinkSink, source: number, part: Part): void {
    if (part.type === 'finished') return sink.finished(source)
    if (part.type === 'lost') return sink.lost(source)
    if (part.type === 'begin') {
      if (this.place(sink, part)) return
      const payload = sink.begin(part.envelope)
      if (payload === null) throw new Error('a payload that nobody has asked for')
      this.arriving.set(source, { envelope: part.envelope, payload, filled: 0 })
    }
    const message = this.arriving.get(source)
    if (message === undefined) throw new Error('a part without a beginning')
    message.payload.set(part.bytes, message.filled)
    message.filled += part.bytes.byteLength
    if (message.filled < message.envelope.byteLength) return
    this.arriving.delete(source)
    sink.complete(message.envelope, message.payload)
  }

  /** The short way of messages that come whole; some go the long one all the same. */
  private place(sink: LinkSink, { envelope, bytes }: { envelope: Envelope; bytes: Uint8Array }): boolean {
    const { source, context, tag, datatype, flags, byteLength } = envelope
    if (flags !== 0 || bytes.byteLength < byteLength || this.network.random.chance(0.3)) return false
    const memory = sink.place(source, context, tag, datatype, byteLength)
    if (memory === null) return false
    memory.set(bytes)
    sink.placed()
    return true
  }

  wait(_timeoutMs: number): void {
    throw new Error('a blocking call would block all ranks of this thread')
  }

  wakeOnce(wake: () => void): void {
    if (this.isDead) return
    if (this.wake !== null) throw new Error('wakeOnce while a wake-up is pending')
    this.wake = wake
  }

  cancelWake(): void {
    this.wake = null
  }

  wakeMaybe(): void {
    if (this.wake === null || this.network.random.chance(0.3)) return
    const { wake } = this
    this.wake = null
    wake()
  }
}
