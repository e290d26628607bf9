import { expect } from 'chai'
import { runJob } from '../support/run-job.ts'
import { runShell, sortedLines, withFolder } from './program-folder.ts'

describe('output of ranks', () => {
  it('comes in whole lines and in each rank’s order: 8 ranks × 2000 lines × 10,000 characters', async () => {
    const text = `const rank = process.env.MPIRUN_TS_RANK
for (let i = 0; i < 2000; i++) console.log((rank + ' ' + i + ' ').padEnd(9999, rank))
`
    const check = `const seen = Array(8).fill(0)
let bad = 0
require('readline').createInterface({ input: process.stdin }).on('line', (line) => {
  const [rank, i] = line.split(' ')
  if (Number(i) !== seen[rank]++ || line !== (rank + ' ' + i + ' ').padEnd(9999, rank)) bad++
}).on('close', () => console.log(bad, seen.join()))
`
    await withFolder({ 'p.cjs': text, 'check.cjs': check }, async (folder) => {
      const run = await runShell('{ $MPIRUN -np 8 p.cjs || echo failed; } | node check.cjs', folder)
      expect(run, run.stderr).to.include({ stdout: `0 ${Array<number>(8).fill(2000).join()}\n`, stderr: '' })
    })
  })

  it('a last line without its end arrives as it is, and gets its end behind a prefix', async () => {
    await withFolder({ 'p.cjs': "process.stdout.write('a\\nb')\n" }, async (folder) => {
      const plain = await runJob(['-np', '1', 'p.cjs'], { cwd: folder })
      expect(plain).to.include({ status: 0, stdout: 'a\nb' })
      const tagged = await runJob(['-np', '2', '-l', 'p.cjs'], { cwd: folder })
      expect(sortedLines(tagged.stdout)).to.deep.equal(['[0] a', '[0] b', '[1] a', '[1] b'])
      expect(tagged.stdout.endsWith('\n')).to.equal(true)
    })
  })

  it('appears at once, also of a rank that blocks or loops right after it', async () => {
    const text = `const { MPI } = require('mpirun-ts')
console.log('before', MPI.COMM_WORLD.rank)
if (MPI.COMM_WORLD.rank === 0) MPI.COMM_WORLD.recv(1)
for (;;);
`
    await withFolder({ 'p.cjs': text }, async (folder) => {
      const run = await runJob(['-np', '2', '--timeout', '8', 'p.cjs'], { cwd: folder })
      expect(run.status).to.equal(124)
      expect(sortedLines(run.stdout)).to.deep.equal(['before 0', 'before 1'])
    })
  })

  it('write() calls back, drains and tells stdout from stderr', async () => {
    const text = `import { once } from 'node:events'
let more = true
for (let i = 0; i < 100; i++) {
  more = process.stdout.write('x'.repeat(99_999) + '\\n', 'latin1')
  if (!more) await once(process.stdout, 'drain')
}
await new Promise((resolve) => process.stdout.write(new Uint8Array([0xc3, 0xa4, 10]), resolve))
process.stderr.write('error')
console.error('s %d', 5)
console.table([{ a: 1 }])
process.exit(0)
`
    await withFolder({ 'p.mjs': text }, async (folder) => {
      const run = await runJob(['-np', '1', 'p.mjs'], { cwd: folder })
      expect(run).to.include({ status: 0, stderr: 'errors 5\n' })
      expect(run.stdout.slice(0, 10_000_000)).to.equal(`${'x'.repeat(99_999)}\n`.repeat(100))
      expect(run.stdout.slice(10_000_000)).to.match(/^ä\n┌[^]*a[^]*┘\n$/)
    })
  })

  it('nothing of it is lost when the program ends with process.exit() or an error', async () => {
    const text = `for (let i = 0; i < 5000; i++) console.log('line', i)
if (process.argv[2] === 'exit') process.exit(0)
throw new Error('end')
`
    await withFolder({ 'p.cjs': text }, async (folder) => {
      for (const [how, status] of [
        ['exit', 0],
        ['throw', 1],
      ] as const) {
        const run = await runJob(['-np', '1', 'p.cjs', how], { cwd: folder })
        expect(run.status).to.equal(status)
        expect(run.stdout).to.equal(Array.from({ length: 5000 }, (_, i) => `line ${i}\n`).join(''))
      }
    })
  })
})
