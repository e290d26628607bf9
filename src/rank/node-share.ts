import type { SharedMemory } from '../mpi/link.ts'
import { Areas } from '../shm/areas.ts'
import { Doorbell } from '../shm/doorbell.ts'
import type { NodeMemory } from '../shm/layout.ts'

/** The node's region as the collectives of one rank see it. */
export class NodeShare implements SharedMemory {
  readonly memory: NodeMemory['memory']
  readonly maySpin: boolean
  readonly #endpointOfRank: Int32Array
  readonly #areas: Areas
  /** By endpoint. */
  readonly #bells: readonly Doorbell[]

  constructor(node: NodeMemory, endpointOfRank: Int32Array, maySpin: boolean) {
    this.memory = node.memory
    this.maySpin = maySpin
    this.#endpointOfRank = endpointOfRank
    this.#areas = new Areas(node)
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

  wake(rank: number): void {
    this.#bells[this.#endpointOfRank[rank] ?? -1]?.ring()
  }
}
