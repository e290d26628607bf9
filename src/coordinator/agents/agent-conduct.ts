import type { PlacedNode } from '../../placement/placement.ts'
import type { FromAgent } from '../../wire/control-messages.ts'

/** Output of a rank that is on its way to the user: what it may have (rank/rank-output.ts), and the pieces that both its streams add to it. */
const MOST_UNWRITTEN_BYTES = 2 * 1024 * 1024
/** Agreements of a rank that are not settled. */
const MOST_VOTES = 1024

/** What is to be done with a message: take it, take no notice of it, or count the node as lost, which has sent what `fault` says. */
export type Judgement = 'take' | 'ignore' | { readonly fault: string }

type Of<T extends FromAgent['type']> = Extract<FromAgent, { type: T }>

/**
 * Whether an agent says what it may say now: each thing once, of ranks that are not over, and no more than it has credit for. That its messages
 * look as they should, and speak of ranks of its own, has been checked where they came in (wire/control-shapes.ts).
 */
export class AgentConduct {
  #phase: 'silent' | 'up' | 'started' | 'gone' = 'silent'
  readonly #living: Set<number>
  readonly #unwritten = new Map<number, number>()
  readonly #asksInput = new Set<number>()
  readonly #dials = new Set<number>()
  readonly #relays = new Set<number>()
  readonly #failedPeers = new Set<number>()
  readonly #votes = new Map<number, Set<string>>()

  constructor(node: PlacedNode) {
    this.#living = new Set(node.ranks.map(({ rank }) => rank))
  }

  judge(message: FromAgent): Judgement {
    if (this.#phase === 'gone') return 'ignore'
    if (message.type === 'hello') return this.#hello()
    if (message.type === 'bye') {
      this.#phase = 'gone'
      return 'take'
    }
    if (message.type === 'agentFailure' || message.type === 'peerMisfit') {
      return this.#phase === 'silent' ? tooEarly(message) : this.#once(this.#failedPeers, message.peer)
    }
    return this.#phase === 'started' ? this.#ofRunning(message) : tooEarly(message)
  }

  #hello(): Judgement {
    if (this.#phase !== 'silent') return { fault: 'a second hello' }
    this.#phase = 'up'
    return 'take'
  }

  #ofRunning(message: Exclude<FromAgent, Of<'hello' | 'bye' | 'agentFailure' | 'peerMisfit'>>): Judgement {
    if ('rank' in message && !this.#living.has(message.rank)) {
      return { fault: `a control message of type ${message.type} of rank ${message.rank}, which is over` }
    }
    switch (message.type) {
      case 'output':
        return this.#output(message)
      case 'stdinWanted':
        return this.#once(this.#asksInput, message.rank)
      case 'rankExit':
        this.#living.delete(message.rank)
        this.#votes.delete(message.rank)
        return 'take'
      case 'askDial':
        return this.#once(this.#dials, message.nodeId)
      case 'askRelay':
        return this.#once(this.#relays, message.nodeId)
      case 'motion':
        return this.#motion(message)
      case 'abort':
      case 'stalled':
      case 'waits':
        return 'take'
    }
  }

  #output({ rank, bytes }: Of<'output'>): Judgement {
    const unwritten = (this.#unwritten.get(rank) ?? 0) + bytes.length
    if (unwritten > MOST_UNWRITTEN_BYTES) {
      return {
        fault: `${unwritten} bytes of output of rank ${rank} before they could be written; ${MOST_UNWRITTEN_BYTES} are allowed`,
      }
    }
    this.#unwritten.set(rank, unwritten)
    return 'take'
  }

  #motion({ rank, motion }: Of<'motion'>): Judgement {
    const isMember = motion.members.some(([first, count]) => rank >= first && rank < first + count)
    if (!isMember) return { fault: `a ${motion.type} of rank ${rank} on a communicator that it is not in` }
    if (motion.type !== 'vote') return 'take'
    const open = this.#votes.get(rank) ?? new Set()
    this.#votes.set(rank, open.add(keyOf(motion)))
    return open.size <= MOST_VOTES ? 'take' : { fault: `more than ${MOST_VOTES} votes of rank ${rank} at once` }
  }

  /** Says it again what it has said before: that needs no answer. */
  #once(said: Set<number>, what: number | undefined): Judgement {
    if (what === undefined) return 'take'
    if (said.has(what)) return 'ignore'
    said.add(what)
    return 'take'
  }

  /** The agent was told to start its ranks. */
  started(): void {
    this.#phase = 'started'
  }

  /** Output has been written, and the agent hears of it. */
  written(rank: number, bytes: number): void {
    this.#unwritten.set(rank, (this.#unwritten.get(rank) ?? 0) - bytes)
  }

  /** What a rank has asked for of standard input has been sent to it. */
  answered(rank: number): void {
    this.#asksInput.delete(rank)
  }

  /** An agreement is settled. */
  settled(agreement: { readonly comm: number; readonly number: number }): void {
    for (const open of this.#votes.values()) open.delete(keyOf(agreement))
  }
}

function tooEarly({ type }: FromAgent): Judgement {
  return { fault: `a control message of type ${type} before its ranks were started` }
}

function keyOf({ comm, number }: { readonly comm: number; readonly number: number }): string {
  return `${comm}:${number}`
}
