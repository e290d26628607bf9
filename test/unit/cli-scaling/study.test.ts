import { expect } from 'chai'
import { type Progress, type RunEnd, runStudy, type StudyEnd } from '../../../src/cli/scaling/study.ts'

const COUNTS = [1, 2, 4].map((ranks) => ({ ranks, nodes: 1 }))
const WELL: RunEnd = { seconds: 1, status: 0, lastWords: '' }

interface Trial {
  readonly end: StudyEnd
  /** Ranks of each run, in order. */
  readonly ran: readonly number[]
  readonly progress: readonly Progress[]
}

async function trial(
  ends: readonly RunEnd[],
  stopAt = Number.POSITIVE_INFINITY,
  repeat = 2,
  warmUp = 1,
): Promise<Trial> {
  const ran: number[] = []
  const progress: Progress[] = []
  const end = await runStudy(
    { counts: COUNTS, repeat, warmUp },
    {
      run: (ranks) => {
        ran.push(ranks)
        return Promise.resolve(ends[ran.length - 1] ?? { ...WELL, seconds: ran.length })
      },
      onRun: (each) => void progress.push(each),
      isStopped: () => ran.length >= stopAt,
    },
  )
  return { end, ran, progress }
}

describe('runStudy()', () => {
  it('warms up with the most ranks, then lets the counts take turns', async () => {
    const { ran, end } = await trial([])
    expect(ran).to.deep.equal([4, 1, 2, 4, 1, 2, 4])
    expect(end.timings).to.deep.equal([
      { ranks: 1, nodes: 1, seconds: [2, 5] },
      { ranks: 2, nodes: 1, seconds: [3, 6] },
      { ranks: 4, nodes: 1, seconds: [4, 7] },
    ])
  })

  it('says what the rest takes as soon as every count was measured', async () => {
    const { progress } = await trial([])
    expect(progress[0]).to.deep.equal({ ranks: 4, round: 0, done: 0, total: 7 })
    expect(progress[4]).to.deep.equal({ ranks: 1, round: 2, done: 4, total: 7, secondsLeft: 2 + 3 + 4 })
  })

  it('ends at the first run that fails, with what was measured before', async () => {
    const failed = { seconds: 9, status: 7, lastWords: 'no' }
    const { end, ran } = await trial([WELL, WELL, failed])
    expect(ran).to.deep.equal([4, 1, 2])
    expect(end).to.deep.equal({ timings: [{ ranks: 1, nodes: 1, seconds: [1] }], failure: { ranks: 2, end: failed } })
  })

  it('ends when it is stopped, and does not count the run that was', async () => {
    const { end, ran } = await trial([], 3)
    expect(ran).to.deep.equal([4, 1, 2])
    expect(end).to.deep.equal({ timings: [{ ranks: 1, nodes: 1, seconds: [2] }] })
  })
})
