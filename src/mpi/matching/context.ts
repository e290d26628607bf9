import type { Envelope } from '../../wire/envelope.ts'
import type { IncomingMessage, Receive } from './incoming-message.ts'
import { MatchQueues } from './matching.ts'
import type { RankTable } from '../groups/rank-table.ts'

/*
 * A communicator's id is made by its rank 0, the leader, from its world rank and a counter of its own, so that nobody has to be asked
 * and no id comes twice (MPI 4.1 §12.4.1). Each communicator has contexts of its own: user messages never match those of collectives.
 */
const LEADERS = 2 ** 22
const CONTEXTS = 4

/** Counter 0 is that of COMM_WORLD, with leader 0. */
export const SELF_COUNTER = 1
export const FIRST_FREE_COUNTER = 2

/** Id of the communicator that the world rank `leader` made as its `counter`th. */
export function communicatorId(leader: number, counter: number): number {
  return counter * LEADERS + leader
}

/** Whether it is the id of COMM_WORLD or COMM_SELF. */
export function isPredefined(id: number): boolean {
  return id < communicatorId(0, FIRST_FREE_COUNTER)
}

/** Context of a communicator's user messages. */
export function messageContext(id: number): number {
  return CONTEXTS * id
}

/** Whether it is the context of a communicator's user messages. */
export function isForMessages(context: number): boolean {
  return context % CONTEXTS === 0
}

/** Context of a communicator's collectives. */
export function collectiveContext(id: number): number {
  return CONTEXTS * id + 1
}

/** Context of the messages by which a communicator's groups become communicators. */
export function groupContext(id: number): number {
  return CONTEXTS * id + 2
}

/** Who watches the messages of collectives for calls that do not match. */
export interface CollectiveWatch {
  /** A message has come that no posted receive wants. */
  unexpected(envelope: Envelope): void
  /** Another rank reports that the collective with this sequence number has failed. */
  failed(message: IncomingMessage): void
  /** A rank of the communicator is lost, or it is revoked: calls fail, those to come too. */
  broken(): void
}

/** Queues of one context. It is made by the first message, which may come before this rank has built the communicator. */
export class Context extends MatchQueues<Receive, IncomingMessage> {
  ranks: RankTable | null = null
  watch: CollectiveWatch | null = null
  /** Of a revoked communicator, which this rank may not have built yet: messages are thrown away. */
  isRevoked = false
  communicator: { readonly name: string } | null = null
  /** Reports of failed collectives that came before the communicator was built. */
  readonly earlyFailures: IncomingMessage[] = []

  /** Says that the communicator is built. */
  build(ranks: RankTable, watch: CollectiveWatch | null, communicator: { readonly name: string }): void {
    this.communicator = communicator
    this.ranks = ranks
    this.watch = watch
    if (watch === null) return
    for (const message of this.unexpected()) watch.unexpected(message.envelope)
    for (const message of this.earlyFailures.splice(0)) watch.failed(message)
  }
}
