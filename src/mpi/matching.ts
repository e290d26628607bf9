import type { Envelope } from '../wire/envelope.ts'
import { ANY_SOURCE, ANY_TAG } from './constants.ts'

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

/** Tags of one source whose empty buckets are kept for the next message. */
const KEPT_BUCKETS = 64

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
  private readonly sources: (Map<number, Bucket<R, M>> | undefined)[] = []
  private readonly wildcards = new Lane<R>()
  private firstArrival: M | null = null
  private lastArrival: M | null = null
  private nextOrder = 0

  constructor(context: number) {
    this.context = context
  }

  /** The message that a receive of (source, tag) would take now; it stays queued. */
  find(source: number, tag: number): M | null {
    if (this.unexpectedCount === 0) return null
    if (source !== ANY_SOURCE && tag !== ANY_TAG) return this.sources[source]?.get(tag)?.firstArrived ?? null
    for (let message = this.firstArrival; message !== null; message = message.next) {
      if (admits(source, tag, message.envelope)) return message
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
    this.dropIfEmpty(source, tag, bucket)
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
    if (lane instanceof Bucket) this.dropIfEmpty(receive.source, receive.tag, lane)
    return true
  }

  /** The posted receive that a message with this envelope goes to, taken out of the queue. */
  match(envelope: Envelope): R | null {
    if (this.postedCount === 0) return null
    const exact = this.sources[envelope.source]?.get(envelope.tag)?.first ?? null
    let wildcard = this.wildcards.first
    while (wildcard !== null && !admits(wildcard.source, wildcard.tag, envelope)) wildcard = wildcard.next
    const receive = exact === null || (wildcard !== null && wildcard.order < exact.order) ? wildcard : exact
    if (receive !== null) this.withdraw(receive)
    return receive
  }

  /** Posted receives that name the source, or (with ANY_SOURCE) that name none, in posting order. */
  postedFor(source: number): R[] {
    const found: R[] = []
    const lanes: Lane<R>[] = [this.wildcards, ...(this.sources[source]?.values() ?? [])]
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
    const lanes: Lane<R>[] = [this.wildcards, ...this.sources.flatMap((buckets) => [...(buckets?.values() ?? [])])]
    for (const lane of lanes)
      for (let receive = lane.first; receive !== null; receive = receive.next) found.push(receive)
    return found
  }

  /** Posted receives that name the tag. */
  postedWithTag(tag: number): R[] {
    const found: R[] = []
    const lanes: (Lane<R> | undefined)[] = [this.wildcards, ...this.sources.map((buckets) => buckets?.get(tag))]
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
    let buckets = this.sources[source]
    if (buckets === undefined) {
      while (this.sources.length <= source) this.sources.push(undefined)
      buckets = new Map()
      this.sources[source] = buckets
    }
    let bucket = buckets.get(tag)
    if (bucket === undefined) {
      bucket = new Bucket()
      buckets.set(tag, bucket)
    }
    return bucket
  }

  // Tags may go on for ever (the sequence numbers of collectives do).
  private dropIfEmpty(source: number, tag: number, bucket: Bucket<R, M>): void {
    if (bucket.first !== null || bucket.firstArrived !== null) return
    const buckets = this.sources[source]
    if (buckets !== undefined && buckets.size > KEPT_BUCKETS) buckets.delete(tag)
  }
}

/** Whether a receive of (source, tag) may take a message. */
function admits(source: number, tag: number, envelope: Envelope): boolean {
  return (source === ANY_SOURCE || source === envelope.source) && (tag === ANY_TAG || tag === envelope.tag)
}
