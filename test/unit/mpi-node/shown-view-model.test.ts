import { expect } from 'chai'
import { Area } from '../../../src/mpi/node/area.ts'
import type { SharedMemory } from '../../../src/mpi/link.ts'
import { explore } from '../shm/interleavings.ts'
import { traceAtomics } from '../shm/trace-atomics.ts'
import { type Mistake, ShownViewModel } from './shown-view-model.ts'

const MISTAKES: readonly Mistake[] = [
  'reads whether or not it is withdrawn',
  'looks before it says that it reads',
  'says that it has read before it has',
  'does not wait for who reads',
  'looks who reads before it withdraws',
]

function exploreReaders(readers: readonly number[], mistake?: Mistake): ReturnType<typeof explore> {
  const model = new ShownViewModel(mistake)
  return explore([model.owner(readers), model.clock(), ...readers.map((reader) => model.reader(reader))], {})
}

describe('all interleavings of a shown view whose owner may fail', () => {
  for (const readers of [[1], [1, 2]]) {
    it(`give nobody what the owner's program writes afterwards: ${readers.length} to read it`, () => {
      const { lost, wrong, states } = exploreReaders(readers)
      expect(wrong).to.equal(undefined)
      expect(lost).to.equal(undefined)
      expect(states).to.be.greaterThan(50)
    })
  }

  for (const mistake of MISTAKES) {
    it(`go wrong where somebody ${mistake}`, () => {
      expect(exploreReaders([1], mistake).wrong).to.not.equal(undefined)
    })
  }

  it('are of the steps that the area takes', () => {
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
