import type { Words } from './interleavings.ts'

/** As in socket-line.ts. */
export const Turn = { free: 0, agent: 1, rank: 4, agentNext: 5, agentAfterRest: 6 } as const
/** A frame has two pieces; the system takes none, one or both of them. */
export const FRAME = 2
/** Who is in the middle of a frame on the wire: a rank's endpoint and 1, or the agent. */
export const NOBODY = 0
export const AGENT = 9

export const value = (words: Words, word: string): number => words[word] ?? 0

export interface SocketScene {
  /** Messages of each rank, by endpoint. */
  readonly messages: readonly number[]
  /** Pieces that the system takes until the other side reads. */
  readonly room: number
  /** The agent has a frame of its own, and a heartbeat is due, at any time. */
  readonly hasOwnFrames?: boolean
}

/** One socket, and what all that write to it share. */
export class Wire {
  readonly #scene: SocketScene

  constructor(scene: SocketScene) {
    this.#scene = scene
  }

  /** At the start. */
  words(): Words {
    const own = this.#scene.hasOwnFrames === true ? 1 : 0
    const words: Words = {
      wrong: 0,
      turn: Turn.free,
      room: this.#scene.room,
      inFrame: NOBODY,
      sleeps: 0,
      wanted: 0,
      pending: 0,
      pendingOf: NOBODY,
      held: 0,
      beatDue: 0,
      frameDue: 0,
      toBeSent: own,
      isOver: 0,
    }
    for (const [endpoint, count] of this.#scene.messages.entries()) {
      for (const name of ['tail', 'head', 'at', 'begun', 'blocked']) words[`${name}${endpoint}`] = 0
      for (let slot = 0; slot < count; slot += 1) words[`slot${endpoint} ${slot}`] = 0
    }
    return words
  }

  /** A frame begins: as many of its pieces as there is room for. `pieces` 0: one that is whole whatever happens. Returns how many. */
  write(words: Words, who: number, message: number, pieces: number): number {
    if (value(words, 'inFrame') !== NOBODY) words['wrong'] = 1
    const count = Math.min(pieces, value(words, 'room'))
    if (who !== AGENT && count > 0) {
      if (value(words, `begun${who - 1}`) + 1 !== message) words['wrong'] = 1
      words[`begun${who - 1}`] = message
    }
    if (who === AGENT && pieces > 0) words['toBeSent'] = 0
    words['room'] = value(words, 'room') - count
    words['inFrame'] = count === 1 ? who : NOBODY
    this.#lookForEnd(words)
    return count
  }

  /** The agent writes a frame; what the system does not take is pending. */
  lend(words: Words, who: number, message: number): undefined {
    const count = this.write(words, who, message, FRAME)
    words['pending'] = FRAME - count
    words['pendingOf'] = who
    // Behind the frames of others it would stand in their middle: what has not begun begins now as far as order is concerned.
    if (count === 0 && who !== AGENT) words[`begun${who - 1}`] = message
    this.#lookForEnd(words)
    return undefined
  }

  goOn(words: Words, who: number): void {
    const pending = value(words, 'pending')
    const inFrame = value(words, 'inFrame')
    if (inFrame !== (pending === FRAME ? NOBODY : who)) words['wrong'] = 1
    const count = Math.min(pending, value(words, 'room'))
    words['pending'] = pending - count
    words['room'] = value(words, 'room') - count
    if (count > 0) words['inFrame'] = words['pending'] === 0 ? NOBODY : who
    this.#lookForEnd(words)
  }

  #lookForEnd(words: Words): void {
    const isBegun = this.#scene.messages.every((count, endpoint) => value(words, `begun${endpoint}`) === count)
    const isLeft = value(words, 'pending') === 0 && value(words, 'inFrame') === NOBODY && value(words, 'toBeSent') === 0
    if (isBegun && isLeft) words['isOver'] = 1
  }
}

export function set(word: string, to: number): (words: Words) => undefined {
  return (words) => {
    words[word] = to
    return undefined
  }
}

export function publish(words: Words, endpoint: number, record: number): undefined {
  const tail = value(words, `tail${endpoint}`)
  words[`slot${endpoint} ${tail}`] = record
  words[`tail${endpoint}`] = tail + 1
  return undefined
}

export function kindOf(turn: number): number {
  return turn < Turn.rank ? turn : Turn.rank + (turn % 4)
}

/** AgentLine.hasTurn. What is written behind something pending leaves behind it: here it is written when that has left. */
export function hasTurn(words: Words): boolean {
  const isFree = words['turn'] === Turn.free || words['turn'] === Turn.agent
  return words['wanted'] === 1 && isFree && value(words, 'pending') === 0
}

/** What wakes the event loop beside the bell. */
export function hasEvent(words: Words): boolean {
  const isWritable = value(words, 'pending') > 0 && value(words, 'room') > 0
  const isDue = value(words, 'beatDue') === 1 || (value(words, 'frameDue') === 1 && value(words, 'pending') === 0)
  return isWritable || isDue || value(words, 'isOver') === 1
}
