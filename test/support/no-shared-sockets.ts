import type { NodeLines } from '../../src/agent/routing/router-options.ts'

/** Lines to other nodes that ranks cannot write to themselves. */
export const noSharedSockets: Pick<NodeLines, 'lendRest' | 'hasTurn' | 'goOn'> = {
  lendRest: () => true,
  hasTurn: () => false,
  goOn: () => undefined,
}
