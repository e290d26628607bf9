import { expect } from 'chai'
import { runJob } from '../support/run-job.ts'
import { runShell, sortedLines, withFolder } from './program-folder.ts'

const COUNT = `let bytes = 0
let sum = 0
for await (const chunk of process.stdin) {
  for (let i = 0; i < chunk.length; i += 1009) sum = (sum * 31 + chunk[i] + bytes + i) >>> 0
  bytes += chunk.length
}
console.log(process.env.MPIRUN_TS_RANK, bytes)
`
const MAKE = '$NODE -e "const b = Buffer.alloc(1e6, 97); for (let i = 0; i < 50; i++) require(\'fs\').writeSync(1, b)"'
const MB50 = 50_000_000

/** Options and the bytes that each rank reads. */
const TARGETS: readonly [options: string, bytes: readonly number[]][] = [
  ['', [MB50, 0, 0]],
  ['--stdin 0', [MB50, 0, 0]],
  ['--stdin 1', [0, MB50, 0]],
  ['--stdin all', [MB50, MB50, MB50]],
  ['--stdin none', [0, 0, 0]],
]

describe('standard input', () => {
  for (const [options, bytes] of TARGETS) {
    it(`50 MB with ${options || 'no option'}: the ranks read ${bytes.join(', ')} bytes and the end`, async () => {
      await withFolder({ 'p.mjs': COUNT }, async (folder) => {
        const make = MAKE.replace('$NODE', process.execPath)
        const from = options === '--stdin none' ? '/dev/null' : 'input'
        const script = `${make} > input; $MPIRUN -np 3 ${options} p.mjs < ${from}`
        const run = await runShell(script, folder)
        expect(run, run.stderr).to.include({ status: 0, stderr: '' })
        expect(sortedLines(run.stdout)).to.deep.equal(bytes.map((count, rank) => `${rank} ${count}`))
      })
    })
  }

  it('--stdin none gives every rank the end at once, also while the input stays open', async () => {
    await withFolder({ 'p.mjs': COUNT }, async (folder) => {
      const run = await runShell('sleep 50 | { $MPIRUN -np 2 --stdin none p.mjs; kill $$; }', folder)
      expect(sortedLines(run.stdout)).to.deep.equal(['0 0', '1 0'])
      expect(run.seconds).to.be.below(45)
    })
  })

  it('from a pipe arrives in order', async () => {
    const text = `let text = ''
for await (const chunk of process.stdin.setEncoding('utf8')) text += chunk
if (process.env.MPIRUN_TS_RANK === '0') console.log(text === Array.from({ length: 200_000 }, (_, i) => 'ü' + (i + 1) + '\\n').join(''))
`
    await withFolder({ 'p.mjs': text }, async (folder) => {
      const run = await runShell('seq 200000 | sed s/^/ü/ | $MPIRUN -np 2 p.mjs', folder)
      expect(run, run.stderr).to.include({ status: 0, stdout: 'true\n' })
    })
  })

  it('a loop of while read keeps its lines when the program does not read', async () => {
    await withFolder({ 'p.cjs': "console.log('ran')\n" }, async (folder) => {
      const loop = 'printf "a\\nb\\nc\\n" | while read -r line; do echo "$line"; $MPIRUN -np 1 p.cjs; done'
      const run = await runShell(loop, folder)
      expect(run.stdout).to.equal('a\nran\nb\nran\nc\nran\n')
    })
  })

  it('readline works, with a last line without its end', async () => {
    const text = `import { createInterface } from 'node:readline/promises'
for await (const line of createInterface({ input: process.stdin })) console.log('got', line)
`
    await withFolder({ 'p.mjs': text }, async (folder) => {
      const run = await runJob(['-np', '2', '-l', 'p.mjs'], { cwd: folder, input: 'a\nb' })
      expect(run).to.include({ status: 0, stdout: '[0] got a\n[0] got b\n' })
    })
  })

  it('a program may end while its input stays open, and the job ends', async () => {
    const text = "process.stdin.once('data', (chunk) => { console.log(String(chunk)); process.exit(0) })\n"
    await withFolder({ 'p.cjs': text }, async (folder) => {
      const run = await runShell('{ printf one; sleep 50; } | { $MPIRUN -np 1 p.cjs; kill $$; }', folder)
      expect(run.stdout).to.equal('one\n')
      expect(run.seconds).to.be.below(45)
    })
  })
})
