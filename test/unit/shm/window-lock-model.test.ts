import { expect } from 'chai'
import { WindowLock } from '../../../src/shm/window-lock.ts'
import { describeModel } from '../../support/describe-model.ts'
import { type Exploration, explore, type Program } from './interleavings.ts'
import { traceAtomics } from './trace-atomics.ts'
import { type Epoch, LockModel, lockWords, type Mistake } from './window-lock-model.ts'

interface Scene {
  readonly epochs: readonly (readonly Epoch[])[]
  /** Ranks of other nodes. */
  readonly far?: readonly number[]
  /** Ranks that give up. */
  readonly told?: readonly number[]
}

const SCENES: Readonly<Record<string, Scene>> = {
  'two ranks, twice': {
    epochs: [
      ['alone', 'alone'],
      ['alone', 'alone'],
    ],
  },
  'one that shares and one that does not, twice': {
    epochs: [
      ['shared', 'alone'],
      ['shared', 'alone'],
    ],
  },
  'two that share and one that does not': { epochs: [['shared'], ['shared'], ['alone']] },
  'three ranks': { epochs: [['alone'], ['alone'], ['alone']] },
  'a rank of another node': {
    epochs: [
      ['alone', 'shared'],
      ['alone', 'shared'],
    ],
    far: [1],
  },
  'a rank of another node and two of this one': { epochs: [['alone'], ['alone'], ['shared']], far: [2] },
  'one that gives up': { epochs: [['alone'], ['alone'], ['alone']], told: [1] },
  'one that gives up and asks again': {
    epochs: [
      ['alone', 'alone'],
      ['alone', 'shared'],
    ],
    told: [1],
  },
  'both may give up': {
    epochs: [
      ['alone', 'shared'],
      ['shared', 'alone'],
    ],
    told: [0, 1],
  },
  'one that gives up behind one that shares': {
    epochs: [
      ['shared', 'alone'],
      ['alone', 'shared'],
    ],
    told: [1],
  },
  'one that ends with the lock': { epochs: [['lost'], ['alone'], ['shared']] },
}

function exploreScene({ epochs, far, told = [] }: Scene, mistake?: Mistake): Exploration {
  const model = new LockModel(epochs.length, mistake, far, told)
  const programs: Program[] = epochs.map((ways, rank) => model.rank(rank, ways))
  for (const rank of told) programs.push(model.teller(rank))
  for (const [rank, ways] of epochs.entries()) if (ways.includes('lost')) programs.push(model.reaper(rank))
  return explore(programs, lockWords(epochs.length))
}

describeModel<Scene, Mistake>({
  title: 'all interleavings of ranks that lock a part of a window',
  holds: 'exclude each other and lose no wake-up',
  scenes: SCENES,
  leastStates: 500,
  mistakes: [
    ['does not look again', 'two ranks, twice'],
    ['does not look again', 'a rank of another node'],
    ['says that it waits after it has looked', 'two ranks, twice'],
    ['counts itself as a reader after it has passed the turn on', 'two that share and one that does not'],
    ['does not look at the readers', 'two that share and one that does not'],
    ['wakes before it passes the turn on', 'two ranks, twice'],
    ['wakes nobody behind the last reader', 'two that share and one that does not'],
    ['leaves its place without a word', 'one that gives up'],
    ['gives up without a look at the turn', 'one that gives up'],
    ['passes over without an exchange', 'one that gives up and asks again'],
  ],
  explore: exploreScene,
})

/** A lock of two ranks, and what its words are called in a trace. */
function traceOf(
  run: (lock: WindowLock, wake: (rank: number) => void) => void,
  before?: (lock: WindowLock) => void,
): string[] {
  const lock = new WindowLock(new Int32Array(new SharedArrayBuffer(WindowLock.bytes(2))))
  before?.(lock)
  const names = ['next', 'serving', 'readers', 'bell', 'state0', 'ticket0', 'state1', 'ticket1']
  const trace: string[] = []
  const steps = traceAtomics(new Map(names.map((name, index) => [index, name])), () => {
    run(lock, (rank) => void trace.push(`ring ${rank}`))
  })
  expect(trace.length, 'nobody is woken in these').to.equal(0)
  return steps.map((step) => step.replace(/^(store ticket\d) .*/, '$1'))
}

/** The steps that a model's program takes when it runs alone. */
function runAlone(program: Program, words: Record<string, number> = {}): string[] {
  const own = {}
  const steps: string[] = []
  const all = { ...lockWords(2), ...words }
  for (let at = 0; at < program.length; ) {
    const step = program[at]
    const label = step?.go?.(all, own)
    if (step !== undefined && step.does !== 'goes on') steps.push(step.does)
    at = label === undefined ? at + 1 : program.findIndex((other) => other.label === label)
    if (at < 0) break
  }
  return steps
}

/** The model says something of the code only as long as the code takes the model's steps. */
describe('the model of the lock takes the steps of the code', () => {
  const model = new LockModel(2)

  it('queue(), hasTurn(), take() and release()', () => {
    for (const isShared of [false, true]) {
      const trace = traceOf((lock, wake) => {
        const ticket = lock.queue(0, isShared)
        if (lock.hasTurn(ticket)) lock.take(ticket, wake)
        lock.release(0, wake)
      })
      const steps = runAlone([
        ...model.queue(0, 'queue', 'look'),
        ...model.look('look', isShared, 'take', 'end'),
        ...model.take(0, isShared, 'take', 'release'),
        ...model.release(0, 'release', 'end'),
      ])
      expect(trace).to.deep.equal(steps)
    }
  })

  it('abandon() in and before its turn, and queue() at the place that was given up', () => {
    for (const first of [[0], [1, 0]]) {
      const trace = traceOf(
        (lock, wake) => {
          lock.abandon(0, wake)
          lock.queue(0, false)
        },
        (lock) => {
          for (const rank of first) lock.queue(rank, false)
          // Rank 1 does not look for the turn, so that nobody is woken.
          if (first.length === 2) lock.take({ rank: 1, number: 0, isShared: false }, () => undefined)
        },
      )
      const words = first.length === 2 ? { next: 2, state1: 3, state0: 1, ticket0: 1 } : { next: 1, state0: 1 }
      const steps = runAlone([...model.abandon(0, 'abandon', 'again'), ...model.queue(0, 'again', 'end')], words)
      expect(trace).to.deep.equal(steps)
    }
  })
})
