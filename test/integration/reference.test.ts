import { join } from 'node:path'
import { expect } from 'chai'
import { examplesOf, programOf } from '../support/doc-examples.ts'
import { type JobRun, runJob, withPrograms } from '../support/run-job.ts'

const examples = examplesOf('reference.md')
const prelude = examples.find(({ words }) => words.includes('prelude'))?.code ?? ''
const together = examples.filter(({ language, words }) => language === 'js' && words.length === 0)
const blockingOnly = examples.filter(({ words }) => words.includes('blocking'))

describe('docs/reference.md', () => {
  for (const [how, program] of [
    ['as it stands', programOf(prelude, [...together, ...blockingOnly], false)],
    ['with await and the awaitable twins', programOf(prelude, together, true)],
  ] as const) {
    it(`every example holds, ${how}`, async () => {
      await withPrograms({ 'reference.mjs': program }, async (folder) => {
        const run = await runJob(['-np', '4', '--oversubscribe', join(folder, 'reference.mjs')])
        expect(run.stderr).to.equal('')
        expect(run.status).to.equal(0)
        const lines = Number(/^(\d+) lines hold\n$/.exec(run.stdout)?.[1])
        expect(lines, run.stdout).to.be.greaterThan(80)
      })
    })
  }

  it('the solver of docs/lost-ranks.md has the same result whichever rank is lost, and when', async () => {
    const [example] = examplesOf('lost-ranks.md').filter(({ words }) => words.includes('solver'))
    await withPrograms({ 'solver.mjs': example?.code ?? '' }, async (folder) => {
      const options = ['-np', '4', '--oversubscribe', '--on-rank-loss', 'continue']
      const solve = (...words: string[]): Promise<JobRun> => runJob([...options, join(folder, 'solver.mjs'), ...words])
      const whole = await solve()
      expect(whole).to.include({ status: 0, stderr: '' })
      const value = /^4 ranks: (48\.\d+)\n$/.exec(whole.stdout)?.[1]
      for (const [rank, step] of [
        [2, 130],
        [0, 1],
        [3, 300],
        [1, 140],
      ]) {
        const run = await solve(String(rank), String(step))
        expect(run.stdout).to.equal(`3 ranks: ${value}\n`)
        expect(run.status).to.equal(0)
        const note = `mpirun-ts: lost rank ${rank} on \\S+: it exited with status 1\\. The job goes on without it\\.\\n`
        expect(run.stderr).to.match(new RegExp(`^${note}$`))
      }
    })
  })

  it('abort ends the job with the exit status that it names', async () => {
    const [example] = examples.filter(({ words }) => words.includes('abort'))
    await withPrograms({ 'abort.mjs': `${prelude}\n${example?.code ?? ''}` }, async (folder) => {
      const run = await runJob(['-np', '4', '--oversubscribe', join(folder, 'abort.mjs')])
      expect(run.status).to.equal(3)
    })
  })
})
