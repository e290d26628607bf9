import type { NodeMemory } from '../../shm/layout.ts'
import type { RecordKind } from '../../wire/record.ts'

/** How a rank has ended, as the others hear it. */
export type EndKind = typeof RecordKind.finished | typeof RecordKind.lost

/** The way to other nodes (agent/peers.ts). */
export interface NodeLines {
  send(nodeId: number, frame: Uint8Array): void
  /** Whether that node's channel gets on; if not, drained() is called when it does. */
  canTake(nodeId: number): boolean
  /** Like send(), out of memory that will be used again. True: it may be, now. False: not before drained(). */
  lend(nodeId: number, frame: Uint8Array): boolean
  /** Like lend(), for the rest of a frame that a rank has begun to write to that node's socket itself. */
  lendRest(nodeId: number, rest: Uint8Array): boolean
  /** Whether a channel that could not be written to while a rank wrote can be now; goOn() then does what was put off. */
  hasTurn(): boolean
  goOn(): void
}

export interface RouterOptions {
  readonly node: NodeMemory
  readonly nodeId: number
  readonly endpointOfRank: Int32Array
  readonly nodeOfRank: readonly number[]
  readonly lines: NodeLines
  /** Ranks may be lost while the job goes on. */
  readonly outlivesRanks: boolean
  /** There is a core for the agent beside those of the ranks (PumpLoop). */
  readonly mayPoll: boolean
  readonly giveTurn: () => void
  /** Output, failure or abort of a rank of this node. `body` is the receiver's own. */
  readonly onRankRecord: (rank: number, kind: number, body: Uint8Array) => void
  /** A record of the rank `source` of another node for this node's agent. `body` is the receiver's own and begins its buffer. */
  readonly onAgentRecord: (source: number, kind: number, body: Uint8Array) => void
  /** What that node's agent has sent does not fit: the rest of a sentence that begins with 'node X sent '. */
  readonly onMisfit: (nodeId: number, what: string) => void
  /** A rank of any node has ended in order, or is lost while the job goes on. */
  readonly onFinished: (rank: number) => void
}
