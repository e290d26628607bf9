import type { StartAgent } from '../../../src/wire/control-messages.ts'

/** Node 1 of two, with ranks 4 and 6 of eight. */
export function startMessage(changes: Partial<StartAgent> = {}): StartAgent {
  return {
    type: 'start',
    jobId: 'abc',
    nodeId: 1,
    nodeCount: 2,
    size: 8,
    nodeOfRank: [0, 0, 0, 0, 1, 0, 1, 0],
    ranks: [
      { rank: 4, localRank: 0, app: 0 },
      { rank: 6, localRank: 1, app: 0 },
    ],
    programs: [{ path: 'given.js', args: [], source: { code: '', format: 'commonjs' } }],
    environment: { clean: false, set: {} },
    wdir: process.cwd(),
    peers: [],
    terminal: { stdoutIsTty: false, stderrIsTty: false, columns: 80 },
    syncSend: false,
    findsDeadlocks: false,
    sharesSockets: false,
    outlivesRanks: false,
    forwardSignals: ['SIGUSR1', 'SIGUSR2'],
    nodeFlags: [],
    pool: false,
    epochMs: 0,
    ...changes,
  }
}
