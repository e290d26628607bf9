import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { eventually } from '../support/processes.ts'
import { runJob, startJob } from '../support/run-job.ts'
import { runShell, withFolder } from './program-folder.ts'
import { skipHere } from '../support/skip-here.ts'

/** Leaves a file behind, then writes to stdout. */
const PROGRAM = { 'p.cjs': "require('fs').writeFileSync('ran', '')\nconsole.log('out')\n" }

/** Options with a file that cannot be opened, and what is said of it. */
const REFUSED: readonly { name: string; options: readonly string[]; says: RegExp }[] = [
  { name: 'a file for a folder', options: ['--output-filename', 'file'], says: /file or folder|not a folder/ },
  { name: 'a folder below a file', options: ['--output-filename', 'file/a/b'], says: /not a folder/ },
  { name: 'a folder that loops in mkdir', options: ['--output-filename', '/proc/nope'], says: /no new folders/ },
  {
    name: 'the same deeper',
    options: ['--outfile-pattern', '/proc/nope/a/%r'],
    says: /"\/proc\/nope".*no new folders/,
  },
  { name: 'a folder for a file', options: ['--outfile-pattern', 'folder'], says: /it is a folder \(EISDIR\)/ },
  { name: 'a folder for stderr of rank 1', options: ['--errfile-pattern', 'e%r'], says: /"[^"]*e1".*it is a folder/ },
  {
    name: 'a folder for a name with %p',
    options: ['--outfile-pattern', 'folder/%p/../../folder'],
    says: /it is a folder/,
  },
  { name: 'a name that is too long', options: ['--outfile-pattern', `${'x'.repeat(300)}%r`], says: /too long/ },
  { name: 'a link that leads to itself', options: ['--outfile-pattern', 'loop'], says: /symbolic links/ },
  { name: 'the log below a file', options: ['--log-file', 'file/log'], says: /"[^"]*file\/log".*not a folder/ },
  { name: 'a folder for the log', options: ['--log-file', 'folder'], says: /it is a folder/ },
]

describe('files of the command line', () => {
  for (const { name, options, says } of REFUSED) {
    it(`are opened before anything starts: ${name}`, async () => {
      await withFolder({ ...PROGRAM, file: '' }, async (folder) => {
        mkdirSync(join(folder, 'folder'))
        mkdirSync(join(folder, 'e1'))
        execFileSync('ln', ['-s', 'loop', join(folder, 'loop')])
        const run = await runJob(['-np', '2', ...options, 'p.cjs'], { cwd: folder, timeoutMs: 20_000 })
        expect(run, run.stderr).to.include({ status: 2, stdout: '' })
        expect(run.stderr)
          .to.match(/^mpirun-ts: Cannot .*\n$/)
          .and.to.match(says)
        expect(existsSync(join(folder, 'ran'))).to.equal(false)
      })
    })
  }

  it('that may not be written are refused, too', async function () {
    if (process.getuid?.() !== 0)
      return skipHere(this, 'needs root, to become a user without permission; run the tests as root')
    await withFolder({ ...PROGRAM, file: '' }, async (folder) => {
      chmodSync(folder, 0o755)
      const other = 'setpriv --reuid 65534 --regid 65534 --clear-groups'
      for (const option of ['--output-filename out', '--outfile-pattern file', '--log-file log']) {
        const run = await runShell(`${other} $MPIRUN -np 1 ${option} p.cjs`, folder)
        expect(run, run.stderr).to.include({ status: 2, stdout: '' })
        expect(run.stderr).to.match(/^mpirun-ts: Cannot .*permission denied \(EACCES\).*\n$/)
      }
    })
  })

  it('are there for ranks that write nothing', async () => {
    await withFolder({ 'p.cjs': '' }, async (folder) => {
      const run = await runJob(['-np', '2', '--output-filename', 'out', 'p.cjs'], { cwd: folder })
      expect(run).to.include({ status: 0, stdout: '', stderr: '' })
      expect(readFileSync(join(folder, 'out/rank.1/stderr'), 'utf8')).to.equal('')
    })
  })

  it('on a full disk end the job with one message, also where the rank has ended', async () => {
    await withFolder(PROGRAM, async (folder) => {
      for (let count = 0; count < 5; count += 1) {
        const run = await runJob(['-np', '2', '--outfile-pattern', '/dev/full', 'p.cjs'], { cwd: folder })
        expect(run.status, run.stderr).to.equal(1)
        expect(run.stderr).to.equal(
          'mpirun-ts: cannot write to "/dev/full": no space left on device (ENOSPC). The job was ended.\n',
        )
      }
    })
  })

  it('that are named pipes wait for their reader', async () => {
    await withFolder(PROGRAM, async (folder) => {
      execFileSync('mkfifo', [join(folder, 'pipe')])
      const run = await runShell('$MPIRUN -np 1 --outfile-pattern pipe p.cjs & sleep 1; cat pipe; wait $!', folder)
      expect(run).to.include({ status: 0, stdout: 'out\n', stderr: '' })
    })
  })

  it('that are named pipes leave the command open to signals while nobody reads them', async () => {
    await withFolder(PROGRAM, async (folder) => {
      execFileSync('mkfifo', [join(folder, 'pipe')])
      for (const option of ['--outfile-pattern', '--log-file', '--hostfile']) {
        const job = startJob(['-np', '1', option, 'pipe', 'p.cjs'], { cwd: folder })
        // Asleep in open(), or between two looks.
        await eventually(() => isAsleep(job.child.pid), 10_000)
        job.child.kill('SIGTERM')
        const run = await job.result
        expect(run.seconds).to.be.lessThan(9)
        expect(run.signal ?? run.status, option).to.be.oneOf(['SIGTERM', 143])
        expect(existsSync(join(folder, 'ran'))).to.equal(false)
      }
    })
  })

  it('whose reader goes away end the job with a message', async () => {
    const text = "for (let i = 0; i < 1e6; i++) console.log('x'.repeat(100))\n"
    await withFolder({ 'p.cjs': text }, async (folder) => {
      execFileSync('mkfifo', [join(folder, 'pipe')])
      const run = await runShell('head -1 pipe > /dev/null & $MPIRUN -np 1 --outfile-pattern pipe p.cjs', folder)
      expect(run.status, run.stderr).to.equal(1)
      expect(run.stderr).to.match(/^mpirun-ts: cannot write to ".*pipe": its reader has gone away \(EPIPE\).*\n$/)
    })
  })

  it('for logs on a full disk are given up with one warning, and the job goes on', async () => {
    await withFolder(PROGRAM, async (folder) => {
      const run = await runJob(['-np', '2', '--log-file', '/dev/full', '--log-level', 'debug', 'p.cjs'], {
        cwd: folder,
      })
      expect(run).to.include({ status: 0, stdout: 'out\nout\n' })
      expect(run.stderr).to.match(
        /^mpirun-ts: warning: cannot write to "\/dev\/full": no space left on device \(ENOSPC\)\. .*goes on.*\n$/,
      )
    })
  })
})

function isAsleep(pid: number | undefined): boolean {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  return stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3) === 'S'
}
