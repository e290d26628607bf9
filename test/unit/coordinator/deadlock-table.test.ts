import { expect } from 'chai'
import { deadlockTable } from '../../../src/coordinator/deadlock-table.ts'
import { placementOf } from './placements.ts'

const HINT = '(MPIRUN_TS_DEADLOCK=off turns this check off)'

describe('deadlockTable()', () => {
  it('has a line for each rank, in order, with columns', () => {
    const waits = [
      { rank: 2, call: 'barrier in COMM_WORLD, waiting for rank 0' },
      { rank: 0, call: 'recv(source = 2, tag = 5) in COMM_WORLD', place: 'ring.js:12' },
    ]
    expect(deadlockTable(placementOf(2, 2), waits).split('\n')).to.deep.equal([
      '  rank 0 on node0  recv(source = 2, tag = 5) in COMM_WORLD    ring.js:12',
      '  rank 1 on node0  has finished',
      '  rank 2 on node1  barrier in COMM_WORLD, waiting for rank 0',
      '  rank 3 on node1  has finished',
      HINT,
    ])
  })

  it('stays short enough for a record however many ranks there are', () => {
    const waits = Array.from({ length: 1000 }, (_, rank) => ({ rank, call: 'x'.repeat(500), place: 'y'.repeat(100) }))
    const table = deadlockTable(placementOf(10, 100), waits)
    expect(Buffer.byteLength(table)).to.be.below(8000)
    expect(table.split('\n').slice(-2)).to.deep.equal(['  and 968 ranks more', HINT])
  })
})
