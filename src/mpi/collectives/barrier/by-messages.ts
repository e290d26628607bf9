import type { PendingRequest } from '../../requests/pending-request.ts'
import { Collective } from '../call/collective.ts'
import type { Members } from '../call/members.ts'
import type { Plan } from '../call/run.ts'
import type { Steps } from '../call/steps.ts'
import { nodeTree } from '../by-messages/trees.ts'

const NOTHING = { datatype: 0, bytes: new Uint8Array(0) }

/** MPI_Barrier (MPI 4.1 §6.3): nobody leaves before all have come. */
export function barrier(members: Members): Plan<void> {
  const collective = new Collective(members, { call: 'barrier', root: -1, op: null, type: 0 })
  const { size, nodes } = members
  const ranks = [...Array(size).keys()]
  const isTogether = nodes.count === 1
  return { collective, steps: isTogether ? disseminate(collective, ranks) : meetByNode(collective) }
}

/** A collective whose steps begin when `before` are done; fails where one of them does. */
export function behind<T>(before: readonly PendingRequest<unknown>[], plan: Plan<T>): Plan<T> {
  return { ...plan, steps: stepsBehind(before, plan.steps) }
}

function* stepsBehind<T>(before: readonly PendingRequest<unknown>[], steps: Steps<T>): Steps<T> {
  for (const request of before) {
    yield request
    request.result()
  }
  return yield* steps
}

/** The ranks of a node come to one of them; these disseminate that their nodes have come, and send the others on their way. */
function* meetByNode(collective: Collective): Steps<void> {
  const { nodes } = collective
  const { parent, children } = nodeTree(collective)
  yield* hear(collective, children)
  if (parent < 0) {
    yield* disseminate(collective, nodes.heads)
  } else {
    collective.send(parent, NOTHING)
    yield* hear(collective, [parent])
  }
  for (const child of children) collective.send(child, NOTHING)
}

function* hear(collective: Collective, sources: readonly number[]): Steps<void> {
  const receives = sources.map((source) => collective.receive(source))
  for (const receive of receives) {
    yield receive
    receive.check()
  }
}

/** In round k each rank tells the one 2^k above it that it, and all that it has heard of, have come: log2(size) rounds. */
function* disseminate(collective: Collective, ranks: readonly number[]): Steps<void> {
  const size = ranks.length
  const at = ranks.indexOf(collective.rank)
  for (let distance = 1; distance < size; distance *= 2) {
    collective.send(ranks[(at + distance) % size] ?? 0, NOTHING)
    yield* hear(collective, [ranks[(at - distance + size) % size] ?? 0])
  }
}
