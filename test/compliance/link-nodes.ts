import { RecordKind } from '../../src/wire/record.ts'
import { Router } from '../../src/agent/routing/router.ts'
import { ShmLink } from '../../src/rank/link/shm-link.ts'
import { allocateNodeMemory, type NodeMemory } from '../../src/shm/layout.ts'
import type { LinkFabric } from './link.ts'
import { noSharedSockets } from '../support/no-shared-sockets.ts'

/** A record of a rank for its agent. */
export interface RankRecord {
  readonly rank: number
  readonly kind: number
  readonly body: Uint8Array
}

interface TestNode {
  readonly node: NodeMemory
  readonly router: Router
  readonly endpointOfRank: Int32Array
}

/**
 * Several nodes in one thread: for each a region, a router and a link for each of its ranks. A network takes frames from router to
 * router in order, one turn of the event loop later, unless it is held.
 */
export class LinkNodes implements LinkFabric {
  readonly links: readonly ShmLink[]
  readonly nodes: readonly TestNode[]
  readonly nodeOfRank: readonly number[]
  /** What ranks told their agents. */
  readonly rankRecords: RankRecord[] = []
  readonly #receivers = new Map<string, (piece: Uint8Array) => void>()
  #loans = 0
  readonly #behindLoans = new Map<string, (() => void)[]>()
  /** Bytes of frames that have left a router and not arrived. */
  bytesOnTheWay = 0
  largestFrame = 0
  frames = 0
  readonly #held: (() => void)[] = []
  #isHeld = false
  readonly #hasSent = new Set<string>()

  /** `nodeOfRank`: where each rank runs. `memoryOf`: the region of a node with so many ranks. */
  constructor(
    nodeOfRank: readonly number[],
    memoryOf: (ranks: number) => NodeMemory = (ranks) => allocateNodeMemory(ranks),
  ) {
    this.nodeOfRank = nodeOfRank
    const count = Math.max(...nodeOfRank) + 1
    this.nodes = Array.from({ length: count }, (_, nodeId) => this.#makeNode(nodeId, memoryOf))
    const size = nodeOfRank.length
    this.links = nodeOfRank.map((nodeId, rank) => {
      const { node, endpointOfRank } = this.#node(nodeId)
      return new ShmLink({ node, rank, size, endpointOfRank, maySpin: false, mayYield: true })
    })
    for (const { router } of this.nodes) router.start()
  }

  #node(nodeId: number): TestNode {
    const node = this.nodes[nodeId]
    if (node === undefined) throw new RangeError(`no node ${nodeId}`)
    return node
  }

  #makeNode(nodeId: number, memoryOf: (ranks: number) => NodeMemory): TestNode {
    const endpointOfRank = new Int32Array(this.nodeOfRank.length).fill(-1)
    let ranks = 0
    for (const [rank, where] of this.nodeOfRank.entries()) if (where === nodeId) endpointOfRank[rank] = ranks++
    const node = memoryOf(ranks)
    const router = new Router({
      node,
      nodeId,
      endpointOfRank,
      nodeOfRank: this.nodeOfRank,
      mayPoll: true,
      giveTurn: () => undefined,
      outlivesRanks: false,
      onMisfit: (from, what) => {
        throw new Error(`node ${from} sent ${what}`)
      },
      lines: {
        send: (to, frame) => this.#send(nodeId, to, frame.slice()),
        canTake: () => true,
        lend: (to, frame) => this.#lend(nodeId, to, frame),
        ...noSharedSockets,
      },
      onRankRecord: (rank, kind, body) => void this.rankRecords.push({ rank, kind, body }),
      onAgentRecord: () => undefined,
      onFinished: () => undefined,
    })
    return { node, router, endpointOfRank }
  }

  /** Every third loan is read and given back in a later turn; what comes meanwhile goes behind it. */
  #lend(from: number, to: number, frame: Uint8Array): boolean {
    this.#loans += 1
    const pair = `${from}:${to}`
    if (this.#loans % 3 > 0 && !this.#behindLoans.has(pair)) {
      this.#carry(from, to, frame.slice())
      return true
    }
    const behind = this.#behindLoans.get(pair) ?? []
    behind.push(() => this.#carry(from, to, frame.slice()))
    this.#behindLoans.set(pair, behind)
    if (behind.length === 1) setImmediate(() => this.#giveBack(from, to))
    return false
  }

  #giveBack(from: number, to: number): void {
    const behind = this.#behindLoans.get(`${from}:${to}`) ?? []
    this.#behindLoans.delete(`${from}:${to}`)
    for (const carry of behind) carry()
    this.#node(from).router.drained(to)
  }

  #send(from: number, to: number, frame: Uint8Array): void {
    const behind = this.#behindLoans.get(`${from}:${to}`)
    if (behind === undefined) this.#carry(from, to, frame)
    else behind.push(() => this.#carry(from, to, frame))
  }

  #carry(from: number, to: number, frame: Uint8Array): void {
    this.#hasSent.add(`${from}:${to}`)
    this.frames += 1
    this.bytesOnTheWay += frame.length
    this.largestFrame = Math.max(this.largestFrame, frame.length)
    const arrive = (): void => {
      this.bytesOnTheWay -= frame.length
      const pair = `${from}:${to}`
      const receive = this.#receivers.get(pair) ?? this.#node(to).router.receiver(from)
      this.#receivers.set(pair, receive)
      const cut = frame.length % 61
      receive(frame.subarray(0, cut))
      receive(frame.subarray(cut))
    }
    if (this.#isHeld) this.#held.push(arrive)
    else setImmediate(arrive)
  }

  /** Frames stay on the way until release(). */
  hold(): void {
    this.#isHeld = true
  }

  release(): void {
    this.#isHeld = false
    for (const arrive of this.#held.splice(0)) setImmediate(arrive)
  }

  finish(rank: number): void {
    const own = this.nodeOfRank[rank] ?? -1
    const others = [...this.nodes.keys()].filter((nodeId) => nodeId !== own)
    const hasSentTo = (nodeId: number): boolean => this.#hasSent.has(`${own}:${nodeId}`)
    const told = this.#node(own).router.rankEnded(rank, RecordKind.finished, () => others.filter(hasSentTo))
    for (const nodeId of others) if (!told.includes(nodeId)) this.#node(nodeId).router.rankFinished(rank)
  }

  close(): void {
    for (const { router } of this.nodes) router.stop()
  }
}
