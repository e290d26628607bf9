import { expect } from 'chai'
import { Area } from '../../../src/mpi/collectives/in-memory/area/area.ts'
import type { SharedMemory } from '../../../src/mpi/link/link.ts'
import { describeModel } from '../../support/describe-model.ts'
import { explore } from '../shm/interleavings.ts'
import { traceAtomics } from '../shm/trace-atomics.ts'
import { type Mistake, ShownViewModel } from './shown-view-model.ts'

function exploreReaders(readers: readonly number[], mistake?: Mistake): ReturnType<typeof explore> {
  const model = new ShownViewModel(mistake)
  return explore([model.owner(readers), model.clock(), ...readers.map((reader) => model.reader(reader))], {})
}

describeModel<readonly number[], Mistake>({
  title: 'all interleavings of a shown view whose owner may fail',
  holds: "give nobody what the owner's program writes afterwards",
  scenes: { 'one reader': [1], 'two readers': [1, 2] },
  leastStates: 50,
  mistakes: [
    ['reads whether or not it is withdrawn', 'one reader'],
    ['looks before it says that it reads', 'one reader'],
    ['says that it has read before it has', 'one reader'],
    ['does not wait for who reads', 'one reader'],
    ['looks who reads before it withdraws', 'one reader'],
  ],
  explore: exploreReaders,
})

/** The model says something of the code only as long as the code takes the model's steps. */
describe('the model of a shown view takes the steps of the code', () => {
  it('beginReading(), endReading(), withdraw() and isReading()', () => {
    const memory = { buffer: new SharedArrayBuffer(2048) }
    // An area wakes nobody here, and that is all that it asks of the memory besides.
    const shared = { memory } as SharedMemory
    const [owner, reader] = [new Area(shared, 0, 0, [0, 1]), new Area(shared, 0, 1, [0, 1])]
    const names = new Map([
      [243, 'withdrawn'],
      [256 + 242, 'reading'],
    ])
    for (const area of [owner, reader]) area.next()
    owner.beginShowing()
    const reads = traceAtomics(names, () => {
      expect(reader.beginReading(0)).to.equal(true)
      reader.endReading()
    })
    expect(reads).to.deep.equal(['store reading 1', 'load withdrawn', 'store reading 0'])
    const withdraws = traceAtomics(names, () => {
      owner.withdraw(owner.call)
      expect(owner.isReading(1)).to.equal(false)
    })
    expect(withdraws).to.deep.equal(['store withdrawn 1', 'load reading'])
    expect(reader.beginReading(0), 'after it was withdrawn').to.equal(false)
    expect(owner.isReading(1)).to.equal(true)
  })
})
