import { join } from 'node:path'
import { expect } from 'chai'
import { needFree } from '../support/need-free.ts'
import { projectDir, runJob } from '../support/run-job.ts'
import { skipHere } from '../support/skip-here.ts'
import { withFolder } from './program-folder.ts'

/** A message of more than 2^31 bytes, of which every page is looked at. */
const PROGRAM = `import { MPI } from 'mpirun-ts'
const comm = MPI.COMM_WORLD
const length = Math.ceil(2.1 * 2 ** 30 / 8)
const STEP = 512
if (comm.rank === 1) {
  const view = new Float64Array(length)
  for (let i = 0; i < length; i += STEP) view[i] = i
  view[length - 1] = -1
  comm.send(view, 0, 1)
} else {
  const view = new Float64Array(length)
  comm.recvInto(view, 1, 1)
  let wrong = view.length === length && view[length - 1] === -1 ? 0 : 1
  for (let i = 0; i < length - 1; i += STEP) if (view[i] !== i) wrong += 1
  console.log(wrong)
}`

describe('a message of 2.1 GiB', function () {
  this.timeout(120_000)
  it('is there whole', async function () {
    needFree(this, 6)
    await withFolder({ 'p.mjs': PROGRAM }, async (folder) => {
      const run = await runJob(['-np', '2', 'p.mjs'], { cwd: folder, timeoutMs: 110_000 })
      expect(run, run.stderr).to.include({ status: 0, stdout: '0\n', stderr: '' })
    })
  })
})

describe('a message of more than 4 GiB', () => {
  it('is refused before anything is sent; a view of that size may receive', async function () {
    needFree(this, 2)
    const program = `import { MPI } from 'mpirun-ts'
const comm = MPI.COMM_WORLD
const view = new Float64Array(2 ** 29 + 1)
for (const send of ['send', 'isend', 'ssend']) {
  try { comm[send](view, 0) } catch ({ code, message }) { console.log(code, message) }
}
comm.send(Float64Array.of(7), 0)
console.log(comm.recvInto(view, 0).count, view[0])`
    await withFolder({ 'p.mjs': program }, async (folder) => {
      const run = await runJob(['-np', '1', 'p.mjs'], { cwd: folder })
      const reason = 'a message has at most 4294967296 bytes, this view has 4294967304; send it in parts'
      const lines = ['send', 'isend', 'ssend'].map((call) => `ERR_COUNT ${call}: ${reason}`)
      expect(run, run.stderr).to.include({ status: 0, stdout: `${lines.join('\n')}\n1 7\n`, stderr: '' })
    })
  })
})

describe('messages of 3.9 GiB and, three at once, of 1.5 GiB', () => {
  it('arrive', async function () {
    if (process.env['MPIRUN_TS_LARGE'] !== '1') skipHere(this, 'needs MPIRUN_TS_LARGE=1 and 13 GiB of free memory')
    needFree(this, 13)
    const program = join(projectDir, 'test', 'fixtures', 'large.js')
    const run = await runJob(['-np', '4', '--oversubscribe', program], { timeoutMs: 280_000 })
    expect(run, run.stderr).to.include({ status: 0, stdout: 'all came\n', stderr: '' })
  }).timeout(300_000)
})
