import { join } from 'node:path'
import { expect } from 'chai'
import { projectDir, runJob } from '../support/run-job.ts'
import { withFolder } from './program-folder.ts'

const IMPORT = `import { MPI } from 'mpirun-ts'\nconst comm = MPI.COMM_WORLD\n`

async function outputOf(ranks: number, text: string): Promise<string> {
  return withFolder({ 'p.mjs': IMPORT + text }, async (folder) => {
    const run = await runJob(['-np', String(ranks), '--oversubscribe', 'p.mjs'], { cwd: folder })
    expect(run, run.stderr).to.include({ status: 0, stderr: '' })
    return run.stdout
  })
}

describe('windows', () => {
  it('a lock is free again when its holder has ended', async () => {
    const program = join(projectDir, 'test', 'fixtures', 'multi-node', 'window-ends.js')
    const run = await runJob(['-np', '4', '--oversubscribe', program], { timeoutMs: 20_000 })
    expect(run, run.stderr).to.include({ status: 0, stdout: 'all had it\n', stderr: '' })
  })

  it('a rank that waits for a lock ends with the job', async () => {
    const text = `const window = comm.createWindow(MPI.alloc(Int32Array, 1))
if (comm.rank === 0) { window.lock(0); comm.send(0, 1); comm.recv(1); setTimeout(() => comm.abort(5), 100) }
else { comm.recv(0); comm.send(0, 0); window.lock(0) }`
    await withFolder({ 'p.mjs': IMPORT + text }, async (folder) => {
      const run = await runJob(['-np', '2', 'p.mjs'], { cwd: folder })
      expect(run.status, run.stderr).to.equal(5)
    })
  })
})

describe('memory of MPI.alloc', () => {
  it('given to isend is read by the receiver also when the sender has ended', async () => {
    const text = `const memory = MPI.alloc(Float64Array, 100_000)
if (comm.rank === 0) { comm.send(memory, 1); memory.fill(3); comm.isend(memory, 1, 1) }
else {
  comm.recv(0)
  try { comm.recv(0, 99) } catch (error) { console.log(error.code) }
  const got = comm.recv(0, 1)
  console.log(got.length, got.every((x) => x === 3))
}`
    expect(await outputOf(2, text)).to.equal('ERR_PROC_FAILED\n100000 true\n')
  })

  it('given to send, isend or issend does not keep a sender whose receiver has ended', async () => {
    const text = `const memory = MPI.alloc(Float64Array, 100_000)
if (comm.rank === 0) {
  comm.send(memory, 1)
  const early = [comm.isend(memory, 1, 1), comm.issend(memory, 1, 2)]
  comm.send('end', 1, 3)
  early[0].wait()
  try { early[1].wait() } catch (error) { console.log(error.code) }
  comm.send(memory, 1)
  console.log('sent')
} else { comm.recv(0); comm.recv(0, 3) }`
    expect(await outputOf(2, text)).to.equal('ERR_PROC_FAILED\nsent\n')
  })

  it('is sent again and again without growth of the receiver or the sender', async () => {
    const text = `const memory = MPI.alloc(Uint8Array, 1 << 20)
const into = new Uint8Array(1 << 20)
const round = () => { if (comm.rank === 0) comm.send(memory, 1); else comm.recvInto(into, 0) }
for (let i = 0; i < 100; i += 1) round()
comm.barrier()
const before = process.memoryUsage().rss
for (let i = 0; i < 600; i += 1) round()
comm.barrier()
if (comm.rank === 0) console.log(process.memoryUsage().rss - before < 150 * 2 ** 20)`
    expect(await outputOf(2, text)).to.equal('true\n')
  })

  it('is freed when the program forgets it, also where other ranks have seen it', async () => {
    const text = `const into = new Uint8Array(1 << 20)
for (let i = 0; i < 1000; i += 1) {
  if (comm.rank === 0) comm.send(MPI.alloc(Uint8Array, 1 << 20), 1)
  else comm.recvInto(into, 0)
}
comm.barrier()
if (comm.rank === 0) console.log(process.memoryUsage().rss < 900 * 2 ** 20)`
    expect(await outputOf(2, text)).to.equal('true\n')
  })
})
