import type { ModelStep, Program, Words } from '../shm/interleavings.ts'

/** Ways to get it wrong, which the model must find. */
export type Mistake =
  | 'counts before it says that it has read'
  | 'wakes before it counts'
  | 'does not look again'
  | 'takes back without an exchange'
  | 'names the copy after the exchange'
  | 'uses a copy again that is not read'
  | 'changes what is lent'

/** As LoanState. */
const [POSTED, CLAIMED, READ, MOVED] = [1, 2, 3, 4] as const

/** What the sender does when it wants its memory for the next message: waits for the receiver, or gives it a copy. */
export type Ending = 'waits' | 'takes back'

const value = (words: Words, word: string): number => words[word] ?? 0

/** Writes the steps of lender.ts, borrower.ts and loan-table.ts. Message m is the number m, in two words, so that half a message shows. */
export class LoanModel {
  readonly #mistake: Mistake | undefined

  constructor(mistake?: Mistake) {
    this.#mistake = mistake
  }

  /** A rank that lends the same memory again and again; `to`: the receiver of each message. */
  lender(endings: readonly Ending[], to: readonly number[]): Program {
    return [
      ...endings.flatMap((ending, index) =>
        this.#message(index + 1, ending, to[index] ?? 1, `${index + 1} `, `${index + 2} `),
      ),
      { does: 'goes on', label: `${endings.length + 1} ` },
    ]
  }

  /** Lends two messages, then waits for both. */
  lenderOfTwo(): Program {
    return [
      ...this.#post(1, 1, '1 ', '2 '),
      ...this.#post(2, 2, '2 ', 'wait '),
      ...this.#wait('wait ', 'all', [1, 2]),
      { does: 'goes on', label: 'all' },
    ]
  }

  /** A rank that receives these messages. */
  receiver(rank: number, messages: readonly number[]): Program {
    return messages.flatMap((message) => this.#receive(rank, message))
  }

  #post(message: number, to: number, at: string, after: string): ModelStep[] {
    const write = (half: string): ModelStep => ({
      does: `write memory ${half}`,
      go: (words) => {
        // Messages of lenderOfTwo() come from memories of their own.
        words[`memory${half}${to}`] = message
        return undefined
      },
    })
    return [
      { ...write('a'), label: at },
      write('b'),
      {
        does: 'choose a slot',
        go: (words) => {
          // lender.ts knows by itself which are free: those that nobody has been lent, and those it has collected.
          const slot = value(words, 'inUse0') === 0 ? 0 : 1
          words[`inUse${slot}`] = 1
          words[`slot${message}`] = slot
          words[`message${slot}`] = message
          return undefined
        },
      },
      {
        does: 'store state',
        go: (words) => {
          words[`state${value(words, `slot${message}`)}`] = POSTED
          return undefined
        },
      },
      {
        does: 'publish the record',
        go: (words) => {
          words[`record${to}`] = message
          return after
        },
        notify: `rank ${to}`,
      },
    ]
  }

  #message(message: number, ending: Ending, to: number, at: string, after: string): ModelStep[] {
    const begun = `${at}begun`
    const changes = this.#mistake === 'changes what is lent'
    return [
      ...this.#post(message, to, at, changes ? after : begun),
      ...(ending === 'waits' ? this.#wait(begun, after, [message]) : this.#takeBack(message, to, begun, after)),
    ]
  }

  /** Lender.takeBack(); where that fails, or there is no copy left, it waits. */
  #takeBack(message: number, to: number, at: string, after: string): ModelStep[] {
    const slotOf = (words: Words): number => value(words, `slot${message}`)
    const copy = (half: string): ModelStep => ({
      does: `copy ${half}`,
      go: (words, own) => {
        words[`copy${value(own, 'copy')}${half}`] = value(words, `memory${half}${to}`)
        return undefined
      },
    })
    const name: ModelStep = {
      does: 'write copy',
      go: (words, own) => {
        words[`copyOf${slotOf(words)}`] = value(own, 'copy')
        return undefined
      },
    }
    const exchange: ModelStep = {
      does: 'compareExchange state',
      go: (words) => {
        const state = `state${slotOf(words)}`
        if (words[state] !== POSTED && this.#mistake !== 'takes back without an exchange') return `${at}give back`
        words[state] = MOVED
        return this.#mistake === 'names the copy after the exchange' ? undefined : after
      },
    }
    const moves =
      this.#mistake === 'names the copy after the exchange'
        ? [exchange, name, { does: 'goes on', go: () => after }]
        : [name, exchange]
    return [
      {
        does: 'load state',
        label: at,
        go: (words) => (words[`state${slotOf(words)}`] === POSTED ? undefined : `${at}wait`),
      },
      {
        does: 'take a copy',
        go: (words, own) => {
          own['copy'] = value(words, 'busy1') === 0 || this.#mistake === 'uses a copy again that is not read' ? 1 : 2
          words[`busy${own['copy']}`] = 1
          words[`copyIn${slotOf(words)}`] = own['copy']
          return undefined
        },
      },
      copy('a'),
      copy('b'),
      ...moves,
      {
        does: 'give the copy back',
        label: `${at}give back`,
        go: (words, own) => {
          words[`busy${value(own, 'copy')}`] = 0
          words[`copyIn${slotOf(words)}`] = 0
          return `${at}wait`
        },
      },
      ...this.#wait(`${at}wait`, after, [message]),
    ]
  }

