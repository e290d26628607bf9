/** A node of the allocation: what a hostfile, --host or a scheduler says of it. */
export interface Node {
  /** Host name or address as the user wrote it. */
  readonly name: string
  readonly user?: string
  readonly port?: number
  /** Places for ranks. */
  readonly slots: number
  /** Whether someone declared the slots (a hostfile, a scheduler); if not, more ranks than slots are fine. */
  readonly slotsDeclared: boolean
  /** Never exceeded, not even with --oversubscribe. */
  readonly maxSlots?: number
  /** A hostfile names it without any number: its slots are no limit for -ppn. */
  readonly isBare?: boolean
  /** Above `slots`: a given number of ranks may use this many (processors of a PBS job whose nodefile has a line for each node). */
  readonly mayUse?: number
}

/** Nodes in the order in which they are filled, and where they come from (for messages: `hostfile "hosts"`, `$PBS_NODEFILE`). */
export interface Allocation extends NodeTable {
  readonly source: string
  /** What the user should hear of, a sentence each (slots that were cut to what the scheduler gave). */
  readonly notes?: readonly string[]
  /** Nodes of each program, where one has a --host or --hostfile of its own; `undefined`: all of them. */
  readonly perProgram?: readonly (ProgramNodes | undefined)[]
}

/** The nodes of one program among those of the job. */
export interface ProgramNodes {
  /** By index into the nodes of the job, in the order in which they are filled, with the slots that they have for this program. */
  readonly nodes: ReadonlyMap<number, Node>
  /** As NodeTable.sequence, in indices of the job. */
  readonly sequence?: readonly number[]
  /** Who names them. */
  readonly source: string
}

/** Nodes, each once, in the order in which they were first named. */
export interface NodeTable {
  readonly nodes: readonly Node[]
  /** Index into `nodes` for each line (or entry) that named one, for `--map-by seq`; absent: each node once for each slot. */
  readonly sequence?: readonly number[]
}

export interface PlacedRank {
  /** World rank. */
  readonly rank: number
  /** Rank among the ranks of the same node. */
  readonly localRank: number
  /** Which program of the command line (`A : B`) it runs. */
  readonly app: number
}

/** A node that got ranks. `id` counts from 0 in the order of the lowest rank. */
export interface PlacedNode extends Node {
  readonly id: number
  readonly ranks: readonly PlacedRank[]
}

export interface Placement {
  readonly size: number
  readonly nodes: readonly PlacedNode[]
}
