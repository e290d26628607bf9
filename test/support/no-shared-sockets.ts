import type { NodeLines } from '../../src/agent/router.ts'

/** Lines to other nodes that ranks cannot write to themselves. */
export const noSharedSockets: Pick<NodeLines, 'lendRest' | 'isShared' | 'hasTurn' | 'goOn'> = {
  lendRest: () => true,
  isShared: () => false,
  hasTurn: () => false,
  goOn: () => undefined,
}
