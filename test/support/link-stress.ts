import { fileURLToPath } from 'node:url'
import { MessageChannel, type MessagePort } from 'node:worker_threads'
import type { LinkSink } from '../../src/mpi/link/link.ts'
import { SharedBuffers } from '../../src/rank/loans/shared-buffers.ts'
import { ShmLink } from '../../src/rank/link/shm-link.ts'
import { allocateNodeMemory, type NodeMemory } from '../../src/shm/layout.ts'
import type { Envelope } from '../../src/wire/envelope.ts'
import type { BufferNotice } from '../../src/wire/rank-messages.ts'
import { randomNumbers } from './random.ts'
import { withSmallRings } from './small-rings.ts'
import { runStressThread, stressThreads } from './stress-threads.ts'

/** Ranks of one node send numbered messages of random length to each other and now and then read nothing for a while. */
export interface LinkStress {
  readonly ranks: number
  readonly messagesPerPair: number
  readonly largestBytes: number
  /** Of the overflow rings for one rank, in their order. */
  readonly overflowBytes: readonly number[]
  /** Between the ranks, so that they are often full. */
  readonly hasSmallRings: boolean
  readonly seed: number
}

interface ThreadData extends LinkStress {
  readonly node: NodeMemory
  readonly rank: number
  readonly port: MessagePort
}

/** How many messages were received, and how often a pair got an overflow ring that it had not had before. */
export interface LinkStressResult {
  readonly messages: number
  readonly overflows: number
}

/** Runs the stress; rejects with what a thread found wrong, or when one hangs for `timeoutMs`. */
export async function stressLinks(stress: LinkStress, timeoutMs: number): Promise<LinkStressResult> {
  const memory = allocateNodeMemory(stress.ranks)
  const node = stress.hasSmallRings ? withSmallRings(memory) : memory
  const channels = Array.from({ length: stress.ranks }, () => new MessageChannel())
  let overflows = 0
  for (const { port1 } of channels) {
    // What the agent does.
    port1.on('message', (notice: BufferNotice) => {
      if ((notice.buffer?.byteLength ?? 0) > (stress.overflowBytes[0] ?? 0)) overflows += 1
      channels[notice.to]?.port1.postMessage(notice)
    })
  }
  const data = channels.map(({ port2 }, rank): ThreadData => ({ ...stress, node, rank, port: port2 }))
  const ports = channels.map(({ port2 }) => port2)
  try {
    const counts = await stressThreads(fileURLToPath(import.meta.url), data, timeoutMs, ports)
    return { messages: counts.reduce((sum, count) => sum + count, 0), overflows }
  } finally {
    for (const { port1 } of channels) port1.close()
  }
}

/** A message that has not been taken whole. */
interface Sending {
  readonly envelope: Envelope
  readonly payload: Uint8Array
  taken: number
}

class StressRank implements LinkSink {
  readonly #data: ThreadData
  readonly #random: () => number
  readonly #link: ShmLink
  /** Bytes that messages are cut from. */
  readonly #pattern: Uint8Array
  readonly #sending: (Sending | null)[]
  /** By other rank: messages taken whole by the link, and received. */
  readonly #sent: number[]
  readonly #seen: number[]
  /** Of a message that comes the short way, see place(). */
  #placed: { readonly envelope: Envelope; readonly memory: Uint8Array } | null = null
  /** Whether messages may stay in the link for now. */
  #leaves = false
  readonly #idle = new Int32Array(new SharedArrayBuffer(4))

