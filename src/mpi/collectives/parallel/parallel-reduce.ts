import { copyOfView, isView } from '../../datatypes/datatype.ts'
import { type Op, toOp } from '../../operations/reduce-op.ts'
import { combineValues } from '../../operations/reduce-values.ts'
import { argumentError } from '../call/arguments.ts'
import { Collective } from '../call/collective.ts'
import type { Members } from '../call/members.ts'
import { distribute, serve, type Work } from './parallel.ts'
import { atRoot, checkWork, rootItems } from './parallel-map.ts'
import type { ParallelOptions } from '../../api/parallel-options.ts'
import { loopFor } from '../call/reduction.ts'
import type { Plan } from '../call/run.ts'
import type { Steps } from '../call/steps.ts'

/**
 * `fn` of each of root's items, spread over all ranks on demand, and the results combined with `op`: those of a chunk on the rank that did
 * it, those of the chunks on root, always in the order of the items. So the result depends on the items, the size of the communicator and
 * `chunkSize` alone. Root gets it (undefined without items), the others undefined. Errors as in `parallelMap`; ERR_OP, ERR_TYPE.
 */
export function parallelReduce<T, R>(
  members: Members,
  fn: (item: T, index: number) => R,
  givenOp: unknown,
  items: Iterable<T> | undefined,
  options: ParallelOptions,
): Plan<R | undefined> {
  const root = checkWork(members, 'parallelReduce', fn, options)
  const op = toOp(givenOp, members.collectives.engine.rank, 'parallelReduce')
  const collective = new Collective(members, { call: 'parallelReduce', root, op, type: 0 })
  const fold = (): Fold<R> => new Fold(members, op)
  const steps = reduceSteps(members, collective, { fn, fold, root, options }, items)
  return { collective, steps, translate: atRoot(members, root) }
}

interface FoldedWork<T, R> {
  readonly fn: (item: T, index: number) => R
  readonly fold: () => Fold<R>
  readonly root: number
  readonly options: ParallelOptions
}

function* reduceSteps<T, R>(
  members: Members,
  collective: Collective,
  { fn, fold, root, options }: FoldedWork<T, R>,
  given: Iterable<T> | undefined,
): Steps<R | undefined> {
  // What is wrong on root alone fails the call on all ranks.
  const items = rootItems(members, 'parallelReduce', given, root)
  const whole = fold()
  // Chunks that are done before one in front of them.
  const waiting = new Map<number, R>()
  let nextIndex = 0
  const work: Work<T, R> = {
    fn,
    collect: fold,
    accept: (chunk, outcome) => {
      // Made by collect, here or on another rank; a chunk has at least one item.
      waiting.set(chunk.index, outcome as R)
      for (; waiting.has(nextIndex); nextIndex += 1) {
        whole.add(waiting.get(nextIndex) as R)
        waiting.delete(nextIndex)
      }
    },
    chunkSize: options.chunkSize ?? null,
    onProgress: options.onProgress,
  }
  if (items === null) {
    yield* serve(collective, work, root)
    return undefined
  }
  yield* distribute(collective, work, items)
  return whole.outcome
}

/** Combines results from left to right. */
class Fold<R> {
  outcome: R | undefined = undefined
  private isEmpty = true
  private readonly members: Members
  private readonly op: Op

  constructor(members: Members, op: Op) {
    this.members = members
    this.op = op
  }

  add(result: R): void {
    if (this.isEmpty) {
      // fn may return the same view each time: what is written to must be a copy.
      this.outcome = isView(result) ? (copyOfView(result) as R) : result
      this.isEmpty = false
    } else if (isView(result)) {
      this.addView(result)
    } else {
      const { engine } = this.members.collectives
      // Operations return what they take.
      this.outcome = combineValues(this.op, this.outcome, result, engine.rank, 'parallelReduce') as R
    }
  }

  private addView(result: R): void {
    const sum: unknown = this.outcome
    if (!isView(sum) || !isView(result) || sum.length !== result.length || sum.constructor !== result.constructor) {
      const reason = 'fn returned views of different types or lengths'
      throw argumentError(this.members, 'ERR_TYPE', 'parallelReduce', reason)
    }
    loopFor(this.members, 'parallelReduce', sum, this.op)(sum, 0, sum, 0, result, 0, sum.length)
  }
}
