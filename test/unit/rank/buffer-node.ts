import { MessageChannel, type MessagePort, receiveMessageOnPort } from 'node:worker_threads'
import { SharedBuffers } from '../../../src/rank/loans/shared-buffers.ts'
import type { BufferNotice } from '../../../src/wire/rank-messages.ts'

/** Ranks of one node, and the agent's ends of their ports. */
export class BufferNode {
  readonly ranks: SharedBuffers[] = []
  readonly ports: MessagePort[] = []
  /** The ranks' ends, where notices wait that a rank has not taken yet. */
  readonly inboxes: MessagePort[] = []

  constructor(size: number) {
    for (let rank = 0; rank < size; rank += 1) {
      const { port1, port2 } = new MessageChannel()
      this.ranks.push(new SharedBuffers(rank, port2))
      this.ports.push(port1)
      this.inboxes.push(port2)
    }
  }

  rank(rank: number): SharedBuffers {
    const buffers = this.ranks[rank]
    if (buffers === undefined) throw new RangeError(`no rank ${rank}`)
    return buffers
  }

  /** What the agent does with a notice; returns all of them. */
  passOn(): BufferNotice[] {
    const all: BufferNotice[] = []
    for (const port of this.ports) {
      for (let next = receiveMessageOnPort(port); next !== undefined; next = receiveMessageOnPort(port)) {
        const notice = next.message as BufferNotice
        all.push(notice)
        this.ports[notice.to]?.postMessage(notice)
      }
    }
    return all
  }

  close(): void {
    for (const port of this.ports) port.close()
  }
}
