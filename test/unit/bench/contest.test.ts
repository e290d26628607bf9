import { expect } from 'chai'
import { type Contestant, runContest } from '../../../scripts/bench/contest.ts'

/** A gate that lets everything pass and calls the measurements of which `isDisturbed` says so disturbed. */
function gate(isDisturbed: (measurement: number) => boolean = () => false) {
  let measurement = 0
  return {
    async measure<T>(work: () => Promise<T>) {
      measurement += 1
      return { result: await work(), othersShare: 0, isDisturbed: isDisturbed(measurement) }
    },
  }
}

/** A contestant that gives `values` one after the other and writes its name in `log`; `undefined` makes it fail. */
function contestant(name: string, values: readonly (number | undefined)[], log: string[] = []): Contestant {
  let next = 0
  return {
    name,
    isOurs: name === 'ours',
    async run() {
      log.push(name)
      const value = values[next++]
      if (value === undefined) throw new Error(`${name} broke`)
      return value
    },
  }
}

const WARM_UP = 1_000

describe('runContest()', () => {
  it('warms up each contestant, then lets them alternate', async () => {
    const log: string[] = []
    const contestants = ['ours', 'b', 'c'].map((name) => contestant(name, [WARM_UP, 1, 2], log))
    await runContest({ title: 't', unit: 'ms', better: 'lower', contestants }, 2, gate())
    expect(log.join(' ')).to.equal('ours b c ours b c ours b c')
  })

  it('compares round by round and leaves out the warm-up', async () => {
    const contestants = [contestant('ours', [WARM_UP, 10, 20, 40]), contestant('b', [WARM_UP, 30, 30, 40])]
    const result = await runContest({ title: 't', unit: 'ms', better: 'lower', contestants }, 3, gate())
    const [ours, b] = result.standings
    expect(ours?.summary).to.deep.equal({ median: 20, min: 10, max: 40, count: 3 })
    expect(ours?.ratio).to.equal(undefined)
    expect(b?.ratio).to.deep.equal({ median: 1.5, min: 1, max: 3, count: 3 })
  })

  it('measures a disturbed round again as a whole and keeps it on record', async () => {
    const contestants = [contestant('ours', [WARM_UP, 1, 2, 3]), contestant('b', [WARM_UP, 10, 20, 30])]
    const disturbed = gate((measurement) => measurement === 2)
    const result = await runContest({ title: 't', unit: 'ms', better: 'lower', contestants }, 2, disturbed)
    expect(result.rounds.map(({ isDisturbed, isCounted }) => [isDisturbed, isCounted])).to.deep.equal([
      [true, false],
      [false, true],
      [false, true],
    ])
    expect(result.standings[0]?.summary).to.deep.equal({ median: 2.5, min: 2, max: 3, count: 2 })
  })

  it('ends on a machine that never becomes quiet, with disturbed rounds', async () => {
    const contestants = [contestant('ours', [WARM_UP, 1, 2, 3, 4])]
    const result = await runContest(
      { title: 't', unit: 'ms', better: 'lower', contestants },
      2,
      gate(() => true),
    )
    expect(result.rounds.map(({ isCounted }) => isCounted)).to.deep.equal([false, false, true, true])
  })

  it('goes on without a contestant that fails', async () => {
    const contestants = [contestant('ours', [WARM_UP, 1, 2]), contestant('b', [WARM_UP, 5, undefined])]
    const result = await runContest({ title: 't', unit: 'ms', better: 'lower', contestants }, 2, gate())
    expect(result.standings.map(({ failure }) => failure)).to.deep.equal([undefined, 'b broke'])
    expect(result.standings[0]?.summary?.count).to.equal(2)
  })

  it('ends when all have failed', async () => {
    const contestants = [contestant('ours', [])]
    const result = await runContest({ title: 't', unit: 'ms', better: 'lower', contestants }, 2, gate())
    expect(result.rounds).to.deep.equal([])
    expect(result.standings[0]?.failure).to.equal('ours broke')
  })
})
