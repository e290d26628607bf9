import { Peers } from '../../src/agent/peers.ts'
import { Router } from '../../src/agent/routing/router.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { ShmLink } from '../../src/rank/link/shm-link.ts'
import { allocateNodeMemory } from '../../src/shm/layout.ts'
import { allocateSocketLines } from '../../src/shm/socket-line.ts'
import type { Channel } from '../../src/transport/channel.ts'
import { systemClock } from '../../src/transport/heartbeat.ts'
import { dialChannel } from '../../src/transport/websocket-dialer.ts'
import { type ChannelListener, listenForChannels } from '../../src/transport/websocket-listener.ts'
import { RecordKind } from '../../src/wire/record.ts'
import { randomSecret } from '../support/channel-secret.ts'
import { withSmallRings } from '../support/small-rings.ts'
import type { LinkFabric } from './link.ts'

interface SocketNode {
  readonly router: Router
  readonly peers: Peers
  readonly links: Map<number, ShmLink>
}

/** So many that they come between the parts of frames. */
const HEARTBEAT = { intervalMs: 1, deadAfterMs: 10_000, clock: systemClock }

/** Ranks on nodes of one thread, with real channels between the nodes, whose sockets the ranks write to themselves. */
export class SocketNodes implements LinkFabric {
  readonly links: readonly ShmLink[]
  readonly #nodeOfRank: readonly number[]
  readonly #nodes: readonly SocketNode[]
  readonly #listeners: ChannelListener[] = []
  readonly #secret = randomSecret('plain')
  #isClosed = false

  constructor(nodeOfRank: readonly number[], largestLocalSize?: number) {
    this.#nodeOfRank = nodeOfRank
    const count = Math.max(...nodeOfRank) + 1
    this.#nodes = Array.from({ length: count }, (_, nodeId) => this.#makeNode(nodeId, count, largestLocalSize))
    this.links = nodeOfRank.map((nodeId, rank) => this.#node(nodeId).links.get(rank) as ShmLink)
    for (const { router } of this.#nodes) router.start()
  }

  #node(nodeId: number): SocketNode {
    const node = this.#nodes[nodeId]
    if (node === undefined) throw new RangeError(`no node ${nodeId}`)
    return node
  }

  #makeNode(nodeId: number, nodeCount: number, largestLocalSize: number | undefined): SocketNode {
    const nodeOfRank = this.#nodeOfRank
    const endpointOfRank = new Int32Array(nodeOfRank.length).fill(-1)
    const ranks = [...nodeOfRank.keys()].filter((rank) => nodeOfRank[rank] === nodeId)
    for (const [endpoint, rank] of ranks.entries()) endpointOfRank[rank] = endpoint
    // So that messages inside a node do not overtake all that come through sockets.
    const memory = withSmallRings(allocateNodeMemory(ranks.length, largestLocalSize ?? ranks.length, true))
    const socketLines = allocateSocketLines(nodeCount)
    const peers = new Peers({
      nodeId,
      socketLines,
      dial: (peer) => this.#dial(nodeId, peer.nodeId),
      askToDial: (peer) => {
        const [lower, higher] = [Math.min(peer, nodeId), Math.max(peer, nodeId)]
        this.#node(higher).peers.dialNow({ nodeId: lower, addresses: ['127.0.0.1'], port: 0, key: '' })
      },
      receiver: (peer) => router.receiver(peer),
      place: (peer) => router.place(peer),
      onDrain: (peer) => router.drained(peer),
      onFailure: (message) => {
        if (!this.#isClosed) throw new Error(message)
      },
    })
    const router = new Router({
      node: memory,
      nodeId,
      endpointOfRank,
      nodeOfRank,
      lines: peers,
      mayPoll: true,
      giveTurn: () => undefined,
      outlivesRanks: false,
      onMisfit: (from, what) => {
        throw new Error(`node ${from} sent ${what}`)
      },
      onRankRecord: () => undefined,
      onAgentRecord: () => undefined,
      onFinished: () => undefined,
    })
    const makeLink = (rank: number): ShmLink =>
      new ShmLink({
        node: memory,
        rank,
        size: nodeOfRank.length,
        endpointOfRank,
        maySpin: false,
        mayYield: true,
        nodeOfRank,
        socketLines,
      })
    return { router, peers, links: new Map(ranks.map((rank) => [rank, makeLink(rank)])) }
  }

  async #dial(from: number, to: number): Promise<Channel> {
    const secret = this.#secret
    const onChannel = (channel: Channel): void => this.#node(to).peers.accept(from, channel)
    const listener = await listenForChannels({
      keyOf: () => secret.secret,
      addresses: ['127.0.0.1'],
      secret,
      onChannel,
      logger: silentLogger,
      heartbeat: HEARTBEAT,
    })
    this.#listeners.push(listener)
    if (this.#isClosed) listener.close()
    const { port } = listener
    const addresses = ['127.0.0.1']
    return dialChannel({
      addresses,
      port,
      secret,
      purpose: `data:${from}:${to}`,
      timeoutMs: 20_000,
      heartbeat: HEARTBEAT,
    })
  }

  finish(rank: number): void {
    const own = this.#nodeOfRank[rank] ?? -1
    const { router, peers } = this.#node(own)
    const others = [...this.#nodes.keys()].filter((nodeId) => nodeId !== own)
    const told = router.rankEnded(rank, RecordKind.finished, () => others.filter((nodeId) => peers.has(nodeId)))
    for (const nodeId of others) if (!told.includes(nodeId)) this.#node(nodeId).router.rankFinished(rank)
  }

  /** Bytes of records that ranks have written to sockets themselves. */
  get sentByRanks(): number {
    return this.#nodes.flatMap(({ peers }) => peers.sentByRanks).reduce((sum, bytes) => sum + bytes, 0)
  }

  close(): void {
    this.#isClosed = true
    for (const { router, peers } of this.#nodes) {
      router.stop()
      peers.close()
    }
    for (const listener of this.#listeners) listener.close()
  }
}
