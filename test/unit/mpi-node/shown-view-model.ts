import type { ModelStep, Program, Words } from '../shm/interleavings.ts'

/** Ways to get it wrong, which the model must find. */
export type Mistake =
  | 'reads whether or not it is withdrawn'
  | 'looks before it says that it reads'
  | 'says that it has read before it has'
  | 'does not wait for who reads'
  | 'looks who reads before it withdraws'

const value = (words: Words, word: string): number => words[word] ?? 0
const set =
  (word: string, to: number): NonNullable<ModelStep['go']> =>
  (words) => {
    words[word] = to
    return undefined
  }

/**
 * The steps of shown-view.ts: a view of two words whose elements are 1 while it is shown. The program that owns it writes 2 when the
 * owner's call is over, well or not. A reader whose call ends well has read 1 in both.
 */
export class ShownViewModel {
  readonly #mistake: Mistake | undefined

  constructor(mistake?: Mistake) {
    this.#mistake = mistake
  }

  /** Whose view it is. Its call fails when `hasFailed` becomes 1, unless all readers have read before. */
  owner(readers: readonly number[]): Program {
    const withdraw: ModelStep = { does: 'store withdrawn 1', go: set('withdrawn', 1) }
    const looks: ModelStep[] = readers.map((reader) => ({
      does: `load reading of ${reader}`,
      label: `reading ${reader}`,
      go: (words) => (value(words, `reading${reader}`) === 1 ? `reading ${reader}` : undefined),
    }))
    let failing = [withdraw, ...looks]
    if (this.#mistake === 'does not wait for who reads') failing = [withdraw]
    if (this.#mistake === 'looks who reads before it withdraws') failing = [...looks, withdraw]
    return [
      { does: 'write a', go: set('a', 1) },
      { does: 'write b', go: set('b', 1) },
      { does: 'publish', go: set('isShown', 1) },
      {
        does: 'wait for the steps of all',
        label: 'wait',
        go: (words) => {
          if (readers.every((reader) => value(words, `done${reader}`) === 1)) return 'over'
          return value(words, 'hasFailed') === 1 ? 'withdraw' : 'wait'
        },
      },
      { does: 'fail', label: 'withdraw' },
      ...failing,
      { does: 'write a anew', label: 'over', go: set('a', 2) },
      { does: 'write b anew', go: set('b', 2) },
    ]
  }

  reader(reader: number): Program {
    const begin: ModelStep = { does: 'store reading 1', go: set(`reading${reader}`, 1) }
    const look: ModelStep = {
      does: 'load withdrawn',
      go: (words, own) => {
        own['isWithdrawn'] = this.#mistake === 'reads whether or not it is withdrawn' ? 0 : value(words, 'withdrawn')
        return undefined
      },
    }
    const skip: ModelStep = { does: 'go on', go: (_, own) => (own['isWithdrawn'] === 1 ? 'end reading' : undefined) }
    const copy = ['a', 'b'].map(
      (half): ModelStep => ({
        does: `copy ${half}`,
        go: (words, own) => {
          own[half] = value(words, half)
          return undefined
        },
      }),
    )
    const done: ModelStep = { does: 'store step', go: set(`done${reader}`, 1) }
    const end: ModelStep = { does: 'store reading 0', label: 'end reading', go: set(`reading${reader}`, 0) }
    const isEarly = this.#mistake === 'says that it has read before it has'
    return [
      {
        does: 'wait for the slot',
        label: 'wait',
        go: (words) => (value(words, 'isShown') === 1 ? undefined : 'wait'),
      },
      ...(this.#mistake === 'looks before it says that it reads' ? [look, begin] : [begin, look]),
      skip,
      ...(isEarly ? [done, ...copy] : [...copy, done]),
      end,
      {
        does: 'return',
        go: (words, own) => {
          const isTorn = own['isWithdrawn'] !== 1 && (own['a'] !== 1 || own['b'] !== 1)
          if (isTorn) words['wrong'] = 1
          return undefined
        },
      },
    ]
  }

  /** What makes the owner's call fail, at any time. */
  clock(): Program {
    return [{ does: 'fail', go: set('hasFailed', 1) }]
  }
}
