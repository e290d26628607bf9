import type { NodeMemory } from '../shm/layout.ts'
import type { ProgramSpec, TerminalSpec } from './control-messages.ts'

/** The contract between an agent and the rank threads that it starts: types only. */

/** `workerData` of a rank thread. */
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
  /** Whether a waiting thread may spin before it sleeps: there is a core for each rank. */
  readonly maySpin: boolean
  /** `path` is absolute here. */
  readonly program: ProgramSpec
  readonly terminal: TerminalSpec
}

/** Agent → rank, over its MessagePort: things that need the rank's event loop. */
export type ToRank =
  | { readonly type: 'signal'; readonly signal: string }
  | { readonly type: 'stdin'; readonly bytes: Uint8Array | null }

/** Rank → agent, over its MessagePort. */
export type FromRank = { readonly type: 'stdinWanted' }
