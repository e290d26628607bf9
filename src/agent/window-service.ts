import { setTimeout as delay, setImmediate } from 'node:timers/promises'
import { Doorbell } from '../shm/doorbell.ts'
import type { NodeMemory } from '../shm/layout.ts'
import type { LockTicket, WakeWaiter } from '../shm/window-lock.ts'
import { WindowPart } from '../shm/window-part.ts'
import { elementConstructor, type ElementView } from '../wire/element-types.ts'
import type { WindowNotice } from '../wire/rank-messages.ts'
import { FOR_AGENT, RECORD_HEADER_BYTES, RecordKind, recordBytes } from '../wire/record.ts'
import { windowFault } from './window-fault.ts'
import {
  decodeWindowRequest,
  elementsBehind,
  WINDOW_REPLY_BYTES,
  WINDOW_REQUEST_BYTES,
  WindowCall,
  windowOperations,
  type WindowRequest,
} from '../wire/window-messages.ts'

export interface WindowServiceOptions {
  readonly node: NodeMemory
  readonly endpointOfRank: Int32Array
  readonly nodeOfRank: readonly number[]
  readonly sendToNode: (nodeId: number, record: Uint8Array) => void
  /** What a rank of another node has asked for does not fit: the rest of a sentence that begins with 'node X sent '. */
  readonly onMisfit: (rank: number, what: string) => void
}

/** A rank that waits for the lock. */
interface Waiting {
  readonly ticket: LockTicket
  readonly granted: () => void
}

/** A part of a window of a rank of this node. */
interface Exposed {
  readonly part: WindowPart
  readonly worldRanks: readonly number[]
  readonly wake: WakeWaiter
  /** Of ranks of other nodes. */
  readonly tickets: Waiting[]
  isWatched: boolean
}

/** A request with its elements, which begin at WINDOW_REQUEST_BYTES of a buffer of their own. */
interface Asked {
  readonly origin: number
  readonly request: WindowRequest
  readonly bytes: Uint8Array
  /** performance.now() of its arrival. */
  readonly since: number
}

/** More than a rank has under way to one rank of this node (rank/windows/target-requests.ts). */
const MOST_EARLY = 32
/** A window's notice is on its way for some ms, on a busy machine for longer; who asks for one that nobody shows is not believed. */
const MOST_EARLY_MS = 30_000
/** They are looked at in each turn of the event loop at first. */
const QUICK_MS = 1000
const SLOW_LOOK_MS = 5

const NO_BYTES = new Uint8Array(0)

/**
 * Serves windows of this node's ranks to ranks of other nodes, also while those compute: it works on the shared memory itself. Nothing here
 * blocks for longer than a few µs: a lock that another rank has is waited for asynchronously.
 */
export class WindowService {
  readonly #options: WindowServiceOptions
  readonly #exposed = new Map<string, Exposed>()
  /** Requests in order of arrival that cannot be served yet: the notice of their window is still on its way. */
  #early: Asked[] = []
  #isRetrying = false
  #isClosed = false

  constructor(options: WindowServiceOptions) {
    this.#options = options
  }

