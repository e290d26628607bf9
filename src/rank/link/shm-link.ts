import type { Link, LinkSink, Watch } from '../../mpi/link/link.ts'
import { loadCoreYield } from '../../shm/core-yield.ts'
import { Doorbell } from '../../shm/doorbell.ts'
import type { NodeMemory } from '../../shm/layout.ts'
import { RingReader, RingWriter } from '../../shm/ring.ts'
import { MOST_TURNS_ALONE, Turns } from '../../shm/turns.ts'
import { WaitWord } from '../../shm/wait-word.ts'
import type { Motion } from '../../wire/council-messages.ts'
import type { Envelope } from '../../wire/envelope.ts'
import type { MisfitNotice } from '../../wire/rank-messages.ts'
import { RecordKind } from '../../wire/record.ts'
import { AgentLine } from './agent-line.ts'
import { BriefWays } from './brief-ways.ts'
import { makeFarSide } from './far-side.ts'
import { Incoming } from './incoming.ts'
import { Lender, type LentMessage } from '../loans/lender.ts'
import { LinkWaits, type WaitObserver } from './link-waits.ts'
import { Looking } from './looking.ts'
import { NodeShare } from './node-share.ts'
import { Outgoing } from './outgoing.ts'
import { OVERFLOW_BYTES, OverflowSender } from './overflow.ts'
import { KEPT_BYTES } from './overflow-memory.ts'
import { RemoteCredit } from './remote-credit.ts'
import type { SharedBuffers } from '../loans/shared-buffers.ts'
import { makeSocketSender, type SocketSenderOptions } from './socket-sender.ts'

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
  /** Of the overflow rings for one rank, in their order; powers of two. */
  readonly overflowBytes?: readonly number[]
}

/** A rank's link through the node's rings. Ranks of other nodes are behind the ring to the agent (agent/routing/router.ts). */
export class ShmLink implements Link {
  readonly rank: number
  readonly size: number
  readonly shared: NodeShare
  readonly brief: BriefWays
  /** The ring to the agent; standard output goes there too. */
  readonly toAgent: RingWriter
  /** Takes replies to requests to windows of other nodes. */
  onWindowReply: ((source: number, bytes: Uint8Array) => void) | undefined
  standing: Watch | null = null
  /** By endpoint: the ring, or the overflow ring, that records go to and come from now. */
  readonly #writers: RingWriter[] = []
  readonly #readers: RingReader[] = []
  readonly #overflow: OverflowSender | null
  readonly #lender: Lender | null
  readonly #agent: AgentLine
  readonly #outgoing: Outgoing
  readonly #incoming: Incoming
  readonly #waits: LinkWaits
  /** Ranks that something came from that does not fit. */
  readonly #misfits = new Set<number>()

