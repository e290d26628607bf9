import type { ModelStep, Program, Words } from '../shm/interleavings.ts'

/** Ways to get it wrong, which the model must find. */
export type Mistake =
  | 'changes over without a mark'
  | 'goes back without a mark'
  | 'reads both rings'
  | 'looks again at the other ring'
  | 'does not look for room again'

/** The two rings, and the marks in them; other numbers are messages. */
const [RING, OVERFLOW] = ['ring', 'overflow'] as const
const [TO_OVERFLOW, TO_RING] = [-1, -2]

const value = (words: Words, word: string): number => words[word] ?? 0

/**
 * The steps of OverflowSender and ShmLink for a sender and its receiver, with one overflow ring: the way to a second one is that to the first. A record takes one place. `capacity`: of each ring, one place of the
 * ring is kept for the mark; `nearlyRead`: the sender goes back with less than this unread.
 */
export class OverflowModel {
  readonly #capacity: Readonly<Record<string, number>>
  readonly #nearlyRead: number
  readonly #mistake: Mistake | undefined

  constructor(capacity: { ring: number; overflow: number }, nearlyRead: number, mistake?: Mistake) {
    this.#capacity = capacity
    this.#nearlyRead = nearlyRead
    this.#mistake = mistake
  }

  /** Sends messages 1, 2, … in their order. */
  sender(count: number): Program {
    const messages = Array.from({ length: count }, (_, index) => index + 1)
    return [...messages.flatMap((message) => this.#send(message)), { does: 'goes on', label: `send ${count + 1}` }]
  }

  /** The receiver's patience is over, at any time: then it stays so. */
  clock(): Program {
    return [{ does: 'time passes', go: set('isOverdue', 1), notify: 'sender' }]
  }

  /** ShmLink.receive() and wait(), until all messages have come. */
  receiver(count: number): Program {
    const look = (words: Words): string => (value(words, 'reads') === 0 ? RING : OVERFLOW)
    const has = (words: Words, ring: string): boolean => value(words, `${ring}Tail`) !== value(words, `${ring}Head`)
    const other = (words: Words): string => (look(words) === RING ? OVERFLOW : RING)
    return [
      {
        does: 'load tail',
        label: 'look',
        go: (words, own) => {
          own['is'] = look(words) === RING ? 0 : 1
          if (has(words, look(words))) return 'take'
          return this.#mistake === 'reads both rings' ? undefined : 'prepare'
        },
      },
      {
        does: 'load tail of the other one',
        go: (words, own) => {
          own['is'] = other(words) === RING ? 0 : 1
          return has(words, other(words)) ? 'take' : 'prepare'
        },
      },
      {
        does: 'read',
        label: 'take',
        go: (words, own) => {
          const ring = own['is'] === 0 ? RING : OVERFLOW
          const record = value(words, `${ring}${value(words, `${ring}Head`) % places(this.#capacity, ring)}`)
          if (record === TO_OVERFLOW || record === TO_RING) own['mark'] = record
          else {
            if (record !== value(words, 'received') + 1) words['wrong'] = 1
            words['received'] = record
          }
          return undefined
        },
      },
      // RingReader.release().
      {
        does: 'store head',
        go: (words, own) => {
          const ring = own['is'] === 0 ? RING : OVERFLOW
          words[`${ring}Head`] = value(words, `${ring}Head`) + 1
          return undefined
        },
      },
      {
        does: 'load wanted',
        go: (words, own) => (value(words, `${own['is'] === 0 ? RING : OVERFLOW}Wanted`) === 1 ? undefined : 'released'),
      },
      {
        does: 'store wanted 0',
        go: (words, own) => set(`${own['is'] === 0 ? RING : OVERFLOW}Wanted`, 0)(words),
      },
      { does: 'ring sender', go: set('senderSleeps', 0), notify: 'sender' },
      {
        does: 'changeReader',
        label: 'released',
        go: (words, own) => {
          if (value(own, 'mark') !== 0) words['reads'] = own['mark'] === TO_OVERFLOW ? 1 : 0
          own['mark'] = 0
          return value(words, 'received') === count ? 'end' : 'look'
        },
      },
      { does: 'store sleeping 1', label: 'prepare', go: set('receiverSleeps', 1) },
      {
        does: 'load tail',
        go: (words) => {
          const ring = this.#mistake === 'looks again at the other ring' ? other(words) : look(words)
          if (!has(words, ring)) return undefined
          words['receiverSleeps'] = 0
          return 'look'
        },
      },
      { does: 'sleep', sleep: { on: 'receiver', while: (words) => words['receiverSleeps'] === 1 } },
      { does: 'goes on', go: () => 'look' },
    ]
  }

  #send(message: number): ModelStep[] {
    const at = `send ${message}`
    const next = `send ${message + 1}`
    const isIn = (words: Words): boolean => value(words, 'inOverflow') === 1
    return [
      // OverflowSender.catchUp().
      { does: 'where', label: at, go: (words) => (isIn(words) ? undefined : `${at} to ring`) },
      { does: 'load ring head', go: (words) => (this.#unread(words, RING) > 0 ? `${at} to overflow` : undefined) },
      {
        does: 'load overflow head',
        go: (words, own) => {
          own['free'] = places(this.#capacity, OVERFLOW) - this.#unread(words, OVERFLOW)
          return this.#unread(words, OVERFLOW) >= this.#nearlyRead || own['free'] === 0
            ? `${at} to overflow`
            : undefined
        },
      },
      ...this.#publish(OVERFLOW, TO_RING, `${at} back`, this.#mistake !== 'goes back without a mark'),
      { does: 'goes back', go: set('inOverflow', 0) },
      ...this.#write(RING, message, `${at} to ring`, `${at} full`, next),
      // OverflowSender.changeOver().
      { does: 'isOverdue?', label: `${at} full`, go: (words) => (words['isOverdue'] === 1 ? undefined : `${at} wait`) },
      {
        does: 'load ring head',
        go: (words) => {
          const room = this.#unread(words, RING) < places(this.#capacity, RING)
          return room ? undefined : `${at} wait`
        },
      },
      ...this.#publish(RING, TO_OVERFLOW, `${at} over`, this.#mistake !== 'changes over without a mark'),
      { does: 'changes over', go: set('inOverflow', 1) },
      ...this.#write(OVERFLOW, message, `${at} to overflow`, `${at} wait`, next),
      // ShmLink.wait(): takeNewRoom() of the ring that is in use.
      { does: 'store sleeping 1', label: `${at} wait`, go: set('senderSleeps', 1) },
      {
        does: 'load wanted',
        go: (words) => {
          const hasRoom = value(words, `${isIn(words) ? OVERFLOW : RING}Wanted`) === 0
          if (!hasRoom || this.#mistake === 'does not look for room again') return undefined
          words['senderSleeps'] = 0
          return at
        },
      },
      {
        does: 'sleep',
        // Behind a ring that is full it sleeps no longer than its patience lasts.
        sleep: {
          on: 'sender',
          while: (words) =>
            words['senderSleeps'] === 1 && (isIn(words) || words['isOverdue'] === 0 || this.#isMarked(words)),
        },
      },
      { does: 'goes on', go: (words) => (set('senderSleeps', 0)(words), at) },
    ]
  }

  /** The ring has no room for the mark either: it waits for room, as in the overflow ring. */
  #isMarked(words: Words): boolean {
    return this.#unread(words, RING) === places(this.#capacity, RING)
  }

  /** RingWriter.reserve() and commit(). */
  #write(ring: string, message: number, at: string, full: string, done: string): ModelStep[] {
    const kept = ring === RING ? 1 : 0
    const fits = (words: Words): boolean => this.#unread(words, ring) < places(this.#capacity, ring) - kept
    return [
      { does: 'store wanted 1', label: at, go: set(`${ring}Wanted`, 1) },
      { does: `load ${ring} head`, go: (words) => (fits(words) ? undefined : full) },
      { does: 'store wanted 0', go: set(`${ring}Wanted`, 0) },
      ...this.#publish(ring, message, `${at} publish`, true),
      { does: 'goes on', go: () => done },
    ]
  }

  #publish(ring: string, record: number, at: string, isDone: boolean): ModelStep[] {
    if (!isDone) return []
    return [
      {
        does: 'write',
        label: at,
        go: (words) => {
          words[`${ring}${value(words, `${ring}Tail`) % places(this.#capacity, ring)}`] = record
          return undefined
        },
      },
      { does: 'store tail', go: (words) => set(`${ring}Tail`, value(words, `${ring}Tail`) + 1)(words) },
      { does: 'ring receiver', go: set('receiverSleeps', 0), notify: 'receiver' },
    ]
  }

  #unread(words: Words, ring: string): number {
    return value(words, `${ring}Tail`) - value(words, `${ring}Head`)
  }
}

function places(capacity: Readonly<Record<string, number>>, ring: string): number {
  return capacity[ring] ?? 0
}

/** The words of both rings. */
export function overflowWords(): Words {
  const words: Words = {
    wrong: 0,
    received: 0,
    reads: 0,
    inOverflow: 0,
    isOverdue: 0,
    senderSleeps: 0,
    receiverSleeps: 0,
  }
  for (const ring of [RING, OVERFLOW]) words[`${ring}Head`] = words[`${ring}Tail`] = words[`${ring}Wanted`] = 0
  return words
}

function set(word: string, to: number): (words: Words) => undefined {
  return (words) => {
    words[word] = to
    return undefined
  }
}
