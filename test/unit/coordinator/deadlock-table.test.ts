import { expect } from 'chai'
import { deadlockTable } from '../../../src/coordinator/deadlocks/deadlock-table.ts'
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

  it('tells lost ranks from those that have finished', () => {
    const table = deadlockTable(placementOf(1, 3), [{ rank: 1, call: 'probe() in COMM_WORLD' }], new Set([2]))
    expect(table.split('\n').slice(0, 3)).to.deep.equal([
      '  rank 0 on node0  has finished',
      '  rank 1 on node0  probe() in COMM_WORLD',
      '  rank 2 on node0  is lost',
    ])
  })

  it('begins with the collectives that do not match', () => {
    const wait = (rank: number, sequence: number, ...latest: string[]) => ({
      rank,
      call: 'x',
      collectives: [{ context: 1, name: 'COMM_WORLD', rank, sequence, latest }],
    })
    const [first] = deadlockTable(placementOf(1, 2), [
      wait(0, 4, 'gather(root = 0)'),
      wait(1, 4, 'gather(root = 1)'),
    ]).split('\n')
    expect(first).to.equal(
      'ERR_COLLECTIVE_MISMATCH: gather(root = 1) on rank 1 met gather(root = 0) of rank 0 in COMM_WORLD',
    )
    // Rank 1 has ended the call that rank 0 is in.
    const [late] = deadlockTable(placementOf(1, 2), [
      wait(0, 4, 'reduce(op = BOR)', 'barrier()'),
      wait(1, 5, 'barrier()', 'reduce(op = MIN)'),
    ]).split('\n')
    expect(late).to.equal(
      'ERR_COLLECTIVE_MISMATCH: reduce(op = BOR) on rank 0 met reduce(op = MIN) of rank 1 in COMM_WORLD',
    )
    // The same call: somebody else is missing.
    const same = [wait(0, 4, 'barrier()'), wait(1, 5, 'gather()', 'barrier()')]
    expect(deadlockTable(placementOf(1, 2), same)).to.not.include('ERR_COLLECTIVE_MISMATCH')
  })

  it('stays short enough for a record however many ranks there are', () => {
    const waits = Array.from({ length: 1000 }, (_, rank) => ({ rank, call: 'x'.repeat(500), place: 'y'.repeat(100) }))
    const table = deadlockTable(placementOf(10, 100), waits)
    expect(Buffer.byteLength(table)).to.be.below(8000)
    expect(table.split('\n').slice(-2)).to.deep.equal(['  and 968 ranks more', HINT])
  })
})
