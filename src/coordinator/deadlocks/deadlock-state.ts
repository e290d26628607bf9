import { PagedMap } from '../../base/paged-map.ts'
import type { NodeWaits, RankWait } from '../../wire/control-messages.ts'

/**
 * When do all ranks wait for each other? A pure function, as job-step.ts: `step(state, event)` gives the next state and what is to be done.
 *
 *   watching ──every node is stalled──► counting ──all stuck, sent = received──► pausing ──► asking ──the same again──► deadlock
 *      ▲                                    └── otherwise ──► resting ──► counting ◄── otherwise ──┘         │
 *      └── a node is not stalled any more, from anywhere ◄──────────────────────────────────────────────────┘
 *
 * Two rounds with equal counts prove that nothing was on its way between nodes in the first, and that nobody has done anything until
 * the second (Mattern, Algorithms for distributed termination detection, 1987, §5: the four counter method). In the second round the
 * ranks themselves say what they wait for, and whether anything else than messages may wake them.
 */
export interface DeadlockState {
  readonly nodeIds: ReadonlySet<number>
  readonly stage: 'watching' | 'counting' | 'pausing' | 'asking' | 'resting'
  /** Number of the latest question; answers to earlier ones do not count. */
  readonly question: number
  readonly stalled: PagedMap<true>
  readonly answers: PagedMap<NodeWaits>
  /** Answers of the first round. */
  readonly counted: PagedMap<NodeWaits>
  /** Rest before the next attempt. */
  readonly restMs: number
}

export type DeadlockEvent =
  | { readonly type: 'stalled'; readonly nodeId: number; readonly isStalled: boolean }
  | { readonly type: 'waits'; readonly nodeId: number; readonly question: number; readonly waits: NodeWaits }
  /** The job goes on without that node. */
  | { readonly type: 'nodeLost'; readonly nodeId: number }
  /** The time of a `wake` command has passed. */
  | { readonly type: 'awake'; readonly question: number }

export type DeadlockCommand =
  /** Ask all nodes. */
  | { readonly type: 'ask'; readonly question: number; readonly wantsDetails: boolean }
  /** Send 'awake' with this number after `ms`. */
  | { readonly type: 'wake'; readonly question: number; readonly ms: number }
  /** Ranks that are not in the list have finished. */
  | { readonly type: 'deadlock'; readonly waits: readonly RankWait[] }

type Step = readonly [DeadlockState, readonly DeadlockCommand[]]

/** Between the two rounds. */
const PAUSE_MS = 200
/** Ranks that wait for timers and sockets beside messages are asked again and again: ever more rarely. */
const FIRST_REST_MS = 500
const LONGEST_REST_MS = 4000

const NOBODY: PagedMap<NodeWaits> = PagedMap.of()

export function initialDeadlockState(nodeIds: readonly number[]): DeadlockState {
  return {
    nodeIds: new Set(nodeIds),
    stage: 'watching',
    question: 0,
    stalled: PagedMap.of(),
    answers: NOBODY,
    counted: NOBODY,
    restMs: FIRST_REST_MS,
  }
}

export function stepDeadlock(state: DeadlockState, event: DeadlockEvent): Step {
  switch (event.type) {
    case 'stalled':
      return event.isStalled ? nodeStalls(state, event.nodeId) : nodeGetsOn(state, event.nodeId)
    case 'waits':
      return event.question === state.question ? answer(state, event.nodeId, event.waits) : [state, []]
    case 'nodeLost':
      return nodeLost(state, event.nodeId)
    case 'awake':
      return event.question === state.question ? awake(state) : [state, []]
  }
}

/** What the others have said so far is no longer true: they count without that node from now on. */
function nodeLost(before: DeadlockState, nodeId: number): Step {
  const nodeIds = new Set(before.nodeIds)
  nodeIds.delete(nodeId)
  const [state] = nodeGetsOn({ ...before, nodeIds }, nodeId)
  return askIfStalled(state)
}

function nodeStalls(before: DeadlockState, nodeId: number): Step {
  if (!before.nodeIds.has(nodeId)) return [before, []]
  return askIfStalled({ ...before, stalled: before.stalled.with(nodeId, true) })
}

function askIfStalled(state: DeadlockState): Step {
  return state.stage === 'watching' && state.stalled.size === state.nodeIds.size ? ask(state, 'counting') : [state, []]
}

function nodeGetsOn(state: DeadlockState, nodeId: number): Step {
  const stalled = state.stalled.without(nodeId)
  return [{ ...state, stage: 'watching', question: state.question + 1, stalled, restMs: FIRST_REST_MS }, []]
}

function ask(before: DeadlockState, stage: 'counting' | 'asking'): Step {
  const question = before.question + 1
  return [
    { ...before, stage, question, answers: NOBODY },
    [{ type: 'ask', question, wantsDetails: stage === 'asking' }],
  ]
}

function answer(before: DeadlockState, nodeId: number, waits: NodeWaits): Step {
  if (before.stage !== 'counting' && before.stage !== 'asking') return [before, []]
  if (!waits.isStuck) return rest(before)
  const state = { ...before, answers: before.answers.with(nodeId, waits) }
  if (state.answers.size < state.nodeIds.size) return [state, []]
  if (!isQuiet(state.answers)) return rest(state)
  if (state.stage === 'counting') return pause({ ...state, stage: 'pausing', counted: state.answers }, PAUSE_MS)
  if (!isUnchanged(state.counted, state.answers)) return rest(state)
  const ranks = [...state.answers].flatMap(([, node]) => node.ranks ?? [])
  const [next, commands] = rest(state)
  return [next, [{ type: 'deadlock', waits: ranks }, ...commands]]
}

/** Tries again later, unless a node gets on. */
function rest(state: DeadlockState): Step {
  const restMs = Math.min(2 * state.restMs, LONGEST_REST_MS)
  return pause({ ...state, stage: 'resting', restMs }, state.restMs)
}

function pause(before: DeadlockState, ms: number): Step {
  const question = before.question + 1
  return [{ ...before, question }, [{ type: 'wake', question, ms }]]
}

function awake(state: DeadlockState): Step {
  if (state.stage === 'pausing') return ask(state, 'asking')
  return state.stage === 'resting' ? ask(state, 'counting') : [state, []]
}

/** All frames that were sent have been received. */
function isQuiet(answers: PagedMap<NodeWaits>): boolean {
  let onTheWay = 0
  for (const [, { sent, received }] of answers) onTheWay += sent - received
  return onTheWay === 0
}

function isUnchanged(before: PagedMap<NodeWaits>, now: PagedMap<NodeWaits>): boolean {
  return [...now].every(([nodeId, { sent, received, activity }]) => {
    const then = before.get(nodeId)
    return then?.sent === sent && then.received === received && then.activity === activity
  })
}
