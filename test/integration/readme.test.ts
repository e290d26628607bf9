import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { projectDir, runJob, withPrograms } from '../support/run-job.ts'

const readme = readFileSync(join(projectDir, 'README.md'), 'utf8')

describe('README', () => {
  it('its program runs', async () => {
    const [, program = ''] = /```js\n([\s\S]*?)```/.exec(readme) ?? []
    expect(program).to.include('MPI.COMM_WORLD')
    await withPrograms({ 'readme.mjs': program }, async (folder) => {
      const run = await runJob(['-np', '2', join(folder, 'readme.mjs')])
      expect(run).to.include({ status: 0, stdout: "{ hello: 'world' }\n", stderr: '' })
    })
  })

  it('its first command runs pi', async () => {
    const [, command = ''] = /npx mpirun-ts (.*pi\.js)/.exec(readme) ?? []
    const run = await runJob(command.split(' '))
    expect(run).to.include({ status: 0, stderr: '' })
    expect(run.stdout).to.match(/^Pi convergence : \[2\.4, .*3\.1411664\] calculated in [\d.]+ seconds\n/)
  })
})
