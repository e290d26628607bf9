import type { JobCommand } from './job-events.ts'
import { type JobResult, type JobCause, statusOf } from '../job-result.ts'
import { allGone, type JobState } from './job-state.ts'

/** The state behind an event, and what is to be done. */
export type Step = readonly [JobState, readonly JobCommand[]]

/** Agents have this long to end their ranks and say goodbye. */
export const END_MS = 2000

/** Begins to end the job; a cause that is already known stays. */
export function end(before: JobState, cause: JobCause | undefined): Step {
  if (before.phase === 'ending') return finishWhenAllGone(before)
  const state: JobState = { ...before, phase: 'ending', cause: before.cause ?? cause }
  if (allGone(state)) return finish(state)
  return [state, [{ type: 'endAgents' }, { type: 'armDeadline', ms: END_MS }]]
}

/** All ranks are over, none of them in a way that ends the job. */
export function allOver(state: JobState): Step {
  const { firstLoss, outlives, hasEndedWell } = state
  if (outlives === 'nodes' || hasEndedWell === true || firstLoss === undefined) return end(state, undefined)
  return end(state, { type: 'allLost', status: statusOf(firstLoss) })
}

export function finishWhenAllGone(state: JobState): Step {
  return state.phase === 'ending' && allGone(state) ? finish(state) : [state, []]
}

export function finish(state: JobState): Step {
  const { cause } = state
  const result: JobResult = { status: statusOf(cause), ...(cause === undefined ? {} : { cause }) }
  return [{ ...state, phase: 'over' }, [{ type: 'finish', result }]]
}