  constructor(data: ThreadData) {
    this.#data = data
    const { ranks, rank, node, port, overflowBytes } = data
    this.#random = randomNumbers(data.seed * 1000 + rank)
    const endpointOfRank = Int32Array.from({ length: ranks }, (_, index) => index)
    const buffers = new SharedBuffers(rank, port)
    this.#link = new ShmLink({
      node,
      rank,
      size: ranks,
      endpointOfRank,
      maySpin: rank === 0,
      mayYield: true,
      buffers,
      overflowBytes,
    })
    const shared = randomNumbers(data.seed)
    this.#pattern = Uint8Array.from({ length: data.largestBytes + 256 }, () => shared() * 256)
    this.#sending = new Array<Sending | null>(ranks).fill(null)
    this.#sent = new Array<number>(ranks).fill(0)
    this.#seen = new Array<number>(ranks).fill(0)
    this.#sent[rank] = data.messagesPerPair
    this.#seen[rank] = data.messagesPerPair
  }

  run(): number {
    const { messagesPerPair, ranks } = this.#data
    const isDone = (): boolean => [...this.#sent, ...this.#seen].every((count) => count === messagesPerPair)
    while (!isDone()) {
      let moved = false
      for (let dest = 0; dest < ranks; dest += 1) if (this.#send(dest)) moved = true
      if (this.#random() < 0.02) Atomics.wait(this.#idle, 0, 0, this.#random() * 3)
      this.#leaves = true
      if (this.#random() < 0.8 && this.#link.receive(this)) moved = true
      this.#leaves = false
      if (!moved && !this.#link.receive(this)) this.#link.wait(1000)
    }
    return this.#seen.reduce((sum, count) => sum + count, 0) - messagesPerPair
  }

  /** Gives the link what it takes of a few messages; whether it took anything. */
  #send(dest: number): boolean {
    let moved = false
    for (
      let burst = this.#random() * 10;
      burst > 0 && (this.#sent[dest] ?? 0) < this.#data.messagesPerPair;
      burst -= 1
    ) {
      const sending = this.#sending[dest] ?? this.#next(dest)
      this.#sending[dest] = sending
      const taken = this.#link.trySend(sending.envelope, sending.payload, Math.max(sending.taken, 0))
      if (taken > sending.taken) moved = true
      sending.taken = taken
      if (taken < sending.payload.length) break
      this.#sending[dest] = null
      this.#sent[dest] = (this.#sent[dest] ?? 0) + 1
    }
    return moved
  }

  #next(dest: number): Sending {
    const number = this.#sent[dest] ?? 0
    const { rank, largestBytes } = this.#data
    const length = Math.floor(this.#random() ** 4 * largestBytes)
    const payload = this.#expected(rank, number, length)
    const envelope = {
      source: rank,
      dest,
      context: 0,
      tag: number,
      datatype: 2,
      flags: 0,
      extra: 0,
      byteLength: length,
    }
    return { envelope, payload, taken: -1 }
  }

  #expected(source: number, number: number, length: number): Uint8Array {
    const from = (number * 31 + source * 7) & 0xff
    return this.#pattern.subarray(from, from + length)
  }

  begin(envelope: Envelope): Uint8Array {
    return new Uint8Array(envelope.byteLength)
  }

  complete({ source, tag, byteLength }: Envelope, payload: Uint8Array): void {
    const number = this.#seen[source] ?? 0
    const where = `message ${number} of rank ${source} for rank ${this.#data.rank} (seed ${this.#data.seed})`
    if (tag !== number) throw new Error(`${where}: number ${tag} came`)
    if (Buffer.compare(payload, this.#expected(source, number, byteLength)) !== 0) throw new Error(`${where} is torn`)
    this.#seen[source] = number + 1
  }

  /** Every other message, into memory that is longer than it. */
  place(source: number, context: number, tag: number, datatype: number, byteLength: number): Uint8Array | null {
    if (this.#random() < 0.5) return null
    const memory = new Uint8Array(byteLength + (tag % 3) * 8).fill(tag)
    const envelope = { source, dest: this.#data.rank, context, tag, datatype, flags: 0, extra: 0, byteLength }
    this.#placed = { envelope, memory }
    return memory
  }

  placed(): void {
    const placed = this.#placed
    if (placed === null) throw new Error('placed() without place()')
    const { envelope, memory } = placed
    this.#placed = null
    this.complete(envelope, memory.subarray(0, envelope.byteLength))
    const isTouched = memory.subarray(envelope.byteLength).some((byte) => byte !== (envelope.tag & 0xff))
    if (isTouched) throw new Error(`memory behind message ${envelope.tag} of rank ${envelope.source} was written`)
  }

  mayLeave(): boolean {
    return this.#leaves && this.#random() < 0.3
  }

  hasEnough(): boolean {
    return false
  }

  lent(): void {
    throw new Error('nothing is lent here')
  }

  finished(): void {
    throw new Error('nobody has finished')
  }

  lost(): void {}

  ruled(): void {}
}

runStressThread<ThreadData>('messagesPerPair', (data) => new StressRank(data).run())
