import { expect } from 'chai'
import { contradiction, type Finisher } from '../../../src/coordinator/state/collective-check.ts'
import { initialState } from '../../../src/coordinator/state/job-state.ts'
import { step } from '../../../src/coordinator/state/job-step.ts'
import { placementOf } from './placements.ts'

function finisher(rank: number, hash: number, latest: readonly string[], calls = latest.length): Finisher {
  return { rank, node: `n${rank}`, collectives: { comm: 0, name: 'COMM_WORLD', hasFailed: false, calls, hash, latest } }
}

describe('contradiction()', () => {
  it('finds nothing between ranks that have called the same', () => {
    expect(contradiction(finisher(0, 7, ['barrier()']), finisher(1, 7, ['barrier()']))).to.equal(undefined)
  })

  it('does not compare different numbers of calls', () => {
    const more = finisher(1, 8, ['barrier()', 'barrier()'])
    expect(contradiction(finisher(0, 7, ['barrier()']), more)).to.equal(undefined)
  })

  it('finds a mismatch that one of two ranks alone was told of, though they have called the same', () => {
    const one = finisher(0, 7, ['gatherInto(root = 0)'])
    const told = {
      ...one,
      rank: 2,
      collectives: { ...one.collectives, hasFailed: true, mismatch: 'gatherInto: 3 of 4' },
    }
    const said = 'rank 2 on n0 was told, and rank 0 on n0 had gone on: gatherInto: 3 of 4'
    expect(contradiction(one, told)).to.contain(said)
    expect(contradiction(told, one)).to.contain(said)
    expect(contradiction(told, { ...told, rank: 1 })).to.equal(undefined)
  })

  it('names the first calls that differ, with their number', () => {
    const one = finisher(0, 1, ['barrier()', 'bcast(root = 0)', 'split()'], 10)
    const other = finisher(2, 2, ['bcast(root = 0)', 'bcast(root = 2)', 'split()'], 10)
    expect(contradiction(one, other)).to.contain(
      'collective 9 of 10 on COMM_WORLD was bcast(root = 0) on rank 0 on n0, and bcast(root = 2) on rank 2 on n2;',
    )
  })

  it('says so where the calls that differ are too long ago', () => {
    const message = contradiction(finisher(0, 1, ['barrier()'], 99), finisher(1, 2, ['barrier()'], 99))
    expect(message).to.contain('before the last 1 of 99')
  })
})

describe('step() of ranks that finish', () => {
  const finish = (rank: number, hash: number, comm = 0, hasFailed = false) => {
    const latest = [`bcast(root = ${hash})`]
    const collectives = [{ comm, name: `comm ${comm}`, hasFailed, calls: 1, hash, latest }]
    return { type: 'rankExit' as const, rank, status: 0, collectives }
  }

  it('finds a mismatch that one of the ranks alone was told of, on any communicator', () => {
    const running = { ...initialState(placementOf(1, 3), 0), phase: 'running' as const }
    const after = (...events: ReturnType<typeof finish>[]) =>
      events.reduce((state, event) => ({ ...step(state, event)[0], phase: 'running' as const }), running).cause
    expect(after(finish(0, 1, 9), finish(1, 1, 9), finish(2, 2, 9, true))?.type).to.equal('mismatch')
    expect(after(finish(2, 2, 9, true), finish(0, 1, 9))?.type).to.equal('mismatch')
    expect(after(finish(0, 1, 8), finish(1, 2, 9))).to.equal(undefined)
    expect(after(finish(0, 1, 9, true), finish(1, 2, 9, true))).to.equal(undefined)
  })

  it('ends the job where their collectives do not match', () => {
    let state = { ...initialState(placementOf(2, 2), 0), phase: 'running' as const }
    ;[state] = [{ ...step(state, finish(3, 0))[0], phase: 'running' as const }]
    const [next, commands] = step(state, finish(1, 1))
    expect(next.cause?.type).to.equal('mismatch')
    expect(commands.map(({ type }) => type)).to.include('endAgents')
  })

  it('compares only ranks that have called some, and ended with 0', () => {
    let state = { ...initialState(placementOf(1, 3), 0), phase: 'running' as const }
    ;[state] = [{ ...step(state, { type: 'rankExit', rank: 2, status: 0 })[0], phase: 'running' as const }]
    ;[state] = [{ ...step(state, finish(0, 1))[0], phase: 'running' as const }]
    expect(step(state, finish(1, 1))[0].cause).to.equal(undefined)
  })
})
