import { describeModel } from '../../support/describe-model.ts'
import { type Call, explore, type Mistake } from './slot-model.ts'

interface Scene {
  readonly size: number
  readonly calls: readonly Call[]
}

const SCENES: Readonly<Record<string, Scene>> = {
  'three calls of two members that wait for each other': { size: 2, calls: ['all', 'all', 'all'] },
  'root runs ahead of one reader': { size: 2, calls: [{ root: 0 }, { root: 0 }, { root: 0 }, { root: 0 }] },
  'roots take turns': { size: 2, calls: [{ root: 0 }, { root: 1 }, 'all'] },
  'three members that wait for each other': { size: 3, calls: ['all'] },
  'root and two readers': { size: 3, calls: [{ root: 0 }] },
}

describeModel<Scene, Mistake>({
  title: 'all interleavings of calls in slots',
  holds: 'lose no wake-up and read no other call',
  scenes: SCENES,
  leastStates: 100,
  mistakes: [
    ['writes without room', 'root runs ahead of one reader'],
    ['has one slot', 'three calls of two members that wait for each other'],
    ['publishes before it writes', 'three calls of two members that wait for each other'],
    ['wakes nobody', 'three calls of two members that wait for each other'],
    ['wakes before it publishes', 'three calls of two members that wait for each other'],
    ['does not look again', 'three calls of two members that wait for each other'],
  ],
  explore: ({ size, calls }, mistake) => explore(size, calls, mistake),
})
