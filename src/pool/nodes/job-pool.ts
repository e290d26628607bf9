import type { ProgramSpec } from '../../wire/control-messages.ts'
import type { NodeMemory } from '../../wire/rank-messages.ts'

/** What a rank of a job with --pool gives the pool's code: the nodes of the job and a way to their leaders, the lowest ranks there. */
export interface JobPool {
  /** By node that has ranks, the one of rank 0 first; without those that are lost. */
  readonly nodes: readonly { readonly leader: number; readonly threads: number }[]
  /** Where the rank's bell is: messages and the node's own threads ring the same one. */
  readonly memory: NodeMemory
  readonly endpoint: number
  /** Sends without blocking; the bytes are not changed afterwards. */
  send(rank: number, bytes: Uint8Array): void
  /** The next message; null: none now. Throws where the sender has ended. */
  receive(): { readonly from: number; readonly bytes: Uint8Array } | null
  /** That rank has sent what does not fit: its node counts as lost. */
  misfit(rank: number, what: string): void
  readonly hasNews: boolean
  /** Whether the node of this leader is lost. Everything that came from there has been delivered then. */
  isLost(leader: number): boolean
}

/** What a rank tells the pool's code about itself, with or without --pool. */
export interface RankSurroundings {
  readonly job: JobPool | undefined
  /** The user's program, so that threads find modules as the rank does. */
  readonly program: ProgramSpec
  /** process.env when the program began. */
  readonly environment?: Readonly<NodeJS.ProcessEnv>
  /** The next signal that has come for the program and not reached its event loop. */
  readonly takeSignal?: () => NodeJS.Signals | undefined
}

const KEY = Symbol.for('mpirun-ts.pool-surroundings')

/** Rank: says where its pools are. */
export function installSurroundings(surroundings: RankSurroundings): void {
  Object.defineProperty(globalThis, KEY, { value: surroundings, configurable: true })
}

/** undefined: no rank, but plain node. */
export function surroundings(): RankSurroundings | undefined {
  // Only installSurroundings writes there.
  return (globalThis as { [KEY]?: RankSurroundings })[KEY]
}

/** What the program has set in process.env since it began; null: removed. Nothing in plain node. */
export function environmentChanges(): Record<string, string | null> {
  const before = surroundings()?.environment
  const changes: Record<string, string | null> = {}
  if (before === undefined) return changes
  for (const [name, value] of Object.entries(process.env)) {
    if (value !== undefined && value !== before[name]) changes[name] = value
  }
  for (const name of Object.keys(before)) if (process.env[name] === undefined) changes[name] = null
  return changes
}
