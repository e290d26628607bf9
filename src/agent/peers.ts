import { MpirunError } from '../base/errors.ts'
import { AgentLine } from '../shm/socket-line.ts'
import type { Channel, Place } from '../transport/channel.ts'
import { UnreachableError } from '../transport/unreachable-error.ts'
import type { PeerAddress } from '../wire/control-messages.ts'

export interface PeersOptions {
  readonly nodeId: number
  /** Opens a data channel to a node of a lower id. */
  readonly dial: (peer: PeerAddress) => Promise<Channel>
  /** Opens a data channel by way of the coordinator, to a node of a higher id that has asked for it. */
  readonly relay?: ((nodeId: number) => Promise<Channel>) | undefined
  /** Asks the coordinator for a channel to that node: it tells the one of the higher id to dial. */
  readonly askToDial: (nodeId: number) => void
  /** Where ranks learn of the sockets that they may write to themselves (shm/socket-line.ts); null: none. */
  readonly socketLines: SharedArrayBuffer | null
  /** Makes what takes the bytes of a new channel's frames, in the pieces in which they come. */
  readonly receiver: (nodeId: number) => (piece: Uint8Array) => void
  /** Where those bytes may be put instead. */
  readonly place?: (nodeId: number) => Place
  /** What was lent for that node may be used again, and canTake() asked anew. */
  readonly onDrain: (nodeId: number) => void
  /** A node cannot be reached, or not any more. `isUnreached`: it never was; `message` says what was tried. */
  readonly onFailure: (message: string, nodeId: number, isUnreached: boolean) => void
}

/** More is not handed to a channel while this much waits there for the network: it stays in the ring of the rank, which then waits. */
const MOST_BUFFERED_BYTES = 64 * 1024

/** A peer's channel, or what waits for it. */
type Peer =
  | { readonly state: 'opening'; readonly waiting: Uint8Array[]; isDialled: boolean }
  | { readonly state: 'open'; readonly channel: Channel }
  /** The node is lost: what is for it goes nowhere. */
  | { readonly state: 'dropped' }

/**
 * Data channels to the agents of other nodes: one for each pair of nodes, opened at first use. The node with the higher id dials,
 * so that compute nodes dial the node where the job was typed, as their control channel does. Where to, and with which key, the coordinator says
 * then: an agent knows of no node that it has nothing to do with.
 */
export class Peers {
  readonly #options: PeersOptions
  readonly #peers = new Map<number, Peer>()
  /** Of channels whose socket ranks write to, too, or have written to. */
  readonly #lines = new Map<number, AgentLine>()
  #isClosed = false

  constructor(options: PeersOptions) {
    this.#options = options
  }

  /** Whether anything was ever sent to that node, so that what follows must go the same way. */
  has(nodeId: number): boolean {
    return this.#peers.has(nodeId)
  }

  send(nodeId: number, frame: Uint8Array): void {
    const peer = this.#peers.get(nodeId) ?? this.#open(nodeId)
    if (peer.state === 'open') peer.channel.send(frame)
    else if (peer.state === 'opening') peer.waiting.push(frame)
  }

  /** Whether that node's channel gets on; if not, onDrain() comes. */
  canTake(nodeId: number): boolean {
    const peer = this.#peers.get(nodeId)
    if (peer?.state !== 'open') return true
    const { channel } = peer
    return channel.bufferedBytes <= MOST_BUFFERED_BYTES && (channel.socket?.mayBegin() ?? true)
  }

  /** Like send(), out of memory that will be used again. True: it may be, now. False: not before onDrain(). */
  lend(nodeId: number, frame: Uint8Array): boolean {
    const peer = this.#peers.get(nodeId) ?? this.#open(nodeId)
    if (peer.state === 'open') return peer.channel.lend(frame)
    if (peer.state === 'opening') peer.waiting.push(frame.slice())
    return true
  }

  /** Like lend(), for the rest of a frame that a rank has begun. */
  lendRest(nodeId: number, rest: Uint8Array): boolean {
    const peer = this.#peers.get(nodeId)
    return peer?.state === 'open' && peer.channel.socket !== undefined ? peer.channel.socket.lendRest(rest) : true
  }

