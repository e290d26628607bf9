import { join } from 'node:path'
import { expect } from 'chai'
import { examplesOf, programOf } from '../support/doc-examples.ts'
import { runJob, withPrograms } from '../support/run-job.ts'

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

  it('abort ends the job with the exit status that it names', async () => {
    const [example] = examples.filter(({ words }) => words.includes('abort'))
    await withPrograms({ 'abort.mjs': `${prelude}\n${example?.code ?? ''}` }, async (folder) => {
      const run = await runJob(['-np', '4', '--oversubscribe', join(folder, 'abort.mjs')])
      expect(run.status).to.equal(3)
    })
  })
})
