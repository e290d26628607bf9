import type { ModelStep, Program, Words } from './interleavings.ts'

/** Ways to get it wrong, which the model must find. */
export type Mistake =
  | 'does not look again'
  | 'says that it waits after it has looked'
  | 'counts itself as a reader after it has passed the turn on'
  | 'does not look at the readers'
  | 'wakes before it passes the turn on'
  | 'wakes nobody behind the last reader'
  | 'leaves its place without a word'
  | 'gives up without a look at the turn'
  | 'passes over without an exchange'

/** As LockState. */
const [NONE, WAITS, SHARES, ALONE, LOST] = [0, 1, 2, 3, 4] as const

/** How a rank has the lock: alone or shared; 'lost': alone, and ends before it gives it back. */
export type Epoch = 'alone' | 'shared' | 'lost'

type Go = NonNullable<ModelStep['go']>

const add =
  (word: string, by: number): Go =>
  (words) => {
    words[word] = (words[word] ?? 0) + by
    return undefined
  }

const assign =
  (word: string, value: number): Go =>
  (words) => {
    words[word] = value
    return undefined
  }

const value = (words: Words, word: string): number => words[word] ?? 0

/** Writes the steps of window-lock.ts for threads that share one lock. */
export class LockModel {
  readonly #size: number
  readonly #mistake: Mistake | undefined
  /** Ranks of other nodes, for which the agent waits. */
  readonly #far: readonly number[]
  /** Ranks that may give up. */
  readonly #told: readonly number[]

  constructor(size: number, mistake?: Mistake, far: readonly number[] = [], told: readonly number[] = []) {
    this.#size = size
    this.#mistake = mistake
    this.#far = far
    this.#told = told
  }

  /** A rank of this node, or the agent for one of another node: has the lock in one way after the other. */
  rank(rank: number, epochs: readonly Epoch[]): Program {
    return epochs.flatMap((epoch, index) =>
      this.#epoch(rank, epoch, `${index} `, epochs[index + 1] === undefined ? 'end' : `${index + 1} `),
    )
  }

