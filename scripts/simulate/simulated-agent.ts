import type { Channel } from '../../src/transport/channel.ts'
import { decodeControl, encodeControl } from '../../src/wire/codec.ts'
import type { FromAgent, ToAgent } from '../../src/wire/control-messages.ts'
import { PROTOCOL_VERSION } from '../../src/wire/version.ts'
import { type Machine, MODEL } from './machine.ts'

export interface AgentPlan {
  readonly dies: boolean
  readonly onDeadlock: () => void
}

/** What was decoded last: what is for all agents is the same memory for all of them. */
let last: { readonly buffer: ArrayBufferLike; readonly end: number; readonly message: ToAgent } | undefined

function decoded(frame: Uint8Array): ToAgent {
  const end = frame.byteOffset + frame.length
  if (last?.buffer !== frame.buffer || last.end !== end)
    // Of the coordinator of the same program.
    last = { buffer: frame.buffer, end, message: decodeControl(frame) as ToAgent }
  return last.message
}

/** The agent of a node with one rank, which has the node's number: it votes, waits for what never comes, is told of that, and fails. */
export class SimulatedAgent {
  readonly #nodeId: number
  readonly #machine: Machine
  readonly #channel: Channel
  readonly #plan: AgentPlan
  #size = 0
  #isOver = false

  constructor(nodeId: number, machine: Machine, channel: Channel, plan: AgentPlan) {
    this.#nodeId = nodeId
    this.#machine = machine
    this.#channel = channel
    this.#plan = plan
    channel.onFrame((frame) => this.#receive(decoded(frame)))
    void channel.closed.then(() => machine.die())
    this.#say({
      type: 'hello',
      nodeId,
      hostname: `node${nodeId}`,
      pid: 1000 + nodeId,
      nodeVersion: process.versions.node,
      protocolVersion: PROTOCOL_VERSION,
      addresses: [`10.${nodeId >> 16}.${(nodeId >> 8) & 255}.${nodeId & 255}`],
      port: 40_000,
    })
  }

  #say(message: FromAgent): void {
    this.#channel.send(encodeControl(message))
  }

  #receive(message: ToAgent): void {
    const rank = this.#nodeId
    switch (message.type) {
      case 'start':
        this.#size = message.size
        this.#machine.clock.after(MODEL.ranksMs, () => this.#runRank())
        break
      case 'ruling':
        this.#say({ type: 'stalled', isStalled: true })
        break
      case 'askWaits': {
        const { question, wantsDetails } = message
        const details = wantsDetails ? { ranks: [{ rank, call: `recv(source = ${(rank + 1) % this.#size})` }] } : {}
        this.#say({ type: 'waits', question, isStuck: true, activity: 1, sent: 100, received: 100, ...details })
        break
      }
      case 'deadlock':
        this.#plan.onDeadlock()
        this.#endRank()
        break
      case 'end':
        this.#endRank()
        this.#say({ type: 'bye' })
        break
      case 'signal':
      case 'stdin':
      case 'outputDone':
      case 'rankFinished':
      case 'rankLost':
      case 'nodeLost':
      case 'dial':
      case 'relay':
        break
    }
  }

  #runRank(): void {
    if (this.#machine.isDead) return
    if (this.#plan.dies) {
      this.#machine.die()
      return
    }
    const members = [[0, this.#size]] as const
    const vote = { type: 'vote', comm: 0, number: 0, call: 'agree', flag: true, counter: 0, members } as const
    this.#say({ type: 'motion', rank: this.#nodeId, motion: vote })
  }

  #endRank(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#say({ type: 'rankExit', rank: this.#nodeId, status: 1, toldNodes: [] })
  }
}