  close(): void {
    this.#isClosed = true
    for (const { part } of this.#exposed.values()) part.lock.ringAgent()
    this.#exposed.clear()
    this.#early = []
  }

  /** A rank shows a part of a window, or takes it back. */
  notice({ owner, part, memory, worldRanks }: WindowNotice): void {
    const key = `${owner} ${part}`
    if (memory === null) {
      this.#exposed.delete(key)
      return
    }
    const windowPart = new WindowPart(memory)
    const bells = worldRanks.map((rank) => {
      const endpoint = this.#options.endpointOfRank[rank] ?? -1
      return endpoint < 0 ? null : new Doorbell(this.#options.node, endpoint)
    })
    const wake: WakeWaiter = (rank) => {
      const bell = bells[rank] ?? null
      if (bell === null) windowPart.lock.ringAgent()
      else bell.ring()
    }
    this.#exposed.set(key, { part: windowPart, worldRanks, wake, tickets: [], isWatched: false })
    this.#serveEarly()
  }

  /** A rank of this node asks for a part of another node's: passes it on. */
  forward(source: number, body: Uint8Array): void {
    const { target } = decodeWindowRequest(body)
    this.#send(this.#nodeOf(target), RecordKind.windowRequest, [source, FOR_AGENT], body)
  }

  /** A request of a rank of another node. `body` is the service's own and begins its buffer. */
  serve(source: number, body: Uint8Array): void {
    const asked = { origin: source, request: decodeWindowRequest(body), bytes: body, since: performance.now() }
    const early = this.#early.filter(({ origin }) => origin === source).length
    if (early === 0 && this.#tryServe(asked)) return
    if (early >= MOST_EARLY * (this.#options.node.endpoints - 1)) {
      this.#options.onMisfit(source, `more than ${early} window requests of rank ${source} at once`)
      return
    }
    this.#early.push(asked)
    void this.#retry()
  }

  /** Gives the locks that are free; true: nothing is left that it can do now or soon. */
  isIdle(): boolean {
    for (const exposed of this.#exposed.values()) this.#grant(exposed)
    return this.#early.length === 0
  }

  /** A rank is over: what it has locked here is free again. */
  rankEnded(worldRank: number): void {
    for (const exposed of this.#exposed.values()) {
      const rank = exposed.worldRanks.indexOf(worldRank)
      if (rank < 0) continue
      this.#abandon(exposed, rank)
    }
  }

  /** A rank gives back the lock, or its place among those who wait for it: which it was. */
  #abandon({ part, wake, tickets }: Exposed, rank: number): Waiting | undefined {
    part.lock.abandon(rank, wake)
    const at = tickets.findIndex(({ ticket }) => ticket.rank === rank)
    return at < 0 ? undefined : tickets.splice(at, 1)[0]
  }

  #serveEarly(): void {
    // Each rank's in their order; of one that has to wait the others know nothing.
    const waiting = new Set<number>()
    this.#early = this.#early.filter((asked) => {
      if (!waiting.has(asked.origin) && this.#tryServe(asked)) return false
      waiting.add(asked.origin)
      return true
    })
    const [first] = this.#early
    if (first === undefined || performance.now() - first.since < MOST_EARLY_MS) return
    this.#early = this.#early.filter(({ origin }) => origin !== first.origin)
    this.#options.onMisfit(first.origin, `a request of rank ${first.origin} to a window that nobody shows`)
  }

  async #retry(): Promise<void> {
    if (this.#isRetrying) return
    this.#isRetrying = true
    while (this.#early.length > 0 && !this.#isClosed) {
      const isQuick = performance.now() - (this.#early.at(-1)?.since ?? 0) < QUICK_MS
      await (isQuick ? setImmediate() : delay(SLOW_LOOK_MS))
      this.#serveEarly()
    }
    this.#isRetrying = false
  }

  /** False: not now. */
  #tryServe({ origin, request, bytes }: Asked): boolean {
    const exposed = this.#exposed.get(`${request.target} ${request.part}`)
    if (exposed === undefined || !exposed.part.isFree) return false
    const { part } = exposed
    const reply = (elements: Uint8Array): void => this.#reply(origin, request, elements)
    const rank = request.origin
    const fault = windowFault(part, exposed.worldRanks, origin, request, bytes.length)
    if (fault !== null) {
      this.#options.onMisfit(origin, fault)
      return true
    }
    switch (request.call) {
      case WindowCall.lock:
      case WindowCall.lockShared: {
        const ticket = part.lock.queue(rank, request.call === WindowCall.lockShared)
        exposed.tickets.push({ ticket, granted: () => reply(NO_BYTES) })
        this.#grant(exposed)
        this.#watch(exposed)
        return true
      }
      case WindowCall.unlock:
        // A rank that gives up its wait asks this too. Every request has its reply.
        this.#abandon(exposed, rank)?.granted()
        reply(NO_BYTES)
        this.#grant(exposed)
        return true
      default:
        reply(access(part, request, bytes))
        return true
    }
  }

  /** Gives the lock to those whose turn it is. */
  #grant({ part, wake, tickets }: Exposed): void {
    for (let i = tickets.findIndex(({ ticket }) => part.lock.hasTurn(ticket)); i >= 0; ) {
      const [waiting] = tickets.splice(i, 1)
      if (waiting !== undefined) {
        part.lock.take(waiting.ticket, wake)
        waiting.granted()
      }
      i = tickets.findIndex(({ ticket }) => part.lock.hasTurn(ticket))
    }
  }

  /** Waits for turns as long as somebody waits for one here. */
  #watch(exposed: Exposed): void {
    if (exposed.isWatched || exposed.tickets.length === 0) return
    exposed.isWatched = true
    void this.#waitForTurns(exposed)
  }

  async #waitForTurns(exposed: Exposed): Promise<void> {
    const { lock } = exposed.part
    while (exposed.tickets.length > 0 && !this.#isClosed) {
      const seen = lock.bell
      this.#grant(exposed)
      if (exposed.tickets.length > 0) await lock.waitForBell(seen)
    }
    exposed.isWatched = false
  }

  #reply(origin: number, { number, target }: WindowRequest, elements: Uint8Array): void {
    const body = new Uint8Array(WINDOW_REPLY_BYTES + elements.length)
    new DataView(body.buffer).setFloat64(0, number, true)
    body.set(elements, WINDOW_REPLY_BYTES)
    this.#send(this.#nodeOf(origin), RecordKind.windowReply, [target, origin], body)
  }

  #nodeOf(rank: number): number {
    return this.#options.nodeOfRank[rank] ?? -1
  }

  #send(nodeId: number, kind: number, sourceAndDest: readonly [number, number], body: Uint8Array): void {
    const record = new Uint8Array(recordBytes(body.length))
    new Uint32Array(record.buffer, 0, 4).set([kind, body.length, ...sourceAndDest])
    record.set(body, RECORD_HEADER_BYTES)
    this.#options.sendToNode(nodeId, record)
  }
}

/** Reads or changes elements; returns those of the reply. */
function access(part: WindowPart, { call, operation, index, count }: WindowRequest, bytes: Uint8Array): Uint8Array {
  const constructor = elementConstructor(part.datatype)
  const elements = elementsBehind(WINDOW_REQUEST_BYTES, bytes, constructor)
  const name = windowOperations[operation] ?? ''
  switch (call) {
    case WindowCall.put:
      part.put(index, elements)
      return NO_BYTES
    case WindowCall.get: {
      const into = new constructor(count)
      part.get(index, into)
      return bytesOf(into)
    }
    case WindowCall.accumulate:
      part.accumulate(name, index, elements)
      return NO_BYTES
    case WindowCall.getAccumulate: {
      const old = new constructor(elements.length)
      part.getAccumulate(name, index, elements, old)
      return bytesOf(old)
    }
    case WindowCall.fetchAndOp:
      return bytesOf(single(constructor, part.fetchAndOp(name, index, elements)))
    case WindowCall.compareAndSwap:
      return bytesOf(single(constructor, part.compareAndSwap(index, elements)))
    default:
      throw new Error(`unknown window call ${call}`)
  }
}

function single(constructor: ReturnType<typeof elementConstructor>, value: number | bigint): ElementView {
  const view = new constructor(1)
  view[0] = value
  return view
}

function bytesOf({ buffer, byteOffset, byteLength }: ElementView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength)
}
