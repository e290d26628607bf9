import { existsSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { runJob } from '../support/run-job.ts'
import { withFolder } from './program-folder.ts'

const MARK = { 'p.cjs': "require('node:fs').writeFileSync('ran', '')\n" }

/** Arguments, and what the one line on stderr says: the option and its value. */
const MISTAKES: readonly [args: string, says: RegExp][] = [
  ['-np 0 p.cjs', /"0".* -np\b/],
  ['-np -1 p.cjs', /"-1".* -np\b/],
  ['-np abc p.cjs', /"abc".* -np\b/],
  ['-np 1.5 p.cjs', /"1\.5".* -np\b/],
  ['--np=1e3 p.cjs', /"1e3".* --np\b/],
  ['-np', /-np\b/],
  ['-np p.cjs', /"p\.cjs".* -np\b/],
  ['-np 2', /No program given.*--help/],
  ['', /No program given.*--help/],
  ['--no-such-option -np 1 p.cjs', /Unknown option "--no-such-option"/],
  ['--hostfle x p.cjs', /Unknown option "--hostfle"\. Did you mean --hostfile\?/],
  ['--timeout soon p.cjs', /"soon".* --timeout\b/],
  ['--map-by foo p.cjs', /"foo".* --map-by\b/],
  ['-np 2 --stdin 2 p.cjs', /--stdin 2.*2 ranks/],
  ['--stdin x p.cjs', /"x".* --stdin\b/],
  ['--forward-signals FOO p.cjs', /"FOO"/],
  ['--hostfile missing-file p.cjs', /missing-file/],
  ['-np 9 --host localhost:2 p.cjs', /9 .*2.*--oversubscribe/],
  ['-np 1 p.cjs : -np 0 p.cjs', /"0".* -np\b/],
  ['-np 1 p.cjs :', /./],
]

describe('command line', () => {
  for (const [args, says] of MISTAKES) {
    it(`"${args}" is status 2 with one line, and nothing runs`, async () => {
      await withFolder(MARK, async (folder) => {
        const run = await runJob(args.split(' ').filter(Boolean), { cwd: folder })
        expect(run, run.stderr).to.include({ status: 2, stdout: '' })
        expect(run.stderr)
          .to.match(/^mpirun-ts: [^\n]+\n$/)
          .and.match(says)
        expect(existsSync(join(folder, 'ran'))).to.equal(false)
      })
    })
  }

  it('--version and --help answer on stdout', async () => {
    const version = await runJob(['--version'])
    expect(version).to.include({ status: 0, stderr: '' })
    expect(version.stdout).to.match(/^mpirun-ts \d+\.\d+\.\d+\n$/)
    const help = await runJob(['--help'])
    expect(help).to.include({ status: 0, stderr: '' })
    expect(help.stdout)
      .to.match(/^Usage: mpirun-ts /)
      .and.contain('--hostfile')
  })

  it('-n, -np, --np, -c and --np= all set the number of ranks', async () => {
    await withFolder({ 'p.cjs': 'console.log(process.env.MPIRUN_TS_SIZE)\n' }, async (folder) => {
      for (const words of [['-n', '3'], ['-np', '3'], ['--np', '3'], ['-c', '3'], ['--np=3'], ['-np=3']]) {
        const run = await runJob([...words, 'p.cjs'], { cwd: folder })
        expect(run, words.join(' ')).to.include({ status: 0, stdout: '3\n3\n3\n' })
      }
    })
  })

  it('--dry-run shows the map and starts nothing; --display-map shows it and starts', async () => {
    await withFolder(MARK, async (folder) => {
      const dry = await runJob(['--dry-run', '-np', '3', 'p.cjs'], { cwd: folder })
      expect(dry).to.include({ status: 0, stderr: '' })
      const row = new RegExp(`^ *\\d +${hostname()} +\\d +p\\.cjs$`, 'gm')
      expect(dry.stdout.match(row)).to.have.length(3)
      expect(existsSync(join(folder, 'ran'))).to.equal(false)
      const run = await runJob(['--display-map', '-np', '3', 'p.cjs'], { cwd: folder })
      expect(run).to.include({ status: 0, stdout: dry.stdout })
      expect(existsSync(join(folder, 'ran'))).to.equal(true)
    })
  })

  it('--timeout ends ranks that block, loop and idle: 124', async () => {
    const text = `const { MPI } = require('mpirun-ts')
if (MPI.COMM_WORLD.rank === 0) MPI.COMM_WORLD.recv(1)
else if (MPI.COMM_WORLD.rank === 1) for (;;);
else setTimeout(() => undefined, 1e6)
`
    await withFolder({ 'p.cjs': text }, async (folder) => {
      const run = await runJob(['--timeout', '0.5', '-np', '3', 'p.cjs'], { cwd: folder })
      expect(run).to.include({ status: 124, stdout: '' })
      expect(run.stderr).to.match(/^mpirun-ts: [^\n]*--timeout 0\.5[^\n]*\n$/)
      expect(run.seconds).to.be.at.least(0.5)
    })
  })

  const SUM = `const { MPI } = require('mpirun-ts')
const sum = MPI.COMM_WORLD.allreduce(MPI.COMM_WORLD.rank)
if (MPI.COMM_WORLD.rank === 0) console.log(sum)
`

  it('64 ranks run without --oversubscribe where no slots were declared', async () => {
    await withFolder({ 'p.cjs': SUM }, async (folder) => {
      const run = await runJob(['-np', '64', 'p.cjs'], { cwd: folder, timeoutMs: 50_000 })
      expect(run, run.stderr).to.include({ status: 0, stdout: '2016\n', stderr: '' })
    })
  })

  it('20 launchers at once all succeed', async () => {
    await withFolder({ 'p.cjs': SUM }, async (folder) => {
      const jobs = Array.from({ length: 20 }, () => runJob(['-np', '2', 'p.cjs'], { cwd: folder, timeoutMs: 50_000 }))
      for (const run of await Promise.all(jobs)) expect(run).to.include({ status: 0, stdout: '1\n', stderr: '' })
    })
  })
})
