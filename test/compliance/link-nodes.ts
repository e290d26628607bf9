import { Router } from '../../src/agent/router.ts'
import { ShmLink } from '../../src/rank/shm-link.ts'
import { allocateNodeMemory, type NodeMemory } from '../../src/shm/layout.ts'
import type { LinkFabric } from './link.ts'

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
      return new ShmLink({ node, rank, size, endpointOfRank, maySpin: false })
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
      endpointOfRank,
      nodeOfRank: this.nodeOfRank,
      sendToNode: (to, frame) => this.#carry(nodeId, to, frame),
      onRankRecord: (rank, kind, body) => void this.rankRecords.push({ rank, kind, body }),
    })
    return { node, router, endpointOfRank }
  }

  #carry(from: number, to: number, frame: Uint8Array): void {
    this.#hasSent.add(`${from}:${to}`)
    this.frames += 1
    this.bytesOnTheWay += frame.length
    this.largestFrame = Math.max(this.largestFrame, frame.length)
    const arrive = (): void => {
      this.bytesOnTheWay -= frame.length
      this.#node(to).router.deliver(frame)
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
    const told = this.#node(own).router.rankEnded(rank, true, () => others.filter(hasSentTo))
    for (const nodeId of others) if (!told.includes(nodeId)) this.#node(nodeId).router.rankFinished(rank)
  }

  close(): void {
    for (const { router } of this.nodes) router.stop()
  }
}
