/*
 * What MPI 4.1 §3.5 permits, for one rank and one communicator: pure, slow, and with nothing in it but the rules. A run is described by what
 * each receive got and between which two local steps; the rules say which matchings must have come before which others. A run is permitted
 * when no matching must have come before itself.
 */

export const ANY = -1

/** A message as its sender numbered it: the first to this rank on this communicator is 0. */
export interface SentMessage {
  readonly source: number
  readonly number: number
  readonly tag: number
}

/** A receive, or a probe that takes its message. */
export interface ReceiveEvent {
  /** Rank or ANY, tag or ANY. */
  readonly source: number
  readonly tag: number
  /** The local step at which it was posted. */
  readonly posted: number
  /** It was matched, or cancelled, not before the first and not after the second of these steps. */
  readonly earliest: number
  readonly latest: number
  /** `null`: cancelled. */
  readonly got: SentMessage | null
}

/** Why the events of a rank contradict the rules; `undefined` where they do not. `sent`: every message to it, all of which it has received. */
export function contradiction(sent: readonly SentMessage[], events: readonly ReceiveEvent[]): string | undefined {
  const takers = new Map<string, number>()
  for (const [index, { got }] of events.entries()) {
    if (got === null) continue
    if (takers.has(nameOf(got))) return `message ${nameOf(got)} was received twice`
    takers.set(nameOf(got), index)
  }
  const lost = sent.find((message) => !takers.has(nameOf(message)))
  if (lost !== undefined) return `message ${nameOf(lost)} was not received`
  for (const event of events) {
    if (event.got !== null && !admits(event, event.got)) return `${describe(event)}: it must not match that`
  }
  const earlier = events.map((event, index) => mustComeBefore(event, index, events, sent, takers))
  return describeCycle(events, earlier)
}

/** Indices of the events that must have been matched, or cancelled, before the one at `index`. */
function mustComeBefore(
  event: ReceiveEvent,
  index: number,
  events: readonly ReceiveEvent[],
  sent: readonly SentMessage[],
  takers: ReadonlyMap<string, number>,
): number[] {
  const before: number[] = []
  for (const [other, { latest }] of events.entries()) if (other !== index && latest < event.earliest) before.push(other)
  const { got } = event
  if (got === null) return before
  // "If a sender sends two messages in succession to the same destination, and both match the same receive, then this operation cannot
  // receive the second message if the first one is still pending."
  for (const message of sent) {
    if (message.source !== got.source || message.number >= got.number || !admits(event, message)) continue
    before.push(takers.get(nameOf(message)) ?? index)
  }
  // "If a receiver posts two receives in succession, and both match the same message, then the second receive operation cannot be satisfied
  // by this message, if the first one is still pending."
  for (const [other, receive] of events.entries()) {
    if (other !== index && receive.posted < event.posted && admits(receive, got)) before.push(other)
  }
  return before
}

/** Walks from each event to those before it; one that is met on the way to itself closes a cycle. */
function describeCycle(events: readonly ReceiveEvent[], earlier: readonly (readonly number[])[]): string | undefined {
  const isFinished = new Set<number>()
  const path: number[] = []
  const walk = (index: number): string | undefined => {
    const at = path.indexOf(index)
    if (at !== -1) return cycleText(path.slice(at).map((member) => events[member]))
    if (isFinished.has(index)) return undefined
    path.push(index)
    for (const before of earlier[index] ?? []) {
      const found = walk(before)
      if (found !== undefined) return found
    }
    path.pop()
    isFinished.add(index)
    return undefined
  }
  for (const index of events.keys()) {
    const found = walk(index)
    if (found !== undefined) return found
  }
  return undefined
}

function cycleText(members: readonly (ReceiveEvent | undefined)[]): string {
  const texts = members.flatMap((event) => (event === undefined ? [] : [describe(event)]))
  return `each of these must have been matched after the next, and the last after the first: ${texts.join('; ')}`
}

function admits(receive: ReceiveEvent, message: SentMessage): boolean {
  const isSource = receive.source === ANY || receive.source === message.source
  return isSource && (receive.tag === ANY || receive.tag === message.tag)
}

function nameOf({ source, number }: SentMessage): string {
  return `${number} of rank ${source}`
}

function describe({ source, tag, posted, earliest, latest, got }: ReceiveEvent): string {
  const what = got === null ? 'was cancelled' : `got message ${nameOf(got)} with tag ${got.tag}`
  return `recv(${source}, ${tag}), posted at ${posted}, ${what} between ${earliest} and ${latest}`
}
