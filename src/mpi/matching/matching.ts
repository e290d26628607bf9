import type { Envelope } from '../../wire/envelope.ts'
import { ANY_SOURCE, ANY_TAG } from '../terms/constants.ts'

/** What a receive must have to be posted; `MatchQueues` alone writes the last four. */
export interface Posted<R> {
  /** World rank, or ANY_SOURCE. */
  readonly source: number
  /** Tag, or ANY_TAG. */
  readonly tag: number
  order: number
  lane: Lane<R> | null
  next: R | null
  previous: R | null
}

/** What a message must have to wait for its receive; `MatchQueues` alone writes the last four. */
export interface Arrived<M> {
  readonly envelope: Envelope
  laneNext: M | null
  next: M | null
  previous: M | null
  isQueued: boolean
}

/** Posted receives in posting order. */
export class Lane<R> {
  first: R | null = null
  last: R | null = null
}

/** What is queued for one (source, tag): receives or messages, never both. A message always leaves from the front. */
class Bucket<R, M> extends Lane<R> {
  firstArrived: M | null = null
  lastArrived: M | null = null
}

/** Counts the posted receives of several contexts by source. */
export class PostedTally {
  total = 0
  anySource = 0
  /** By world rank. */
  private readonly bySource: number[] = []

  /** Whether a receive waits for what `source` may send. */
  awaits(source: number): boolean {
    return this.anySource > 0 || (this.bySource[source] ?? 0) > 0
  }

  add(source: number, count: 1 | -1): void {
    this.total += count
    if (source === ANY_SOURCE) {
      this.anySource += count
      return
    }
    while (this.bySource.length <= source) this.bySource.push(0)
    this.bySource[source] = (this.bySource[source] as number) + count
  }
}

/** Tags of one source whose empty buckets are kept for the next message. */
const KEPT_BUCKETS = 64
const NO_TAG = -1

/** Buckets of one source, by tag. Programs use the same tag again and again, and a look into a map takes as long as the rest of a match. */
class Buckets<R, M> {
  private readonly byTag = new Map<number, Bucket<R, M>>()
  private latestTag = NO_TAG
  private latest: Bucket<R, M> | null = null

  get(tag: number): Bucket<R, M> | null {
    if (tag === this.latestTag) return this.latest
    const bucket = this.byTag.get(tag) ?? null
    if (bucket !== null) this.remember(tag, bucket)
    return bucket
  }

  make(tag: number): Bucket<R, M> {
    const bucket = new Bucket<R, M>()
    this.byTag.set(tag, bucket)
    this.remember(tag, bucket)
    return bucket
  }

  // Tags may go on for ever (the sequence numbers of collectives do).
  dropIfEmpty(tag: number, bucket: Bucket<R, M>): void {
    if (bucket.first !== null || bucket.firstArrived !== null || this.byTag.size <= KEPT_BUCKETS) return
    this.byTag.delete(tag)
    if (bucket !== this.latest) return
    this.latestTag = NO_TAG
    this.latest = null
  }

  all(): Bucket<R, M>[] {
    return [...this.byTag.values()]
  }

  private remember(tag: number, bucket: Bucket<R, M>): void {
    this.latestTag = tag
    this.latest = bucket
  }
}

/**
 * Posted receives and unexpected messages of one context (MPI 4.1 §3.5): messages of one source do not overtake, receives match in
 * posting order, a wildcard takes the earliest arrival. Constant time without wildcards; a wildcard receive of a tag looks at the messages
 * that arrived before the one it takes.
 */
export class MatchQueues<R extends Posted<R>, M extends Arrived<M>> {
  readonly context: number
  /** Number of messages that wait for a receive, and of receives that wait for a message. */
  unexpectedCount = 0
  postedCount = 0
  private readonly sources: (Buckets<R, M> | undefined)[] = []
  private readonly wildcards = new Lane<R>()
  private firstArrival: M | null = null
  private lastArrival: M | null = null
  private readonly tally: PostedTally
  private nextOrder = 0

  constructor(context: number, tally: PostedTally = new PostedTally()) {
    this.context = context
    this.tally = tally
  }

  /** The message that a receive of (source, tag) would take now; it stays queued. */
  find(source: number, tag: number): M | null {
    if (this.unexpectedCount === 0) return null
    if (source !== ANY_SOURCE && tag !== ANY_TAG) return this.sources[source]?.get(tag)?.firstArrived ?? null
    for (let message = this.firstArrival; message !== null; message = message.next) {
      if (admits(source, tag, message.envelope.source, message.envelope.tag)) return message
    }
    return null
  }

  /** Takes a message that `find` returned out of the queue. */
  take(message: M): void {
    const { source, tag } = message.envelope
    const bucket = this.bucketOf(source, tag)
    bucket.firstArrived = message.laneNext
    if (message.laneNext === null) bucket.lastArrived = null
    message.laneNext = null
    if (message.previous === null) this.firstArrival = message.next
    else message.previous.next = message.next
    if (message.next === null) this.lastArrival = message.previous
    else message.next.previous = message.previous
    message.next = null
    message.previous = null
    message.isQueued = false
    this.unexpectedCount -= 1
    this.sources[source]?.dropIfEmpty(tag, bucket)
  }