  /** Tells a rank that waits that it waits for ever: it gives up. */
  teller(rank: number): Program {
    return [{ does: 'store told', go: assign(`told${rank}`, 1) }, this.#ring(rank)]
  }

  /** The agent, when the thread of a rank has ended with the lock. */
  reaper(rank: number): Program {
    return [
      { does: 'sleep', sleep: { on: `over${rank}`, while: (words) => value(words, `over${rank}`) === 0 } },
      {
        does: `compareExchange state${rank}`,
        go: (words) => (value(words, `state${rank}`) === WAITS ? 'no' : undefined),
      },
      ...this.release(rank, 'reap', 'end'),
    ]
  }

  queue(rank: number, at: string, after: string): ModelStep[] {
    const state = `state${rank}`
    const steps: ModelStep[] = [
      { does: `store ${state} ${WAITS}`, go: assign(state, WAITS) },
      {
        does: 'add next',
        go: (words, own) => {
          own['number'] = value(words, 'next')
          words['next'] = own['number'] + 1
          return undefined
        },
      },
      {
        does: `store ticket${rank}`,
        go: (words, own) => {
          words[`ticket${rank}`] = value(own, 'number')
          return after
        },
      },
    ]
    return [
      {
        does: `compareExchange ${state}`,
        label: at,
        go: (words) => {
          if (words[state] !== LOST) return undefined
          words[state] = WAITS
          return `${at}has place`
        },
      },
      ...(this.#mistake === 'says that it waits after it has looked' ? steps.slice(1) : steps),
      {
        does: `load ticket${rank}`,
        label: `${at}has place`,
        go: (words, own) => {
          own['number'] = value(words, `ticket${rank}`)
          return after
        },
      },
    ]
  }

  /** hasTurn(). */
  look(at: string, isShared: boolean, yes: string, no: string): ModelStep[] {
    const serving: ModelStep = {
      does: 'load serving',
      label: at,
      go: (words, own) => {
        if (value(words, 'serving') !== own['number']) return no
        return isShared || this.#mistake === 'does not look at the readers' ? yes : undefined
      },
    }
    if (isShared || this.#mistake === 'does not look at the readers') return [serving]
    return [serving, { does: 'load readers', go: (words) => (value(words, 'readers') === 0 ? yes : no) }]
  }

  take(rank: number, isShared: boolean, at: string, after: string): ModelStep[] {
    const store = (state: number, next?: string): ModelStep => ({
      does: `store state${rank} ${state}`,
      label: at,
      go: (words) => {
        words[`state${rank}`] = state
        return next
      },
    })
    if (!isShared) return [store(ALONE, after)]
    const count: ModelStep = { does: 'add readers', go: add('readers', 1) }
    if (this.#mistake !== 'counts itself as a reader after it has passed the turn on') {
      return [store(SHARES), count, ...this.passOn(`${at}pass`, after)]
    }
    const late = `${at}late`
    return [
      store(SHARES),
      ...this.passOn(`${at}pass`, late),
      { ...count, label: late },
      { does: 'goes on', go: () => after },
    ]
  }

  release(rank: number, at: string, after: string): ModelStep[] {
    const isLastSilent = this.#mistake === 'wakes nobody behind the last reader'
    return [
      {
        does: `exchange state${rank}`,
        label: at,
        go: (words) => {
          const state = words[`state${rank}`]
          words[`state${rank}`] = NONE
          return state === ALONE ? `${at}pass` : state === SHARES ? undefined : after
        },
      },
      {
        does: 'sub readers',
        go: (words) => {
          words['readers'] = value(words, 'readers') - 1
          return isLastSilent ? after : `${at}wake`
        },
      },
      ...this.wakeAll(`${at}wake`, after),
      ...this.passOn(`${at}pass`, after),
    ]
  }

  abandon(rank: number, at: string, after: string): ModelStep[] {
    const state = `state${rank}`
    if (this.#mistake === 'leaves its place without a word') return [{ does: 'goes on', label: at, go: () => after }]
    return [
      {
        does: `compareExchange ${state}`,
        label: at,
        go: (words) => (words[state] === WAITS ? assign(state, LOST)(words, {}) : 'no'),
      },
      {
        does: 'load serving',
        go: (words, own) => {
          own['turn'] = value(words, 'serving')
          return this.#mistake === 'gives up without a look at the turn' ? after : undefined
        },
      },
      {
        does: `load ticket${rank}`,
        go: (words, own) => (value(words, `ticket${rank}`) === own['turn'] ? undefined : after),
      },
      this.#passOver(rank, `${at}pass`, after),
      ...this.passOn(`${at}pass`, after),
    ]
  }

  passOn(at: string, after: string): ModelStep[] {
    const wake = `${at}wake`
    const next: ModelStep = {
      does: 'add serving',
      label: at,
      go: (words, own) => {
        own['turn'] = value(words, 'serving') + 1
        words['serving'] = own['turn']
        return undefined
      },
    }
    const early = this.#mistake === 'wakes before it passes the turn on'
    const passOver = this.#ranks().flatMap((rank) => this.#passOverInTurn(rank, at, early ? after : wake))
    const begin: ModelStep = { does: 'goes on', label: at }
    if (!early) return [next, ...passOver, ...this.wakeAll(wake, after)]
    return [begin, ...this.wakeAll(wake, `${at}late`), { ...next, label: `${at}late` }, ...passOver]
  }

  #passOverInTurn(rank: number, at: string, wake: string): ModelStep[] {
    const next = rank + 1 < this.#size ? `${at}over${rank + 1}` : wake
    return [
      {
        does: `load state${rank}`,
        label: `${at}over${rank}`,
        go: (words) => (words[`state${rank}`] === LOST ? undefined : next),
      },
      { does: `load ticket${rank}`, go: (words, own) => (words[`ticket${rank}`] === own['turn'] ? undefined : next) },
      this.#passOver(rank, at, next),
    ]
  }

  #passOver(rank: number, yes: string, no: string): ModelStep {
    return {
      does: `compareExchange state${rank}`,
      go: (words) => {
        if (words[`state${rank}`] !== LOST && this.#mistake !== 'passes over without an exchange') return no
        words[`state${rank}`] = NONE
        return yes
      },
    }
  }

  wakeAll(at: string, after: string): ModelStep[] {
    return [
      {
        does: 'load next',
        label: at,
        go: (words, own) => {
          own['last'] = value(words, 'next')
          return undefined
        },
      },
      {
        does: 'load serving',
        go: (words, own) => {
          const isAlone = words['serving'] === own['last']
          // Forgotten, so that worlds that differ in nothing that matters are one.
          own['last'] = own['turn'] = 0
          return isAlone ? after : undefined
        },
      },
      ...this.#ranks().flatMap((rank): ModelStep[] => {
        const next = rank + 1 < this.#size ? `${at}${rank + 1}` : after
        const looks: ModelStep = {
          does: `load state${rank}`,
          label: `${at}${rank}`,
          go: (words) => (words[`state${rank}`] === WAITS ? undefined : next),
        }
        const ring = this.#ring(rank)
        return [looks, { ...ring, go: (words, own) => (ring.go?.(words, own), next) }]
      }),
    ]
  }

  /** Doorbell.ring() or ringAgent(): doorbell-model.ts is about its steps. */
  #ring(rank: number): ModelStep {
    if (this.#far.includes(rank)) return { does: 'ring agent', go: add('bell', 1), notify: 'agent' }
    return { does: `ring ${rank}`, go: assign(`sleeping${rank}`, 0), notify: `rank ${rank}` }
  }

  #epoch(rank: number, epoch: Epoch, at: string, after: string): ModelStep[] {
    const isShared = epoch === 'shared'
    return [
      ...this.queue(rank, at, `${at}look`),
      ...(this.#far.includes(rank) ? this.#waitAsAgent(isShared, at) : this.#wait(rank, isShared, at)),
      ...this.take(rank, isShared, `${at}take`, `${at}enter`),
      {
        does: 'enter',
        label: `${at}enter`,
        go: (words, own) => {
          own['number'] = 0
          return enter(isShared)(words, own)
        },
      },
      {
        does: 'leave',
        go: (words, own) => (leave(isShared)(words, own), epoch === 'lost' ? `${at}over` : `${at}release`),
      },
      ...this.release(rank, `${at}release`, after),
      ...this.abandon(rank, `${at}abandon`, after),
      { does: 'is over', label: `${at}over`, go: assign(`over${rank}`, 1), notify: `over${rank}` },
      { does: 'goes on', go: () => after },
    ]
  }

  /** Engine.waitUntil() and ShmLink.wait(): what has come is looked at again between prepare() and sleep(). */
  #wait(rank: number, isShared: boolean, at: string): ModelStep[] {
    const [sleeping, told] = [`sleeping${rank}`, `told${rank}`]
    const looksAgain = this.#mistake !== 'does not look again'
    const isLate = this.#mistake === 'says that it waits after it has looked'
    const afterLooks = isLate ? `${at}says` : this.#told.includes(rank) ? `${at}nothing` : `${at}sleep`
    const steps: ModelStep[] = [
      ...this.look(`${at}look`, isShared, `${at}take`, this.#told.includes(rank) ? `${at}told` : `${at}prepare`),
      { does: 'load told', label: `${at}told`, go: (words) => (words[told] === 1 ? `${at}abandon` : undefined) },
      {
        does: 'store sleeping 1',
        label: `${at}prepare`,
        go: (words) => {
          words[sleeping] = 1
          return looksAgain ? undefined : `${at}sleep`
        },
      },
      ...this.look(`${at}again`, isShared, `${at}awake`, afterLooks),
      { does: 'store state', label: `${at}says`, go: assign(`state${rank}`, WAITS) },
      { does: 'load told', label: `${at}nothing`, go: (words) => (words[told] === 1 ? `${at}awake` : undefined) },
      { does: 'sleep', label: `${at}sleep`, sleep: { on: `rank ${rank}`, while: (words) => words[sleeping] === 1 } },
      {
        does: 'store sleeping 0',
        label: `${at}awake`,
        go: (words) => {
          words[sleeping] = 0
          return `${at}look`
        },
      },
    ]
    return steps
  }

  /** WindowService.#waitForTurns(). */
  #waitAsAgent(isShared: boolean, at: string): ModelStep[] {
    const see: Go = (words, own) => {
      own['seen'] = value(words, 'bell')
      return undefined
    }
    const again = this.#mistake === 'does not look again' ? `${at}sleep` : `${at}again`
    return [
      ...this.look(`${at}look`, isShared, `${at}take`, `${at}see`),
      { does: 'load bell', label: `${at}see`, go: (words, own) => (see(words, own), again) },
      ...this.look(`${at}again`, isShared, `${at}take`, `${at}sleep`),
      {
        does: 'sleep',
        label: `${at}sleep`,
        sleep: { on: 'agent', while: (words, own) => value(words, 'bell') === own['seen'] },
      },
      { does: 'goes on', go: () => `${at}see` },
    ]
  }

  #ranks(): number[] {
    return [...Array(this.#size).keys()]
  }
}

/** Under the lock: nobody else may be where one is alone. */
function enter(isShared: boolean): Go {
  return (words) => {
    const [alone, shared] = [value(words, 'alone'), value(words, 'shared')]
    if (alone > 0 || (!isShared && shared > 0)) words['wrong'] = 1
    words[isShared ? 'shared' : 'alone'] = (isShared ? shared : alone) + 1
    return undefined
  }
}

function leave(isShared: boolean): Go {
  return add(isShared ? 'shared' : 'alone', -1)
}

/** The words of a lock of so many ranks. */
export function lockWords(size: number): Words {
  const words: Words = { wrong: 0, alone: 0, shared: 0, bell: 0, next: 0, serving: 0, readers: 0 }
  for (let rank = 0; rank < size; rank += 1) {
    for (const name of ['state', 'ticket', 'sleeping', 'told', 'over']) words[`${name}${rank}`] = 0
  }
  return words
}
