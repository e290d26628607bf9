import type { ProgramSpec, RankWait, TerminalSpec } from './control-messages.ts'

/** The contract between an agent and the rank threads that it starts. */

/** Rings that lie side by side: where they begin, and the bytes of each, a power of two. */
export interface LargerRings {
  readonly offset: number
  readonly ringBytes: number
}

/** What a thread needs to find its way in the region; crosses to rank threads as plain data. */
export interface NodeMemory {
  /** A shared WebAssembly.Memory, or anything else that shows shared memory as a buffer. */
  readonly memory: { readonly buffer: SharedArrayBuffer }
  /** Ranks of the node + 1. */
  readonly endpoints: number
  /** Power of two. */
  readonly ringBytes: number
  /** The larger rings from the agent to the ranks, from the ranks to the agent, and between ranks; absent where these are like all others. */
  readonly inboxes?: LargerRings
  readonly outboxes?: LargerRings
  readonly peers?: LargerRings
  /** Where areas of collectives are, in bytes; absent where the region has none. */
  readonly areas?: { readonly offset: number; readonly bytes: number }
}

/**
 * The bundled rank program as text, and V8's compiled form of it, which saves each rank some 8 ms (docs/decisions/0005-code-cache.md). What is
 * large is shared by the ranks of a node.
 */
export interface RankProgram {
  readonly code: string
  /** Of another Node or without one, V8 compiles the text. */
  readonly cache?: SharedArrayBuffer
  /** Takes what V8 has compiled, of a rank that had no such cache; absent where nobody keeps it. Not for the threads. */
  readonly keep?: (compiled: Uint8Array) => void
  /** Path of the file pool.cjs, or, on other machines, the bundle of entry/pool.ts as text in UTF-8. Few programs need it. */
  readonly pool: string | SharedArrayBuffer
}

/** What a rank is told at its start. */
export interface RankConfig {
  readonly node: NodeMemory
  readonly rank: number
  readonly size: number
  readonly localRank: number
  readonly nodeId: number
  readonly nodeCount: number
  /** Local endpoint of each world rank, -1 for a rank of another node. */
  readonly endpointOfRank: Int32Array
  readonly hostname: string
  readonly epochMs: number
  readonly syncSend: boolean
  /** Node of each world rank. */
  readonly nodeOfRank: readonly number[]
  /** Rank 0 runs the program, the others serve its pools. */
  readonly pool: boolean
  /** Sockets of other nodes that the rank may write to itself (shm/socket-line.ts); null: none. */
  readonly socketLines: SharedArrayBuffer | null
  /** Whether a waiting thread may spin before it sleeps: there is a core for each rank. */
  readonly maySpin: boolean
  /** `path` is absolute here. */
  readonly program: ProgramSpec
  readonly terminal: TerminalSpec
}

/** Rank → agent, in a record: what it waits for. */
export interface WaitAnswer {
  /** Number of the question. */
  readonly question: number
  /** Null: something else than messages may wake the rank, such as a timer or a socket. */
  readonly wait: RankWait | null
}

/** Agent → rank, over its MessagePort: things that need the rank's event loop. */
export type ToRank =
  | { readonly type: 'signal'; readonly signal: string }
  | { readonly type: 'stdin'; readonly bytes: Uint8Array | null }

/** `to` of a notice for the agent itself. */
export const AGENT: -1 = -1

/**
 * Rank → agent → rank `to`, over a MessagePort of their own: shared memory of the rank `from`, which numbers its buffers; null: it is no
 * longer needed.
 */
export interface BufferNotice {
  readonly from: number
  readonly to: number
  readonly id: number
  readonly buffer: SharedArrayBuffer | null
}

/** Rank → agent, over the port of BufferNotices: part `part` of a window of the rank `owner`; null: no longer. */
export interface WindowNotice {
  readonly to: typeof AGENT
  readonly part: number
  readonly owner: number
  readonly memory: {
    readonly control: SharedArrayBuffer
    readonly data: SharedArrayBuffer
    readonly byteOffset: number
    readonly length: number
    readonly datatype: number
  } | null
  /** Of the window's communicator. */
  readonly worldRanks: readonly number[]
}

/** Rank → agent, in a record: `source` is a world rank, `what` the rest of a sentence that begins with 'node X sent '. */
export interface MisfitNotice {
  readonly source: number
  readonly what: string
}

/** Rank → agent, over its MessagePort. */
export type FromRank =
  | { readonly type: 'stdinWanted' }
  /** What V8 has compiled of the rank program. */
  | { readonly type: 'compiled'; readonly bytes: Uint8Array }