  /** Queues a message that no posted receive takes. */
  arrive(message: M): void {
    const bucket = this.bucketOf(message.envelope.source, message.envelope.tag)
    if (bucket.lastArrived === null) bucket.firstArrived = message
    else bucket.lastArrived.laneNext = message
    bucket.lastArrived = message
    message.previous = this.lastArrival
    if (this.lastArrival === null) this.firstArrival = message
    else this.lastArrival.next = message
    this.lastArrival = message
    message.isQueued = true
    this.unexpectedCount += 1
  }

  /** Queues a receive for which `find` found nothing. */
  post(receive: R): void {
    receive.order = this.nextOrder
    this.nextOrder += 1
    const isWildcard = receive.source === ANY_SOURCE || receive.tag === ANY_TAG
    const lane: Lane<R> = isWildcard ? this.wildcards : this.bucketOf(receive.source, receive.tag)
    receive.lane = lane
    receive.previous = lane.last
    if (lane.last === null) lane.first = receive
    else lane.last.next = receive
    lane.last = receive
    this.postedCount += 1
    this.tally.add(receive.source, 1)
  }

  /** Takes a receive out of the queue; false where it is not queued (any more). */
  withdraw(receive: R): boolean {
    const lane = receive.lane
    if (lane === null) return false
    if (receive.previous === null) lane.first = receive.next
    else receive.previous.next = receive.next
    if (receive.next === null) lane.last = receive.previous
    else receive.next.previous = receive.previous
    receive.lane = null
    receive.next = null
    receive.previous = null
    this.postedCount -= 1
    this.tally.add(receive.source, -1)
    if (lane instanceof Bucket) this.sources[receive.source]?.dropIfEmpty(receive.tag, lane)
    return true
  }

  /** The posted receive that a message of (source, tag) goes to, taken out of the queue. */
  match({ source, tag }: Envelope): R | null {
    const receive = this.candidate(source, tag)
    if (receive !== null) this.withdraw(receive)
    return receive
  }

  /** The posted receive that a message of (source, tag) goes to; it stays posted. */
  candidate(source: number, tag: number): R | null {
    if (this.postedCount === 0) return null
    const exact = this.sources[source]?.get(tag)?.first ?? null
    let wildcard = this.wildcards.first
    while (wildcard !== null && !admits(wildcard.source, wildcard.tag, source, tag)) wildcard = wildcard.next
    return exact === null || (wildcard !== null && wildcard.order < exact.order) ? wildcard : exact
  }

  /** Posted receives that name the source, or (with ANY_SOURCE) that name none, in posting order. */
  postedFor(source: number): R[] {
    const found: R[] = []
    const lanes: Lane<R>[] = [this.wildcards, ...(this.sources[source]?.all() ?? [])]
    for (const lane of lanes) {
      for (let receive = lane.first; receive !== null; receive = receive.next) {
        if (receive.source === source) found.push(receive)
      }
    }
    return found.sort((one, other) => one.order - other.order)
  }

  /** All posted receives. */
  posted(): R[] {
    const found: R[] = []
    const lanes: Lane<R>[] = [this.wildcards, ...this.sources.flatMap((buckets) => buckets?.all() ?? [])]
    for (const lane of lanes)
      for (let receive = lane.first; receive !== null; receive = receive.next) found.push(receive)
    return found
  }

  /** Posted receives that name the tag. */
  postedWithTag(tag: number): R[] {
    const found: R[] = []
    const lanes: (Lane<R> | null | undefined)[] = [this.wildcards, ...this.sources.map((buckets) => buckets?.get(tag))]
    for (const lane of lanes) {
      for (let receive = lane?.first ?? null; receive !== null; receive = receive.next) {
        if (receive.tag === tag) found.push(receive)
      }
    }
    return found
  }

  /** Messages that wait for a receive, earliest first. */
  unexpected(): M[] {
    const found: M[] = []
    for (let message = this.firstArrival; message !== null; message = message.next) found.push(message)
    return found
  }

  private bucketOf(source: number, tag: number): Bucket<R, M> {
    const buckets = this.sources[source] ?? this.addSource(source)
    return buckets.get(tag) ?? buckets.make(tag)
  }

  private addSource(source: number): Buckets<R, M> {
    while (this.sources.length <= source) this.sources.push(undefined)
    const buckets = new Buckets<R, M>()
    this.sources[source] = buckets
    return buckets
  }
}

/** Whether a receive of (source, tag) may take a message. */
function admits(source: number, tag: number, messageSource: number, messageTag: number): boolean {
  return (source === ANY_SOURCE || source === messageSource) && (tag === ANY_TAG || tag === messageTag)
}