  constructor(options: ShmLinkOptions) {
    const { node, rank, endpointOfRank, overflowBytes = OVERFLOW_BYTES, maySpin } = options
    this.rank = rank
    this.size = options.size
    const buffers = options.buffers ?? null
    const lender = buffers === null ? null : new Lender(buffers)
    const overflow = buffers === null ? null : new OverflowSender(rank, buffers, overflowBytes, this.#writers)
    const self = endpointOfRank[rank] ?? 0
    const bells = this.#openRings(node, self)
    const [bell, toAgent] = [new Doorbell(node, self), ringAt(this.#writers, node.endpoints - 1)]
    for (const [dest, endpoint] of endpointOfRank.entries()) {
      const itsBell = bells[endpoint]
      if (itsBell !== undefined) overflow?.add(endpoint, dest, ringAt(this.#writers, endpoint), itsBell)
    }
    // Beside the agent.
    const isAlone = node.endpoints === 2
    const turns = new Turns(
      () => (options.mayYield ? loadCoreYield(node) : null),
      isAlone ? MOST_TURNS_ALONE : undefined,
    )
    const credit = new RemoteCredit(rank, options.size, toAgent)
    const sockets = makeSocketSender(options, toAgent, credit)
    const parts = { rank, endpointOfRank, bells, credit, overflow, lender, sockets, buffers, toAgent }
    const [writers, readers] = [this.#writers, this.#readers]
    this.toAgent = toAgent
    this.#overflow = overflow
    this.#lender = lender
    this.#agent = new AgentLine(rank, toAgent, bell)
    this.#outgoing = new Outgoing({ ...parts, writers })
    this.#incoming = new Incoming({ ...parts, readers }, this)
    this.brief = new BriefWays(rank, endpointOfRank, writers, readers, overflow, makeFarSide(credit, sockets), maySpin)
    this.shared = new NodeShare(node, endpointOfRank, maySpin ? null : turns, buffers)
    const [word, looking] = [new WaitWord(node, self), new Looking(maySpin, turns)]
    this.#waits = new LinkWaits(this, { bell, word, looking, agent: this.#agent })
  }

  /** Returns the bells of all endpoints. */
  #openRings(node: NodeMemory, self: number): Doorbell[] {
    return Array.from({ length: node.endpoints }, (_, endpoint) => {
      const bell = new Doorbell(node, endpoint)
      const isAgent = endpoint === node.endpoints - 1
      this.#writers.push(new RingWriter(node, self, endpoint, bell, isAgent ? 0 : KEPT_BYTES))
      this.#readers.push(new RingReader(node, endpoint, self))
      return bell
    })
  }

  trySend(envelope: Envelope, payload: Uint8Array, from: number): number {
    return this.#outgoing.trySend(envelope, payload, from)
  }

  lend(envelope: Envelope, payload: Uint8Array, onReturn: () => void): LentMessage | null {
    return this.#outgoing.lend(envelope, payload, onReturn)
  }

  receive(sink: LinkSink): boolean {
    return this.#incoming.receive(sink)
  }

  /** Whether receive() or a trySend() that found no room would get on. */
  get hasNews(): boolean {
    for (const reader of this.#readers) if (reader.hasNext()) return true
    return this.#hasRoomOrReturns()
  }

  /** The same, without what the latest receive() has left. */
  get hasWanted(): boolean {
    for (const reader of this.#readers) if (reader.hasMore()) return true
    return this.#hasRoomOrReturns()
  }

  #hasRoomOrReturns(): boolean {
    for (const writer of this.#writers) if (writer.takeNewRoom()) return true
    return (this.#lender?.hasReturns ?? false) || (this.standing?.hasCome() ?? false)
  }

  /** See OverflowSender. */
  takePatienceMs(): number {
    return this.#overflow?.takePatienceMs() ?? Number.POSITIVE_INFINITY
  }

  wait(timeoutMs: number, watch?: Watch): void {
    this.#waits.wait(timeoutMs, watch)
  }

  wakeOnce(wake: () => void): void {
    this.#waits.wakeOnce(wake)
  }

  cancelWake(): void {
    this.#waits.cancelWake()
  }

  submit(motion: Motion): void {
    this.tellAgent(RecordKind.motion, Buffer.from(JSON.stringify(motion)))
  }

  misfit(source: number, what: string): void {
    if (this.#misfits.has(source)) return
    this.#misfits.add(source)
    const notice: MisfitNotice = { source, what }
    this.tellAgent(RecordKind.misfit, Buffer.from(JSON.stringify(notice)))
  }

  /** See AgentLine. */
  tellAgent(kind: number, bytes: Uint8Array): void {
    this.#agent.tell(kind, bytes)
  }

  /** Lets the agent ask what this rank waits for. */
  observe(observer: WaitObserver): void {
    this.#waits.observer = observer
  }

  /** See Incoming. */
  deadlocked(table: string): void {
    this.#waits.observer?.deadlocked(table)
  }

  windowReply(source: number, bytes: Uint8Array): void {
    this.onWindowReply?.(source, bytes)
  }
}

function ringAt(writers: readonly RingWriter[], endpoint: number): RingWriter {
  const writer = writers[endpoint]
  if (writer === undefined) throw new RangeError(`no endpoint ${endpoint} on this node`)
  return writer
}
