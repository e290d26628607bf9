import { MPIError } from '../../terms/mpi-error.ts'
import { argumentError, checkRoot } from '../call/arguments.ts'
import { whatIs } from '../../terms/in-words.ts'
import type { Chunk } from './chunks.ts'
import { Collective } from '../call/collective.ts'
import type { Members } from '../call/members.ts'
import { distribute, serve, type Work } from './parallel.ts'
import type { MapOptions, ParallelOptions } from '../../api/parallel-options.ts'
import type { Plan } from '../call/run.ts'
import type { Steps } from '../call/steps.ts'

/**
 * `fn` of each of root's items, spread over all ranks on demand; root gets the results in order of the items, the others undefined.
 * An error thrown by `fn` is thrown on root as it was, with `remoteStack`, `rank` and `index`; the other ranks get ERR_OTHER.
 */
export function parallelMap<T, R>(
  members: Members,
  fn: (item: T, index: number) => R,
  items: Iterable<T> | undefined,
  options: MapOptions,
): Plan<R[] | undefined> {
  const root = checkWork(members, 'parallelMap', fn, options)
  const collective = new Collective(members, { call: 'parallelMap', root, op: null, type: 0 })
  const steps = mapSteps(members, collective, { fn, root, options }, items)
  return { collective, steps, translate: atRoot(members, root) }
}

interface MappedWork<T, R> {
  readonly fn: (item: T, index: number) => R
  readonly root: number
  readonly options: MapOptions
}

function* mapSteps<T, R>(
  members: Members,
  collective: Collective,
  { fn, root, options }: MappedWork<T, R>,
  given: Iterable<T> | undefined,
): Steps<R[] | undefined> {
  // What is wrong on root alone fails the call on all ranks.
  const items = rootItems(members, 'parallelMap', given, root)
  const results: R[] = options.ordered === false || items === null ? [] : new Array<R>(items.length)
  const work: Work<T, R> = {
    fn,
    collect: (chunkSize) => new List(chunkSize),
    accept: ({ from }: Chunk, outcome: unknown) => {
      // Made by collect, here or on another rank.
      const list = outcome as R[]
      for (let i = 0; i < list.length; i += 1) {
        const result = list[i] as R
        if (options.ordered === false) results.push(result)
        else results[from + i] = result
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
  return results
}

class List<R> {
  readonly outcome: R[]
  private length = 0

  constructor(length: number) {
    this.outcome = new Array<R>(length)
  }

  add(result: R): void {
    this.outcome[this.length] = result
    this.length += 1
  }
}

/** Checks what all ranks give alike; returns the root. */
export function checkWork(members: Members, call: string, fn: unknown, options: ParallelOptions): number {
  const { root = 0 } = options
  checkRoot(members, call, root)
  if (typeof fn !== 'function')
    throw argumentError(members, 'ERR_ARG', call, `fn is ${whatIs(fn)}; it must be a function`)
  const { chunkSize } = options
  if (chunkSize !== undefined && (!Number.isInteger(chunkSize) || chunkSize < 1)) {
    throw argumentError(members, 'ERR_COUNT', call, `chunkSize = ${chunkSize}; it must be an integer of at least 1`)
  }
  return root
}

/** Root's items as an array; null on the other ranks. */
export function rootItems<T>(members: Members, call: string, items: Iterable<T> | undefined, root: number): T[] | null {
  if (members.rank !== root) return null
  if (items === undefined || items === null || typeof items[Symbol.iterator] !== 'function') {
    throw argumentError(
      members,
      'ERR_ARG',
      call,
      `the items on root are ${whatIs(items)}; they must be an array or iterable`,
    )
  }
  return Array.isArray(items) ? items : Array.from(items)
}

/** Root throws what the function threw, wherever that was. */
export function atRoot(members: Members, root: number): (error: unknown) => unknown {
  return (error) => {
    const isRemote = error instanceof MPIError && error.code === 'ERR_OTHER' && error.cause !== undefined
    return members.rank === root && isRemote ? error.cause : error
  }
}
