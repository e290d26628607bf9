import { expect } from 'chai'
import type { SharedMemory } from '../../../src/mpi/link/link.ts'
import { Area } from '../../../src/mpi/collectives/in-memory/area/area.ts'
import { describeModel } from '../../support/describe-model.ts'
import { explore } from '../shm/interleavings.ts'
import { type Mistake, type Scene, StepModel } from './step-model.ts'

describeModel<Scene, Mistake>({
  title: 'all interleavings of calls in steps of which a member gives up one',
  holds: 'pass no step that was not taken, and never wait for ever',
  scenes: {
    'two members, two steps': { members: 2, steps: 2 },
    'two members, a step': { members: 2, steps: 1 },
  },
  leastStates: 100,
  mistakes: [
    ['takes a step before all have come', 'two members, two steps'],
    ['counts from none where it has given up the call before', 'two members, two steps'],
    ['tells nobody that its time is up', 'two members, two steps'],
    ['tells of it although all are done', 'two members, two steps'],
  ],
  explore: (scene, mistake) => explore(new StepModel(scene, mistake).programs(), {}),
})

/** The model says something of the code only as long as the code takes the model's steps. */
describe('steps of an area', () => {
  let areas: Area[]
  const [quitter, other] = [0, 1]
  const area = (member: number): Area => areas[member] as Area

  beforeEach(() => {
    // An area asks nothing else of the memory unless it wakes others.
    const shared = { memory: { buffer: new SharedArrayBuffer(2048) } } as SharedMemory
    areas = [quitter, other].map((rank) => new Area(shared, 0, rank, [0, 1]))
    for (const one of areas) {
      one.next()
      one.beginSteps()
      one.publish(0, 0, 0, 0)
    }
  })

  it('of a call are done when the next one begins', () => {
    area(quitter).step(1)
    area(quitter).next()
    area(quitter).beginSteps()
    expect([1, 2, 3].map((steps) => area(other).hasDone(quitter, steps))).to.deep.equal([true, true, true])
  })

  it('of a call that was given up are not: who waits for them gets no other', () => {
    area(quitter).step(1)
    area(quitter).giveUpSteps()
    area(quitter).next()
    area(quitter).beginSteps()
    expect([1, 2, 3].map((steps) => area(other).hasDone(quitter, steps))).to.deep.equal([true, false, false])
    for (const one of [area(other), area(quitter)]) one.publish(0, 1, 0, 0)
    area(other).next()
    area(other).beginSteps()
    expect(area(other).hasDone(quitter, 1), 'of the call behind it').to.equal(false)
    area(quitter).step(1)
    expect(area(other).hasDone(quitter, 1), 'when all have come').to.equal(true)
  })

  it('of one given up behind another are not either', () => {
    for (let turn = 0; turn < 3; turn += 1) {
      for (const one of areas) one.giveUpSteps()
      area(quitter).next()
      area(quitter).beginSteps()
      expect(area(other).hasDone(quitter, 1), `turn ${turn}, one call behind`).to.equal(false)
      area(other).next()
      area(other).beginSteps()
      expect(area(other).hasDone(quitter, 1), `turn ${turn}, the same call`).to.equal(false)
    }
  })

  it('are not taken for those of a call long before, whose word looks the same', () => {
    area(quitter).step(3)
    // Numbers go round with the word, 2^12 calls of which only the last takes steps.
    for (const one of areas) one.call += 2 ** 12
    expect(area(other).hasDone(quitter, 1)).to.equal(true)
    area(quitter).beginSteps()
    expect(area(other).hasDone(quitter, 1)).to.equal(false)
  })
})
