import { MpirunError } from '../base/errors.ts'
import type {
  CollectiveSummary,
  CollectiveWait,
  EnvironmentSpec,
  FromAgent,
  ProgramSpec,
  RankFailure,
  RankWait,
  StartAgents,
  ToAgent,
} from './control-messages.ts'
import type { Motion, RankRuns, Ruling } from './council-messages.ts'
import {
  type Bounds,
  bytes,
  count,
  either,
  type Fields,
  flag,
  integer,
  listOf,
  messageOf,
  node,
  nothing,
  number,
  object,
  oneOf,
  optional,
  otherNode,
  ownNode,
  ownRank,
  rank,
  type Shape,
  shown,
  text,
  textsByName,
} from './shape.ts'

/*
 * What control messages look like: the one description that coordinator and agents check them against, where they come in. A message that does not
 * fit loses the node that has sent it.
 */

/** Of one `output`, bytes. */
const MOST_OUTPUT = 1024 * 1024
/** Of a message for the user, a stack, a name: characters. Who makes longer ones cuts them (cutText). */
export const MOST_TEXT: number = 512 * 1024
/** Of one frame from an agent: a rank's failure is the longest. */
export const MOST_FROM_AGENT_BYTES: number = 4 * 1024 * 1024
const MOST_PORT = 65_535
const MOST_STATUS = 255
/** Collectives that a rank names (mpi/collectives/call/ledger.ts, mpi/engine/engine.ts), and some more. */
const MOST_CALLS = 64
const MOST_ADDRESSES = 1024
/** No more nodes and ranks than fit into a message. */
const MOST_RANKS = 2 ** 22

const port = integer(0, MOST_PORT)
const key: Shape<string> = (value) => (typeof value === 'string' && /^[0-9a-f]{64}$/.test(value) ? null : ' is no key')
const anyText = text(Number.POSITIVE_INFINITY)
const shortText = text(1024)
const longText = text(MOST_TEXT)

/** A text that may be of any length, as it may travel. */
export function cutText(long: string): string {
  return long.length <= MOST_TEXT ? long : `${long.slice(0, MOST_TEXT - 1)}…`
}

const signalName: Shape<NodeJS.Signals> = (value) =>
  typeof value === 'string' && /^SIG[A-Z0-9]{1,16}$/.test(value)
    ? null
    : ` is ${shown(value)}, not the name of a signal`

const failure = object<RankFailure>({
  kind: oneOf('error', 'memory', 'exit', 'start'),
  message: longText,
  stack: optional(longText),
})

const summary = object<CollectiveSummary>({
  comm: count,
  name: longText,
  hasFailed: flag,
  mismatch: optional(longText),
  calls: count,
  hash: integer(-(2 ** 31), 2 ** 32 - 1),
  latest: listOf(longText, MOST_CALLS),
})

const collectiveWait = object<CollectiveWait>({
  context: count,
  name: longText,
  rank,
  sequence: count,
  latest: listOf(longText, MOST_CALLS),
})

const rankWait = object<RankWait>({
  rank: ownRank,
  call: longText,
  place: optional(longText),
  collectives: optional(listOf(collectiveWait, MOST_CALLS)),
})

/** In ascending order, none of them empty or beyond the job's ranks: whoever expands them makes a list of at most so many. */
const runs: Shape<RankRuns> = (value, { size }) => {
  if (!Array.isArray(value) || value.length === 0 || value.length > size) return ' is no list of ranks'
  let end = 0
  for (const run of value as readonly unknown[]) {
    if (!Array.isArray(run) || run.length !== 2) return ' is no list of ranks'
    const [first, ranks] = run as readonly unknown[]
    if (!Number.isInteger(first) || !Number.isInteger(ranks)) return ' is no list of ranks'
    if (Number(first) < end || Number(ranks) < 1 || Number(first) + Number(ranks) > size) {
      return ` has ranks from ${Number(first)} on, ${Number(ranks)} of them, in a job of ${size}`
    }
    end = Number(first) + Number(ranks)
  }
  return null
}

const motion = messageOf<Motion>({
  vote: { comm: count, number: count, call: oneOf('agree', 'shrink'), flag, counter: count, members: runs },
  revoke: { comm: count, members: runs },
})

const ruling = messageOf<Ruling>({
  agreed: { comm: count, number: count, mismatch: optional(longText), flag, survivors: runs, counter: count },
  revoked: { comm: count },
})

