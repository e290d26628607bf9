import type { SharedMemory, Watch } from '../../mpi/link/link.ts'
import { Areas } from '../../shm/areas.ts'
import { Doorbell } from '../../shm/doorbell.ts'
import type { NodeMemory } from '../../shm/layout.ts'
import type { Turns } from '../../shm/turns.ts'
import type { SharedBuffers } from '../loans/shared-buffers.ts'

/** The node's region as the collectives of one rank see it. */
export class NodeShare implements SharedMemory {
  readonly memory: NodeMemory['memory']
  readonly maySpin: boolean
  /** Null: ranks spin. */
  readonly #turns: Turns | null
  readonly #endpointOfRank: Int32Array
  readonly #areas: Areas
  readonly #buffers: SharedBuffers | null
  /** By endpoint. */
  readonly #bells: readonly Doorbell[]

  constructor(node: NodeMemory, endpointOfRank: Int32Array, turns: Turns | null, buffers: SharedBuffers | null) {
    this.memory = node.memory
    this.maySpin = turns === null
    this.#turns = turns
    this.#endpointOfRank = endpointOfRank
    this.#areas = new Areas(node)
    this.#buffers = buffers
    this.#bells = Array.from({ length: node.endpoints }, (_, endpoint) => new Doorbell(node, endpoint))
  }

  isHere(rank: number): boolean {
    return (this.#endpointOfRank[rank] ?? -1) >= 0
  }

  claim(owner: number, kind: number, users: number, bytes: number): number {
    return this.#areas.claim(owner, kind, users, bytes)
  }

  release(owner: number, kind: number): void {
    this.#areas.release(owner, kind)
  }

  show(rank: number, buffer: SharedArrayBuffer): number {
    return this.#buffers?.pin(rank, buffer) ?? 0
  }

  hide(rank: number, id: number): void {
    this.#buffers?.unpin(rank, id)
  }

  knows(rank: number, buffer: SharedArrayBuffer): boolean {
    return this.#buffers?.isKnownTo(rank, buffer) ?? false
  }

  find(rank: number, id: number): SharedArrayBuffer {
    if (this.#buffers === null) throw new Error(`rank ${rank} shows memory to a rank without shared buffers`)
    return this.#buffers.find(rank, id)
  }

  giveTurns(watch: Watch): boolean {
    return this.#turns?.giveUntil(watch) ?? false
  }

  wake(rank: number): void {
    this.#bells[this.#endpointOfRank[rank] ?? -1]?.ring()
  }
}
