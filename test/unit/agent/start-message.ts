import { ownStart } from '../../../src/agent/own-start.ts'
import type { StartAgent, StartAgents } from '../../../src/wire/control-messages.ts'

/** Of two nodes; node 1 has ranks 4 and 6 of eight. */
export function startMessage(changes: Partial<StartAgents> = {}): StartAgents {
  return {
    type: 'start',
    jobId: 'abc',
    nodeCount: 2,
    size: 8,
    nodeOfRank: [0, 0, 0, 0, 1, 0, 1, 0],
    programs: [{ path: 'given.js', args: [], source: { code: '', format: 'commonjs' } }],
    appSizes: [8],
    environment: { clean: false, set: {} },
    wdirs: [process.cwd()],
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

/** What node 1 makes of it. */
export function startOfNode(changes: Partial<StartAgents> = {}): StartAgent {
  return ownStart(startMessage(changes), 1)
}