  /** Whether a channel that had to wait until a rank has written may go on. */
  hasTurn(): boolean {
    for (const line of this.#lines.values()) if (line.hasTurn) return true
    return false
  }

  /** Goes on with the channels of hasTurn(). */
  goOn(): void {
    for (const [nodeId, line] of this.#lines) {
      if (!line.hasTurn) continue
      const peer = this.#peers.get(nodeId)
      if (peer?.state === 'open') peer.channel.socket?.goOn()
      else line.forget()
    }
  }

  /** Bytes of records that ranks have written to sockets themselves, by node. */
  get sentByRanks(): number[] {
    const bytes: number[] = []
    for (const [nodeId, line] of this.#lines) bytes[nodeId] = line.sent
    return bytes
  }

  /** The rank of this endpoint is over. Where it was in the middle of a frame nobody knows where that ends, and the channel breaks. */
  rankEnded(endpoint: number): void {
    for (const [nodeId, line] of this.#lines) {
      const peer = this.#peers.get(nodeId)
      if (!line.isHeldBy(endpoint) || peer?.state !== 'open') continue
      peer.channel.destroy()
      this.#failed(nodeId, `a rank ended while it wrote to the data channel to node ${nodeId}`)
    }
  }

  #open(nodeId: number): Peer {
    const peer = this.#expect(nodeId)
    this.#options.askToDial(nodeId)
    return peer
  }

  #expect(nodeId: number): Peer {
    const peer: Peer = { state: 'opening', waiting: [], isDialled: false }
    this.#peers.set(nodeId, peer)
    return peer
  }

  /** This side or the other one wants a channel, and this one dials. Both may: the second time it means nothing. */
  dialNow(address: PeerAddress): void {
    this.#openBy(address.nodeId, () => this.#options.dial(address))
  }

  /** That node, of a higher id, cannot reach this one and waits at the coordinator. */
  relayNow(nodeId: number): void {
    const { relay } = this.#options
    if (relay !== undefined) this.#openBy(nodeId, () => relay(nodeId))
  }

  #openBy(nodeId: number, dial: () => Promise<Channel>): void {
    const peer = this.#peers.get(nodeId) ?? this.#expect(nodeId)
    if (peer.state !== 'opening' || peer.isDialled) return
    peer.isDialled = true
    void this.#dial(nodeId, dial)
  }

  async #dial(nodeId: number, dial: () => Promise<Channel>): Promise<void> {
    try {
      this.accept(nodeId, await dial())
    } catch (error) {
      this.#failed(nodeId, error instanceof UnreachableError ? error.tried : MpirunError.from(error).message, true)
    }
  }

  #failed(nodeId: number, message: string, isUnreached = false): void {
    if (this.#peers.get(nodeId)?.state !== 'dropped') this.#options.onFailure(message, nodeId, isUnreached)
  }

  /** A channel to that node is open: dialled by this side or by the other. */
  accept(nodeId: number, channel: Channel): void {
    const before = this.#peers.get(nodeId)
    if (this.#isClosed || before?.state === 'dropped') {
      channel.destroy()
      return
    }
    this.#peers.set(nodeId, { state: 'open', channel })
    if (before?.state === 'opening') for (const frame of before.waiting) channel.send(frame)
    // Not earlier: what a rank writes itself must not overtake what it gave to its agent before.
    this.#share(nodeId, channel)
    channel.onDrain(() => this.#options.onDrain(nodeId))
    channel.onPieces(this.#options.receiver(nodeId), this.#options.place?.(nodeId))
    void channel.closed.then((end) => {
      const now = this.#peers.get(nodeId)
      // A side that has not heard of the channel in time has dialled again.
      if (end.by !== 'lost' || (now?.state === 'open' && now.channel !== channel)) return
      this.#failed(nodeId, `the data channel to node ${nodeId} broke: ${end.reason}`)
    })
  }

  /** Lets ranks write to the channel's socket, where they may. */
  #share(nodeId: number, { socket }: Channel): void {
    const { socketLines } = this.#options
    if (socketLines === null || socket === undefined) return
    const line = new AgentLine(socketLines, nodeId)
    if (socket.share(line)) this.#lines.set(nodeId, line)
  }

  /** That node is lost, as the coordinator says: nothing comes from there or goes there any more. */
  drop(nodeId: number): void {
    const before = this.#peers.get(nodeId)
    this.#peers.set(nodeId, { state: 'dropped' })
    if (before?.state === 'open') before.channel.destroy()
  }

  /** That node's agent is not believed any more: nothing comes from there or goes there. Whether it was until now. */
  refuse(nodeId: number): boolean {
    const isNew = this.#peers.get(nodeId)?.state !== 'dropped'
    if (isNew) this.drop(nodeId)
    return isNew
  }

  close(): void {
    this.#isClosed = true
    for (const peer of this.#peers.values()) if (peer.state === 'open') peer.channel.close()
    this.#peers.clear()
  }
}
