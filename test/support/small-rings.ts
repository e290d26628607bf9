import type { NodeMemory } from '../../src/shm/layout.ts'

/** The region with rings between ranks that are as small as those to the agent, so that they are soon full. */
export function withSmallRings({ memory, endpoints, ringBytes, inboxes, areas }: NodeMemory): NodeMemory {
  return { memory, endpoints, ringBytes, ...(inboxes && { inboxes }), ...(areas && { areas }) }
}
