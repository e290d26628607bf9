import { symlinkSync } from 'node:fs'
import { expect } from 'chai'
import { runJob, startJob } from '../support/run-job.ts'
import { withFolder } from './program-folder.ts'

const THROW = `if (MPI.COMM_WORLD.rank === 1) setTimeout(() => { throw new Error('thrown') }, 300)`

describe('ranks that are hard to end', () => {
  it('one that waits for a child ends with the child', async () => {
    const text = `import { execSync } from 'node:child_process'\nimport { MPI } from 'mpirun-ts'\n${THROW}\nelse execSync('sleep 30')`
    await withFolder({ 'p.mjs': text }, async (folder) => {
      const run = await runJob(['-np', '2', 'p.mjs'], { cwd: folder })
      expect(run.status, run.stderr).to.equal(1)
      expect(run.stderr).to.include('rank 1').and.include('thrown')
    })
  })

  it('one that reads a pipe nobody closes does not keep the job', async () => {
    const text = `import { readFileSync } from 'node:fs'\nimport { MPI } from 'mpirun-ts'\n${THROW}\nelse readFileSync(0)`
    await withFolder({ 'p.mjs': text }, async (folder) => {
      const job = startJob(['-np', '2', 'p.mjs'], { cwd: folder, keepsStdinOpen: true })
      const run = await job.result
      // process.exit() would wait for the read for ever, so the process has to kill itself; the reason is told before.
      expect([run.signal, run.stderr.includes('thrown')]).to.deep.equal(['SIGKILL', true])
    })
  })
})

describe('programs of all kinds', () => {
  it('may listen to events that are symbols', async () => {
    await withFolder({ 'p.cjs': `process.on(Symbol('x'), () => 0); console.log('fine')` }, async (folder) => {
      expect(await runJob(['-np', '1', 'p.cjs'], { cwd: folder })).to.include({ status: 0, stdout: 'fine\n' })
    })
  })

  it('may be links', async () => {
    await withFolder(
      { 'p.mjs': `import { MPI } from 'mpirun-ts'\nconsole.log(MPI.COMM_WORLD.size)` },
      async (folder) => {
        symlinkSync(`${folder}/p.mjs`, `${folder}/link.mjs`)
        const run = await runJob(['-np', '2', 'link.mjs'], { cwd: folder })
        expect(run, run.stderr).to.include({ status: 0, stdout: '2\n2\n' })
      },
    )
  })
})