const fromAgent = messageOf<FromAgent>({
  hello: {
    nodeId: ownNode,
    hostname: shortText,
    pid: count,
    nodeVersion: shortText,
    protocolVersion: count,
    addresses: listOf(shortText, MOST_ADDRESSES),
    port,
  },
  output: { rank: ownRank, stream: oneOf(1, 2), bytes: bytes(MOST_OUTPUT) },
  stdinWanted: { rank: ownRank },
  rankExit: {
    rank: ownRank,
    status: integer(0, MOST_STATUS),
    failure: optional(failure),
    collectives: optional(listOf(summary, MOST_CALLS)),
    toldNodes: listOf(otherNode, MOST_RANKS),
  },
  // comm.abort() takes any number, NaN too (coordinator/job-result.ts).
  abort: { rank: ownRank, status: number },
  agentFailure: {
    message: longText,
    exitStatus: integer(1, MOST_STATUS),
    peer: optional(otherNode),
    isUnreached: optional(flag),
  },
  peerMisfit: { peer: otherNode, what: longText },
  askDial: { nodeId: otherNode },
  askRelay: { nodeId: otherNode },
  stalled: { isStalled: flag },
  waits: {
    question: count,
    isStuck: flag,
    activity: count,
    sent: count,
    received: count,
    ranks: optional(listOf(rankWait, MOST_RANKS)),
  },
  motion: { rank: ownRank, motion },
  bye: {},
})

const environment: Fields<EnvironmentSpec> = { clean: flag, set: textsByName(Number.POSITIVE_INFINITY) }

const start: Fields<Omit<StartAgents, 'type'>> = {
  jobId: shortText,
  nodeCount: integer(1, MOST_RANKS),
  size: integer(1, MOST_RANKS),
  nodeOfRank: listOf(integer(0, MOST_RANKS), MOST_RANKS),
  programs: listOf(
    object<ProgramSpec>({
      path: anyText,
      args: listOf(anyText),
      source: optional(
        object<NonNullable<ProgramSpec['source']>>({
          code: anyText,
          format: oneOf('module', 'commonjs'),
          esbuild: optional(anyText),
        }),
      ),
      environment: optional(
        object<NonNullable<ProgramSpec['environment']>>({ ...environment, over: oneOf('node', 'job') }),
      ),
    }),
  ),
  environment: object<EnvironmentSpec>(environment),
  appSizes: listOf(count, MOST_RANKS),
  wdirs: listOf(anyText, MOST_RANKS),
  terminal: object<StartAgents['terminal']>({ stdoutIsTty: flag, stderrIsTty: flag, columns: count }),
  syncSend: flag,
  pool: flag,
  epochMs: number,
  findsDeadlocks: flag,
  sharesSockets: flag,
  outlivesRanks: flag,
  forwardSignals: listOf(signalName, MOST_CALLS),
  nodeFlags: listOf(anyText),
}

const toAgent = messageOf<ToAgent>({
  start,
  signal: { signal: signalName, endAfterMs: optional(integer(0, 2 ** 31 - 1)) },
  stdin: { rank: ownRank, bytes: either(nothing, bytes(Number.POSITIVE_INFINITY)) },
  outputDone: { rank: ownRank, bytes: integer(0, MOST_OUTPUT) },
  end: {},
  rankFinished: { rank, exceptNodes: listOf(node, MOST_RANKS) },
  askWaits: { question: count, wantsDetails: flag },
  deadlock: { table: longText },
  rankLost: { rank, exceptNodes: listOf(node, MOST_RANKS) },
  ruling: { ranks: listOf(ownRank, MOST_RANKS), ruling },
  nodeLost: { nodeId: node },
  dial: { nodeId: otherNode, addresses: listOf(shortText, MOST_ADDRESSES), port, key },
  relay: { nodeId: otherNode },
})

/** A message of the agent of node `bounds.nodeId`. Throws ERR_PROTOCOL, whose message goes on from 'node X sent '. */
export function checkFromAgent(message: unknown, bounds: Bounds): FromAgent {
  return checked(fromAgent, message, bounds)
}

/** Messages for the agent of node `nodeId`, whose start says what those behind it are measured against. Throws as checkFromAgent(). */
export function toAgentChecker(nodeId: number): (message: unknown) => ToAgent {
  let bounds: Bounds | undefined
  return (value) => {
    const message = checked(toAgent, value, bounds ?? { size: 0, nodeCount: 0, nodeOfRank: [], nodeId })
    if (message.type !== 'start') return message
    const fault = bounds === undefined ? startFault(message, nodeId) : 'comes a second time'
    if (fault !== null) throw misfit(` of type start that ${fault}`)
    bounds = { ...message, nodeId }
    return message
  }
}

/** What does not go together in a start. */
function startFault(start: StartAgents, nodeId: number): string | null {
  const { size, nodeCount, nodeOfRank, programs, appSizes, wdirs } = start
  if (nodeOfRank.length !== size) return `names nodes of ${nodeOfRank.length} ranks, the job has ${size}`
  if (nodeId >= nodeCount || nodeOfRank.some((id) => id >= nodeCount))
    return `names more nodes than the job's ${nodeCount}`
  if (appSizes.length !== programs.length || wdirs.length !== programs.length) return 'does not say all of its programs'
  if (appSizes.reduce((sum, ranks) => sum + ranks, 0) !== size) return 'has programs of other ranks than the job has'
  return null
}

function checked<T>(shape: Shape<T>, message: unknown, bounds: Bounds): T {
  const fault = shape(message, bounds)
  if (fault !== null) throw misfit(fault)
  // What the shape says.
  return message as T
}

function misfit(fault: string): MpirunError {
  return new MpirunError('ERR_PROTOCOL', `a control message${fault}`)
}
