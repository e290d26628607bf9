import { MpirunError } from '../base/errors.ts'
import type { Channel, ChannelEnd } from '../transport/channel.ts'
import { readTreeFrame, type TreeFrame, treeHead, TreeKind } from '../wire/tree-frame.ts'
import { CarriedChannel } from './carried-channel.ts'
import type { LaunchTarget } from './launcher.ts'
import { idsOf } from './tree-plan.ts'

/** What becomes of the agents below one that this machine has started. */
export interface TrunkEvents {
  /** An agent below has called back there. */
  readonly onUp: (nodeId: number, channel: Channel) => void
  /** It could not be started from there. */
  readonly onFailed: (nodeId: number, message: string) => void
  /** What has started it there has ended. */
  readonly onEnded: (nodeId: number, sentence: string) => void
}

/** What comes from below. */
const UP: ReadonlySet<TreeKind> = new Set([
  TreeKind.message,
  TreeKind.up,
  TreeKind.failed,
  TreeKind.closed,
  TreeKind.ended,
  TreeKind.quiet,
])

/** The channel to an agent that starts others, which carries theirs. */
export class Trunk {
  /** The control channel of the agent itself. */
  readonly root: CarriedChannel
  readonly #channel: Channel
  readonly #target: LaunchTarget
  readonly #events: TrunkEvents
  /** Nodes below, and their channels when they are up. */
  readonly #below = new Map<number, CarriedChannel | undefined>()
  readonly #subtrees = new Map<number, LaunchTarget>()

  constructor(target: LaunchTarget, channel: Channel, events: TrunkEvents) {
    this.#target = target
    this.#channel = channel
    this.#events = events
    for (const nodeId of idsOf(target)) if (nodeId !== target.nodeId) this.#below.set(nodeId, undefined)
    const remember = (node: LaunchTarget): void => {
      this.#subtrees.set(node.nodeId, node)
      for (const each of node.below ?? []) remember(each)
    }
    remember(target)
    this.root = new CarriedChannel(
      {
        send: (parts) => channel.send(treeHead(TreeKind.message, target.nodeId), ...parts),
        close: () => channel.close(),
        destroy: () => channel.destroy(),
        get bufferedBytes() {
          return channel.bufferedBytes
        },
      },
      false,
      (parts) => channel.send(treeHead(TreeKind.toAll, target.nodeId), ...parts),
    )
    channel.onQuiet?.((isQuiet) => this.root.becameQuiet(isQuiet))
    void channel.closed.then((end) => this.#lost(target, end))
    channel.onFrame((frame) => this.#take(frame))
  }

  #take(bytes: Uint8Array): void {
    const frame = this.#read(bytes)
    if (frame === undefined) return
    if (frame.nodeId === this.#target.nodeId) this.root.arrived(frame.body)
    else this.#receive(frame)
  }

  /** undefined: it does not fit, and the agent counts as lost. */
  #read(bytes: Uint8Array): TreeFrame | undefined {
    try {
      const frame = readTreeFrame(bytes)
      const { kind, nodeId } = frame
      if (nodeId === this.#target.nodeId ? kind === TreeKind.message : this.#below.has(nodeId) && UP.has(kind))
        return frame
      throw new MpirunError('ERR_PROTOCOL', `a frame of kind ${kind} of node ${nodeId}`)
    } catch (error) {
      const reason = `node ${this.#target.name} sent ${MpirunError.from(error).message}`
      this.#lost(this.#target, { by: 'lost', reason })
      this.#channel.destroy()
      return undefined
    }
  }

  #receive({ kind, nodeId, body }: TreeFrame): void {
    const carried = this.#below.get(nodeId)
    switch (kind) {
      case TreeKind.message:
        carried?.arrived(body)
        break
      case TreeKind.up:
        if (carried === undefined) this.#up(nodeId)
        break
      case TreeKind.failed:
        if (carried !== undefined) break
        this.#below.delete(nodeId)
        this.#events.onFailed(nodeId, textOf(body))
        break
      case TreeKind.closed: {
        const text = textOf(body)
        const node = this.#subtrees.get(nodeId)
        if (node !== undefined) this.#lost(node, { by: text.startsWith('p') ? 'peer' : 'lost', reason: text.slice(1) })
        break
      }
      case TreeKind.ended:
        this.#events.onEnded(nodeId, textOf(body))
        break
      case TreeKind.quiet:
        carried?.becameQuiet(body[0] === 1)
        break
      // Refused when it came.
      case TreeKind.toAll:
      case TreeKind.close:
      case TreeKind.drop:
        break
    }
  }

  #up(nodeId: number): void {
    const channel = this.#channel
    const send = (kind: TreeKind): void => channel.send(treeHead(kind, nodeId))
    const carried = new CarriedChannel(
      {
        send: (parts) => channel.send(treeHead(TreeKind.message, nodeId), ...parts),
        close: () => send(TreeKind.close),
        destroy: () => send(TreeKind.drop),
        // What waits is for the agent that carries: it does not read.
        bufferedBytes: 0,
      },
      true,
    )
    this.#below.set(nodeId, carried)
    this.#events.onUp(nodeId, carried)
  }

  /** A node is lost, and with it those that are reached through it; its own end comes first, for it is the cause. */
  #lost(node: LaunchTarget, end: ChannelEnd): void {
    const channel = node === this.#target ? this.root : this.#below.get(node.nodeId)
    channel?.end(end)
    for (const each of node.below ?? []) {
      this.#lost(each, { by: 'lost', reason: `it was reached through node ${node.name}, which is gone` })
    }
  }
}

function textOf(body: Uint8Array): string {
  return Buffer.from(body.buffer, body.byteOffset, body.length).toString()
}
