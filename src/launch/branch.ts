import { MpirunError } from '../base/errors.ts'
import type { Channel, ChannelEnd } from '../transport/channel.ts'
import { cutText } from '../wire/control-shapes.ts'
import { readTreeFrame, treeHead, TreeKind } from '../wire/tree-frame.ts'
import { CarriedChannel } from './carried-channel.ts'
import type { LaunchedAgent } from './launcher.ts'
import { idsOf } from './tree-plan.ts'

/** Nobody who reads leaves so much of what it is sent. */
const MOST_UNREAD_BYTES = 64 * 1024 * 1024

/** An agent that this one starts. */
interface Child {
  readonly launched: LaunchedAgent
  readonly ids: ReadonlySet<number>
  channel: Channel | undefined
}

/** The agents that an agent starts: carries their control channels in its own. */
export class Branch {
  /** The control channel of this agent itself. */
  readonly own: CarriedChannel
  readonly #nodeId: number
  readonly #control: Channel
  readonly #children: readonly Child[]
  /** By which of them a node is reached. */
  readonly #route = new Map<number, Child>()

  constructor(nodeId: number, control: Channel, launched: readonly LaunchedAgent[]) {
    this.#nodeId = nodeId
    this.#control = control
    this.own = new CarriedChannel(
      {
        send: (parts) => control.send(treeHead(TreeKind.message, nodeId), ...parts),
        close: () => control.close(),
        destroy: () => control.destroy(),
        get bufferedBytes() {
          return control.bufferedBytes
        },
      },
      false,
    )
    this.#children = launched.map((agent) => ({
      launched: agent,
      ids: new Set(idsOf(agent.target)),
      channel: undefined,
    }))
    for (const child of this.#children) {
      for (const id of child.ids) this.#route.set(id, child)
      this.#await(child)
    }
    control.onQuiet?.((isQuiet) => this.own.becameQuiet(isQuiet))
    void control.closed.then((end) => this.own.end(end))
    control.onFrame((frame) => this.#takeFromAbove(frame))
  }

  #await(child: Child): void {
    const { launched, ids } = child
    const { nodeId } = launched.target
    launched.connected.then(
      (channel) => {
        child.channel = channel
        this.#say(TreeKind.up, nodeId)
        channel.onQuiet?.((isQuiet) =>
          this.#control.send(treeHead(TreeKind.quiet, nodeId), Uint8Array.of(isQuiet ? 1 : 0)),
        )
        void channel.closed.then((end) => this.#childClosed(child, end))
        // Not before: where no agent came up, `connected` rejects with the reason.
        void launched.launcherEnded.then((sentence) => this.#say(TreeKind.ended, nodeId, sentence))
        channel.onFrame((frame) => this.#takeFromBelow(child, frame))
      },
      (error: unknown) => {
        for (const id of ids) this.#route.delete(id)
        this.#say(TreeKind.failed, nodeId, MpirunError.from(error).message)
      },
    )
  }

  #childClosed(child: Child, { by, reason }: ChannelEnd): void {
    if (child.channel === undefined) return
    child.channel = undefined
    this.#say(TreeKind.closed, child.launched.target.nodeId, `${by === 'peer' ? 'p' : 'l'}${reason}`)
  }

  #say(kind: TreeKind, nodeId: number, text = ''): void {
    this.#control.send(treeHead(kind, nodeId), Buffer.from(cutText(text)))
  }

  /** An agent that has started nobody says nothing but control messages; of the others, what comes from nodes that they have started is passed on. */
  #takeFromBelow(child: Child, frame: Uint8Array): void {
    const { nodeId, name, below = [] } = child.launched.target
    if (below.length === 0) {
      this.#control.send(treeHead(TreeKind.message, nodeId), frame)
      return
    }
    try {
      const { nodeId: from, kind } = readTreeFrame(frame)
      if (!child.ids.has(from) || (from === nodeId && kind !== TreeKind.message))
        throw new MpirunError('ERR_PROTOCOL', `a frame of node ${from}, which it does not start`)
      this.#control.send(frame)
    } catch (error) {
      this.#refuse(child, `node ${name} sent ${MpirunError.from(error).message}`)
    }
  }

  #refuse(child: Child, reason: string): void {
    const { channel } = child
    this.#childClosed(child, { by: 'lost', reason })
    channel?.destroy()
  }

  #takeFromAbove(frame: Uint8Array): void {
    let read
    try {
      read = readTreeFrame(frame)
    } catch {
      // As for a control message that does not fit: this agent ends, and with it its ranks.
      this.#control.destroy()
      return
    }
    const { kind, nodeId, body } = read
    if (kind === TreeKind.toAll) {
      for (const child of this.#children) this.#pass(child, frame, body)
      this.own.arrived(body)
    } else if (nodeId === this.#nodeId) {
      if (kind === TreeKind.message) this.own.arrived(body)
    } else {
      const child = this.#route.get(nodeId)
      if (child === undefined) return
      if (child.launched.target.nodeId !== nodeId || kind === TreeKind.message) this.#pass(child, frame, body)
      else this.#end(child, kind)
    }
  }

  #pass(child: Child, frame: Uint8Array, body: Uint8Array): void {
    const { channel, launched } = child
    channel?.send((launched.target.below ?? []).length === 0 ? body : frame)
    if (channel !== undefined && channel.bufferedBytes > MOST_UNREAD_BYTES)
      this.#refuse(child, `node ${launched.target.name} does not read what it is sent`)
  }

  #end({ channel, launched }: Child, kind: TreeKind): void {
    if (kind === TreeKind.close) channel?.close()
    else channel?.destroy()
    launched.kill()
  }

  /** This agent ends, and its channels with it. */
  close(): void {
    for (const { channel, launched } of this.#children) {
      channel?.close()
      launched.kill()
    }
  }
}
