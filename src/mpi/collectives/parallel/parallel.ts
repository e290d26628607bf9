import type { Progress } from '../../api/parallel-options.ts'
import { ANY_SOURCE } from '../../terms/constants.ts'
import { type Chunk, Chunks } from './chunks.ts'
import type { CollectiveReceive } from '../call/collective-receive.ts'
import type { Collective } from '../call/collective.ts'
import { FailedItem } from '../call/failure.ts'
import { packetOf, valueOf } from '../call/packet.ts'
import { PAUSE, type Steps } from '../call/steps.ts'

/** Chunks that a rank has at a time: one it works on, and one in advance. */
const CHUNKS_IN_ADVANCE = 2
/** A rank that works looks for messages about this often. */
const PAUSE_MS = 0.05
const PROGRESS_MS = 100

/** What the ranks do with the items, and what root does with the results. */
export interface Work<T, R> {
  readonly fn: (item: T, index: number) => R
  /** Makes the result of a chunk: gets the result of each item in order. */
  readonly collect: (chunkSize: number) => { add(result: R): void; readonly outcome: unknown }
  /** Takes the outcome of a chunk; on root, in order of completion. */
  readonly accept: (chunk: Chunk, outcome: unknown) => void
  readonly chunkSize: number | null
  readonly onProgress?: ((progress: Progress) => void) | undefined
}

/** A chunk as it travels: position of its first item, and its items. Nothing: there is no more work. */
type ChunkMessage<T> = readonly [number, readonly T[]] | null

/** Root's part: hands chunks out on demand and works on others itself. */
export function* distribute<T, R>(collective: Collective, work: Work<T, R>, items: readonly T[]): Steps<void> {
  const chunks = new Chunks(items.length, collective.size, work.chunkSize)
  const handedOut = new Map<number, Chunk[]>()
  const report = progressReporter(work.onProgress, items.length)
  let outstanding = 0

  const give = (rank: number): void => {
    const chunk = chunks.next()
    const mine = handedOut.get(rank) ?? []
    handedOut.set(rank, mine)
    if (chunk === null) return
    collective.send(rank, packetOf([chunk.from, items.slice(chunk.from, chunk.to)] satisfies ChunkMessage<T>))
    mine.push(chunk)
    outstanding += 1
  }
  const takeResult = (receive: CollectiveReceive): void => {
    // What has come may be of another call.
    receive.check()
    const rank = receive.from
    const chunk = handedOut.get(rank)?.shift()
    if (chunk === undefined) throw new Error(`${collective.call}: rank ${rank} answered without being asked`)
    outstanding -= 1
    give(rank)
    work.accept(chunk, valueOf(receive.packet))
    report(chunk)
  }

  const others = [...Array(collective.size).keys()].filter((rank) => rank !== collective.rank)
  for (let i = 0; i < CHUNKS_IN_ADVANCE; i += 1) for (const rank of others) give(rank)
  let receive: CollectiveReceive | null = null
  const takeResults = (): void => {
    for (;;) {
      if (receive === null && outstanding > 0) receive = collective.receive(ANY_SOURCE)
      if (receive === null || receive.isPending) return
      takeResult(receive)
      receive = null
    }
  }
  for (let chunk = chunks.next(); chunk !== null; chunk = chunks.next()) {
    const steps = compute(work, items.slice(chunk.from, chunk.to), chunk.from)
    let step = steps.next()
    while (step.done !== true) {
      yield PAUSE
      takeResults()
      step = steps.next()
    }
    work.accept(chunk, step.value)
    report(chunk)
    // A chunk of one long item has no pause in it, and the others wait for their next.
    yield PAUSE
    takeResults()
  }
  while (outstanding > 0) {
    receive ??= collective.receive(ANY_SOURCE)
    yield receive
    takeResult(receive)
    receive = null
  }
  for (const rank of others) collective.send(rank, packetOf(null satisfies ChunkMessage<T>))
}

/** The part of every other rank: works on what root sends until there is no more. */
export function* serve<T, R>(collective: Collective, work: Work<T, R>, root: number): Steps<void> {
  for (;;) {
    const receive = collective.receive(root)
    yield receive
    const message = valueOf<ChunkMessage<T>>(receive.packet)
    if (message === null) return
    const [from, items] = message
    const outcome = yield* compute(work, items, from)
    collective.send(root, packetOf(outcome))
  }
}

/** Applies the function to the items, with pauses in which messages move. */
function* compute<T, R>(
  work: Work<T, R>,
  items: readonly T[],
  from: number,
): Generator<typeof PAUSE, unknown, undefined> {
  const collector = work.collect(items.length)
  let stride = 1
  let untilPause = stride
  let since = performance.now()
  for (let i = 0; i < items.length; i += 1) {
    if (untilPause === 0) {
      const now = performance.now()
      // Looking at the clock after every item would cost more than a short function does.
      stride = now - since < PAUSE_MS ? stride * 2 : Math.max(1, stride >> 1)
      yield PAUSE
      untilPause = stride
      since = performance.now()
    }
    untilPause -= 1
    // The index is below the length.
    collector.add(call(work.fn, items[i] as T, from + i))
  }
  return collector.outcome
}

function call<T, R>(fn: (item: T, index: number) => R, item: T, index: number): R {
  try {
    return fn(item, index)
  } catch (thrown) {
    throw new FailedItem(index, thrown)
  }
}

function progressReporter(onProgress: Work<never, never>['onProgress'], total: number): (chunk: Chunk) => void {
  let done = 0
  let reportedAt = Number.NEGATIVE_INFINITY
  return (chunk) => {
    done += chunk.to - chunk.from
    if (onProgress === undefined) return
    const now = performance.now()
    if (now - reportedAt < PROGRESS_MS && done < total) return
    reportedAt = now
    onProgress({ done, total })
  }
}
