import { expect } from 'chai'
import { parseBusyTicks, parseProcessTimes, treeTicks } from '../../../scripts/bench/proc-stat.ts'

describe('parseBusyTicks()', () => {
  it('adds all but idle and iowait, and takes guest time once', () => {
    //                user nice system idle iowait irq softirq steal guest guest_nice
    const text = 'cpu  100 20 30 4000 500 1 2 3 60 7\ncpu0 1 1 1 1 1 1 1 1 1 1\nintr 5\n'
    expect(parseBusyTicks(text)).to.equal(100 + 20 + 30 + 1 + 2 + 3)
  })

  it('throws where there is no such line', () => {
    expect(() => parseBusyTicks('intr 5\n')).to.throw('no line "cpu"')
  })
})

describe('parseProcessTimes()', () => {
  const rest = 'S 7 1 1 0 -1 4194304 99 0 0 0 10 20 300 4000 20 0 1 0 253219'

  it('reads number, parent and ticks, those of ended children included', () => {
    expect(parseProcessTimes(`42 (node) ${rest}`)).to.deep.equal({ pid: 42, parent: 7, ticks: 4330 })
  })

  it('is not misled by blanks and parentheses in the name', () => {
    expect(parseProcessTimes(`42 (a) b (c 1 2) ${rest}`)).to.deep.equal({ pid: 42, parent: 7, ticks: 4330 })
  })
})

describe('treeTicks()', () => {
  const processes = [
    { pid: 1, parent: 0, ticks: 1000 },
    { pid: 10, parent: 1, ticks: 1 },
    { pid: 11, parent: 10, ticks: 20 },
    { pid: 12, parent: 11, ticks: 300 },
    { pid: 13, parent: 1, ticks: 5000 },
  ]

  it('adds the roots and all below them', () => {
    expect(treeTicks(processes, [10])).to.equal(321)
  })

  it('counts a root below another root once, and one that is not there not at all', () => {
    expect(treeTicks(processes, [10, 12, 99])).to.equal(321)
  })
})