  /** Engine.waitFor() with Lender.collect(), until these messages are read. */
  #wait(at: string, after: string, messages: readonly number[]): ModelStep[] {
    const has = (words: Words, own: Words): boolean => value(words, 'returned') !== value(own, 'returned')
    const areOver = (words: Words): boolean =>
      messages.every((message) => value(words, `message${value(words, `slot${message}`)}`) !== message)
    return [
      {
        does: 'load returned',
        label: at,
        go: (words, own) => {
          if (!has(words, own)) return `${at}prepare`
          own['returned'] = value(words, 'returned')
          return undefined
        },
      },
      ...[0, 1].map((slot) => ({
        does: `load state${slot}`,
        go: (words: Words): undefined => {
          if (value(words, `inUse${slot}`) === 0 || words[`state${slot}`] !== READ) return undefined
          // Lender.#end().
          words[`inUse${slot}`] = words[`message${slot}`] = 0
          words[`busy${value(words, `copyIn${slot}`)}`] = words[`copyIn${slot}`] = 0
          return undefined
        },
      })),
      { does: 'is content?', go: (words) => (areOver(words) ? after : undefined) },
      {
        does: 'store sleeping 1',
        label: `${at}prepare`,
        go: (words) => {
          words['sleeping'] = 1
          return undefined
        },
      },
      {
        does: 'load returned',
        go: (words, own) => {
          if (this.#mistake === 'does not look again' || !has(words, own)) return undefined
          words['sleeping'] = 0
          return at
        },
      },
      { does: 'sleep', sleep: { on: 'lender', while: (words) => words['sleeping'] === 1 } },
      { does: 'goes on', go: () => at },
    ]
  }

  #claim(slotOf: (words: Words) => number, claimed: string): ModelStep {
    return {
      does: 'compareExchange state',
      go: (words, own) => {
        own['copy'] = 0
        const state = `state${slotOf(words)}`
        if (words[state] !== POSTED) return undefined
        words[state] = CLAIMED
        return claimed
      },
    }
  }

  #readName(slotOf: (words: Words) => number): ModelStep {
    return {
      does: 'read copy',
      go: (words, own) => {
        own['copy'] = value(words, `copyOf${slotOf(words)}`)
        return undefined
      },
    }
  }

  /** LentPayload.copyInto(). */
  #receive(rank: number, message: number): ModelStep[] {
    const slotOf = (words: Words): number => value(words, `slot${message}`)
    const read = (half: string): ModelStep => ({
      does: `read ${half}`,
      go: (words, own) => {
        const copy = value(own, 'copy')
        const is = value(words, copy === 0 ? `memory${half}${rank}` : `copy${copy}${half}`)
        if (is !== message) words['wrong'] = 1
        return undefined
      },
    })
    const [store, count, ring]: ModelStep[] = [
      {
        does: `store state ${READ}`,
        go: (words) => {
          words[`state${slotOf(words)}`] = READ
          return undefined
        },
      },
      {
        does: 'add returned',
        go: (words) => {
          words['returned'] = value(words, 'returned') + 1
          return undefined
        },
      },
      {
        does: 'ring',
        go: (words) => {
          words['sleeping'] = 0
          return undefined
        },
        notify: 'lender',
      },
    ]
    const ends = {
      'counts before it says that it has read': [count, ring, store],
      'wakes before it counts': [ring, store, count],
    }
    const end =
      this.#mistake !== undefined && this.#mistake in ends
        ? ends[this.#mistake as keyof typeof ends]
        : [store, count, ring]
    return [
      { does: 'sleep', sleep: { on: `rank ${rank}`, while: (words) => value(words, `record${rank}`) < message } },
      this.#claim(slotOf, `claimed ${message}`),
      this.#readName(slotOf),
      { ...read('a'), label: `claimed ${message}` },
      read('b'),
      ...end.filter((step) => step !== undefined),
    ]
  }
}

/** The words of a loan table of two slots, two memories and two copies. */
export function loanWords(): Words {
  const words: Words = { wrong: 0, sleeping: 0, returned: 0 }
  for (const name of ['inUse', 'state', 'message', 'copyOf', 'copyIn']) words[`${name}0`] = words[`${name}1`] = 0
  for (const number of [1, 2]) {
    for (const name of ['record', 'busy', 'memorya', 'memoryb']) words[`${name}${number}`] = 0
    for (const half of ['a', 'b']) words[`copy${number}${half}`] = 0
  }
  return words
}
