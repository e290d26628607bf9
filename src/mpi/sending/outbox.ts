import type { Envelope } from '../../wire/envelope.ts'
import type { Link } from '../link/link.ts'
import type { SendRequest } from './send-request.ts'

/** Messages to one rank, in the order in which they were sent. */
interface Lane {
  first: SendRequest | null
  last: SendRequest | null
}

/** Messages that the link had no room for yet, per receiver. */
export class Outbox {
  private readonly link: Link
  private readonly lanes: (Lane | undefined)[] = []
  /** Ranks with something in their lane. */
  private readonly busy: number[] = []

  constructor(link: Link) {
    this.link = link
  }

  get isEmpty(): boolean {
    return this.busy.length === 0
  }

  /** Whether messages to `rank` wait for room. */
  isBusy(rank: number): boolean {
    return this.busy.length > 0 && this.busy.includes(rank)
  }

  /** Gives the message to the link where nothing waits before it; -1 or the bytes taken, as `Link.trySend`. */
  trySend(envelope: Envelope, payload: Uint8Array): number {
    if (this.busy.length > 0 && this.lanes[envelope.dest]?.first) return -1
    return this.link.trySend(envelope, payload, 0)
  }

  /** Queues what `trySend` has not taken; the request becomes done, or goes on waiting for its match, when it is taken whole. */
  enqueue(request: SendRequest): void {
    const dest = request.envelope.dest
    while (this.lanes.length <= dest) this.lanes.push(undefined)
    const lane = this.lanes[dest] ?? { first: null, last: null }
    this.lanes[dest] = lane
    if (lane.last === null) {
      lane.first = request
      this.busy.push(dest)
    } else {
      lane.last.next = request
    }
    lane.last = request
  }

  /** Hands the link what it has room for; returns whether anything moved. */
  push(): boolean {
    let moved = false
    for (let i = this.busy.length - 1; i >= 0; i -= 1) {
      const lane = this.lanes[this.busy[i] ?? 0]
      if (lane !== undefined && this.pushLane(lane)) moved = true
      if (lane === undefined || lane.first === null) this.busy.splice(i, 1)
    }
    return moved
  }

  private pushLane(lane: Lane): boolean {
    let moved = false
    for (let request = lane.first; request !== null; request = lane.first) {
      const taken = this.link.trySend(request.carrier, request.payload, Math.max(request.taken, 0))
      if (taken > request.taken) moved = true
      request.taken = taken
      if (taken < request.payload.byteLength) return moved
      lane.first = request.next
      if (lane.first === null) lane.last = null
      request.next = null
      if (!request.isSynchronous) request.succeed()
    }
    return moved
  }

  /** Takes a message out that the link has not begun; false where it has begun, or is gone. */
  withdraw(request: SendRequest): boolean {
    if (request.taken !== -1) return false
    const lane = this.lanes[request.envelope.dest]
    let before: SendRequest | null = null
    for (let queued = lane?.first ?? null; queued !== null; queued = queued.next) {
      if (queued === request && lane !== undefined) {
        if (before === null) lane.first = request.next
        else before.next = request.next
        if (lane.last === request) lane.last = before
        request.next = null
        this.forgetIfEmpty(request.envelope.dest)
        return true
      }
      before = queued
    }
    return false
  }

  /** All messages that have not left. */
  queued(): SendRequest[] {
    const found: SendRequest[] = []
    for (const rank of this.busy) {
      for (let request = this.lanes[rank]?.first ?? null; request !== null; request = request.next) found.push(request)
    }
    return found
  }

  /** Drops all messages to a rank that has finished; returns them. */
  drop(rank: number): SendRequest[] {
    const lane = this.lanes[rank]
    const dropped: SendRequest[] = []
    for (let request = lane?.first ?? null; request !== null; request = request.next) dropped.push(request)
    if (lane !== undefined) {
      lane.first = null
      lane.last = null
      this.forgetIfEmpty(rank)
    }
    return dropped
  }

  private forgetIfEmpty(dest: number): void {
    const at = this.busy.indexOf(dest)
    if (at !== -1 && !this.lanes[dest]?.first) this.busy.splice(at, 1)
  }
}
