import type { PendingRequest } from '../../requests/pending-request.ts'
import type { Options } from '../../terms/request.ts'
import { MIN } from '../../operations/reduce-op.ts'
import { shortAlgorithm } from '../allreduce/by-messages.ts'
import { Collective } from '../call/collective.ts'
import type { Members } from '../call/members.ts'
import { reductionOf } from '../call/reduction.ts'
import { begin, type Plan } from '../call/run.ts'
import { encodeInMemory, type Signature } from '../call/signature.ts'
import { type NodeCalls, nodeCallsHere } from '../in-memory/node-calls.ts'
import { CrossingPlan } from './crossing-plan.ts'

/** Views that pass in smaller pieces would take too many rounds. */
const LEAST_PIECE_BYTES = 64 * 1024

/** What a rank shares with the others of its node. */
export interface Shared {
  readonly calls: NodeCalls
  /** Byte offset of the first member's memory (CrossingPlan.memberBytes). */
  readonly offset: number
}

/**
 * The blocking collectives of a communicator over several nodes that pass through the memory of each node, so that what crosses between nodes does so once
 * for all ranks of a node.
 */
export class OverNodes {
  readonly plan: CrossingPlan
  readonly members: Members
  private readonly id: number
  /** What there is on this node, asked for at the first call. */
  private known: Shared | null = null
  /** Whether all nodes have room, which all ranks find out together at their first call: 1 or 0. */
  private agreement: PendingRequest<number> | null = null

  /** `id`: the communicator's. */
  constructor(members: Members, id: number) {
    this.members = members
    this.id = id
    this.plan = new CrossingPlan(members.nodes, members.rank, members.size)
  }

  /** The memory for a call that all ranks make; null, on all alike: a node has no room, and the call goes by messages. Blocks at the first call. */
  sharedFor(signature: Signature, options: Options | undefined): Shared | null {
    if (this.plan.pieceBytes < LEAST_PIECE_BYTES) return null
    return this.agree(signature, options) === 1 ? this.known : null
  }

  free(): void {
    this.known?.calls.free()
    this.known = null
  }

  private agree(signature: Signature, options: Options | undefined): number {
    const agreement = (this.agreement ??= begin(this.askAll(signature)))
    try {
      return agreement.wait(options)
    } catch (error) {
      if (!agreement.isPending) {
        this.agreement = null
        throw error
      }
      // It goes on, so that the others learn what there is to learn. They will wait for this rank in the call itself.
      throw this.known?.calls.pass(signature, error) ?? this.numbered(signature).fail(error)
    }
  }

  private askAll(signature: Signature): Plan<number> {
    const { members } = this
    this.known ??= this.claim()
    const hasRoom = this.known === null ? 0 : 1
    const reduction = reductionOf(members, signature.call, hasRoom, MIN)
    const collective = this.numbered(signature)
    return { collective, steps: shortAlgorithm(members)(collective, reduction, hasRoom) }
  }

  private claim(): Shared | null {
    const calls = nodeCallsHere(this.members, this.id)
    const offset = calls?.claimForCrossing(this.plan.memberBytes) ?? -1
    return calls === null || offset === -1 ? null : { calls, offset }
  }

  // The form of calls in memory, so that the awaitable call, all of whose messages are different, is told apart.
  private numbered(signature: Signature): Collective {
    const { members } = this
    return new Collective(members, signature, members.ledger.number(encodeInMemory(signature) | 0))
  }
}
