import type { ModelStep, Program, Words } from '../shm/interleavings.ts'

/** Ways to get it wrong, which the model must find. */
export type Mistake =
  | 'takes a step before all have come'
  | 'counts from none where it has given up the call before'
  | 'tells nobody that its time is up'
  | 'tells of it although all are done'

export interface Scene {
  readonly members: number
  /** Of each call. */
  readonly steps: number
}

/** Stands for STEPS_PER_CALL of area.ts. */
const STEPS_PER_CALL = 10
const CALLS = [1, 2] as const

/** What wakes is another model's concern (slot-model.ts): here one bell wakes all, as soon as something is written. */
const BELL = 'bell'

/** What a member's word of steps says. */
const wordOf = (call: number, steps: number): number => call * STEPS_PER_CALL + steps

/**
 * The steps of members of two calls in in-memory/node-calls.ts, both in steps that all wait for, as in pieces. The time of member 0 may be up at any of its waits
 * in the first call; it goes on with the second. Nobody may pass a step that another has not taken, fail without need, or wait for ever.
 */
export class StepModel {
  readonly #members: readonly number[]
  /** Numbers of the steps of a call. */
  readonly #steps: readonly number[]
  readonly #mistake: Mistake | undefined

  constructor({ members, steps }: Scene, mistake?: Mistake) {
    this.#members = Array.from({ length: members }, (_, member) => member)
    this.#steps = Array.from({ length: steps }, (_, step) => step + 1)
    this.#mistake = mistake
  }

  programs(): Program[] {
    const clock: ModelStep = { does: 'the time of 0 is up', go: setWord('isTimeUp', 1), notify: BELL }
    return [...this.#members.map((member) => CALLS.flatMap((call) => this.#call(member, call))), [clock]]
  }

  #call(member: number, call: number): Program {
    const isEarly = this.#mistake === 'takes a step before all have come' && member === 0
    return [
      ...this.#wait(member, call, 'room', (words, other) => (words[`come${other}`] ?? 0) >= call - 1),
      { does: `begins the steps of ${call}`, go: this.#beginSteps(member, call) },
      { does: `publishes ${call}`, go: setWord(`come${member}`, call), notify: BELL },
      ...(isEarly ? this.#step(member, call, 1) : []),
      ...this.#wait(member, call, 'all', (words, other) => (words[`come${other}`] ?? 0) >= call),
      ...this.#steps.flatMap((steps) => [
        ...(isEarly && steps === 1 ? [] : this.#step(member, call, steps)),
        ...this.#wait(member, call, `step ${steps}`, (words, other) => hasDone(words, other, call, steps)),
      ]),
      { does: `gives up ${call}`, label: `fails in ${call}`, go: this.#giveUp(member, call), notify: BELL },
      { does: `leaves ${call}`, label: `end of ${call}` },
    ]
  }

  #wait(member: number, call: number, what: string, isThere: (words: Words, other: number) => boolean): Program {
    const label = `${what} of ${call}`
    const isComplete = (words: Words): boolean => this.#members.every((other) => isThere(words, other))
    const mayFail = (words: Words): boolean =>
      (member === 0 && call === 1 && what !== 'room' && words['isTimeUp'] === 1) || hasHeard(words, member, call)
    return [
      {
        does: `waits for ${label}`,
        label,
        sleep: { on: BELL, while: (words) => !isComplete(words) && !mayFail(words) },
      },
      {
        does: `looks for ${label}`,
        go: (words) => {
          if (isComplete(words)) return this.#after(words, call, what)
          return mayFail(words) ? `fails in ${call}` : label
        },
      },
    ]
  }

  #beginSteps(member: number, call: number): NonNullable<ModelStep['go']> {
    return (words, own) => {
      const isLeft = own['givenUp'] === call - 1 && call > 1
      if (!isLeft || this.#mistake === 'counts from none where it has given up the call before') {
        words[`word${member}`] = wordOf(call, 0)
      }
      return undefined
    }
  }

  #step(member: number, call: number, steps: number): Program {
    return [
      {
        does: `takes step ${steps} of ${call}`,
        go: (words) => {
          words[`word${member}`] = wordOf(call, steps)
          words[`taken${member}.${call}`] = steps
          return undefined
        },
        notify: BELL,
      },
    ]
  }

  /** All whose steps were waited for have taken them. */
  #after(words: Words, call: number, what: string): string | undefined {
    const steps = this.#steps.find((number) => what === `step ${number}`) ?? 0
    if (this.#members.some((other) => (words[`taken${other}.${call}`] ?? 0) < steps)) words['wrong'] = 1
    return steps === this.#steps.length ? `end of ${call}` : undefined
  }

  /** NodeCalls.fail(). */
  #giveUp(member: number, call: number): NonNullable<ModelStep['go']> {
    return (words, own) => {
      own['givenUp'] = call
      if (member !== 0 || this.#mistake === 'tells nobody that its time is up') return undefined
      const areAllDone = this.#members.every((other) => hasDone(words, other, call, this.#steps.length))
      if (!areAllDone || this.#mistake === 'tells of it although all are done') words['told'] = call
      if (areAllDone && words['told'] === call) words['wrong'] = 1
      return undefined
    }
  }
}

/** Area.hasDone(). */
function hasDone(words: Words, member: number, call: number, steps: number): boolean {
  const ahead = (words[`word${member}`] ?? 0) - wordOf(call, steps)
  return ahead >= 0 && ahead < STEPS_PER_CALL
}

/** Whether the report of member 0 is for a call. */
function hasHeard(words: Words, member: number, call: number): boolean {
  return member !== 0 && words['told'] === call
}

function setWord(word: string, to: number): NonNullable<ModelStep['go']> {
  return (words) => {
    words[word] = to
    return undefined
  }
}
