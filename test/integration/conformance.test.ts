import { spawn } from 'node:child_process'
import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { hostname, networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { eventually } from '../support/processes.ts'
import { projectDir, runJob } from '../support/run-job.ts'
import { withFolder } from './program-folder.ts'

/** Checks of docs/conformance-command-line.md by their numbers there, as far as no other file has them. */

const SHOW = `const { MPI } = require('mpirun-ts')
console.log(MPI.COMM_WORLD.rank, MPI.COMM_WORLD.size, ...process.argv.slice(2).map((word) => JSON.stringify(word)))
`
/** Without the variables of a scheduler around the tests. */
const NO_JOB = { PBS_NODEFILE: '', SLURM_JOB_NODELIST: '', PE_HOSTFILE: '', LSB_MCPU_HOSTS: '', LSB_HOSTS: '' }

/** `rank node` of each line of the map. */
function mapOf(stdout: string): string[] {
  return [...stdout.matchAll(/^ +(\d+) {2}(\S+)/gm)].map(([, rank, node]) => `${rank} ${node}`)
}

describe('conformance of the command line', () => {
  it('1: -np 4 hello.js prints four lines, one of each rank', async () => {
    const run = await runJob(['-np', '4', join(projectDir, 'examples', 'hello.js')])
    expect(run).to.include({ status: 0, stderr: '' })
    const lines = [0, 1, 2, 3].map((rank) => `Hello from rank ${rank} of 4 on ${hostname()}`)
    expect(run.stdout.trimEnd().split('\n').toSorted()).to.deep.equal(lines)
  })

  it('6, 7: programs between lone colons share one numbering; a:b is an argument; a file of --configfile is the same', async () => {
    const file = `# two programs\n-np 2 a.cjs 'x y' \\\n  p:q\n\n-np 3 b.cjs # of the second\n`
    await withFolder({ 'a.cjs': SHOW, 'b.cjs': SHOW, programs: file }, async (folder) => {
      const words = ['-np', '2', 'a.cjs', 'x y', 'p:q', ':', '-np', '3', 'b.cjs']
      for (const line of [words, ['-configfile', 'programs'], ['--app', 'programs']]) {
        const run = await runJob(line, { cwd: folder })
        expect(run, run.stderr).to.include({ status: 0, stderr: '' })
        expect(run.stdout.trimEnd().split('\n').toSorted()).to.deep.equal([
          '0 5 "x y" "p:q"',
          '1 5 "x y" "p:q"',
          '2 5',
          '3 5',
          '4 5',
        ])
      }
    })
  })

  it('9: of ranks that fail together one gives the status, and it is the one that is named', async () => {
    const text = `const { MPI } = require('mpirun-ts')\nMPI.COMM_WORLD.barrier()\nprocess.exit(3 + MPI.COMM_WORLD.rank)\n`
    await withFolder({ 'p.cjs': text }, async (folder) => {
      const run = await runJob(['-np', '4', 'p.cjs'], { cwd: folder })
      const rank = Number(run.status) - 3
      expect(run.stderr).to.match(
        new RegExp(`^mpirun-ts: rank ${rank} on \\S+ exited with status ${run.status}; [^\\n]*\\n$`),
      )
    })
  })

  it('17: Ctrl-Z stops the ranks of this machine, and fg lets the job come to its end', async () => {
    const text = `const { MPI } = require('mpirun-ts')
const { existsSync, writeFileSync } = require('node:fs')
writeFileSync('up' + MPI.COMM_WORLD.rank, '')
while (!existsSync('go'));
console.log('done', MPI.COMM_WORLD.allreduce(1))
`
    await withFolder({ 'p.cjs': text }, async (folder) => {
      // As in an interactive shell: SIGTSTP does nothing to a process group that nobody could wake.
      const line = `set -m; "$0" "$@" & echo "pid $!"; wait -f $!; echo "status $?"`
      const command = [process.execPath, join(projectDir, 'dist', 'mpirun.cjs'), '-np', '2', 'p.cjs']
      const shell = spawn('bash', ['-c', line, ...command], { cwd: folder, stdio: ['ignore', 'pipe', 'ignore'] })
      let output = ''
      shell.stdout.setEncoding('utf8').on('data', (chunk: string) => {
        output += chunk
      })
      const closed = new Promise((resolve) => void shell.on('close', resolve))
      const areUp = (): boolean => [0, 1].every((rank) => existsSync(join(folder, `up${rank}`)))
      expect(await eventually(areUp, 60_000), output).to.equal(true)
      const pid = Number(/pid (\d+)/.exec(output)?.[1])
      // All of its threads, which the ranks are.
      const states = (): string[] =>
        readdirSync(`/proc/${pid}/task`).map((thread) => {
          const text = readFileSync(`/proc/${pid}/task/${thread}/stat`, 'latin1')
          return text.replace(/^.*\) /, '').charAt(0)
        })
      process.kill(pid, 'SIGTSTP')
      expect(await eventually(() => states().every((state) => state === 'T'), 30_000), states().join()).to.equal(true)
      process.kill(pid, 'SIGCONT')
      writeFileSync(join(folder, 'go'), '')
      await closed
      expect(output).to.match(/^done 2\ndone 2\nstatus 0$/m)
    })
  })

  const GRAMMARS: Readonly<Record<string, string>> = {
    'Open MPI’s': 'n0 slots=2\nn1 slots=2\n',
    'MPICH’s': 'n0:2\nn1:2\n',
    'PBS’s': 'n0\nn0\nn1\nn1\n',
    'comments, blank lines and CRLF': '# hosts\r\n\r\nn0 slots=2 # first\r\n  n1:2\r\n',
    'no newline at the end': 'n0 slots=2\nn1 slots=2',
  }
  for (const [name, text] of Object.entries(GRAMMARS)) {
    it(`25, 27: a hostfile in the grammar of ${name} gives the same map`, async () => {
      await withFolder({ hosts: text, 'p.cjs': '' }, async (folder) => {
        const run = await runJob(['--hostfile', 'hosts', '--dry-run', 'p.cjs'], { cwd: folder, env: NO_JOB })
        expect(run, run.stderr).to.include({ status: 0, stderr: '' })
        expect(mapOf(run.stdout)).to.deep.equal(['0 n0', '1 n0', '2 n1', '3 n1'])
      })
    })
  }

  it('27: user@host and port= are understood; a bad line is status 2 with file, line and column', async () => {
    await withFolder({ hosts: 'me@n0 slots=2 port=2222\n', bad: 'n0 slots=2\nn1 slots=two\n' }, async (folder) => {
      const good = await runJob(['--hostfile', 'hosts', '--dry-run', 'p.cjs'], { cwd: folder, env: NO_JOB })
      expect(good.stdout).to.include('me@n0 port 2222')
      const run = await runJob(['--hostfile', 'bad', 'p.cjs'], { cwd: folder, env: NO_JOB })
      expect(run).to.include({ status: 2, stdout: '' })
      expect(run.stderr).to.match(/^mpirun-ts: [^\n]*bad:2:\d+[^\n]*\n$/)
    })
  })

  it('28: max_slots holds with --oversubscribe, too', async () => {
    await withFolder({ hosts: 'n0 slots=2 max_slots=3\nn1 slots=1 max_slots=1\n' }, async (folder) => {
      const words = (np: number): string[] => [
        '--hostfile',
        'hosts',
        '--oversubscribe',
        '-np',
        String(np),
        '--dry-run',
        'p',
      ]
      const most = await runJob(words(4), { cwd: folder, env: NO_JOB })
      expect(
        mapOf(most.stdout)
          .map((line) => line.slice(2))
          .toSorted(),
      ).to.deep.equal(['n0', 'n0', 'n0', 'n1'])
      const more = await runJob(words(5), { cwd: folder, env: NO_JOB })
      expect(more).to.include({ status: 2, stdout: '' })
      expect(more.stderr).to.match(/^mpirun-ts: [^\n]*5 ranks[^\n]*\n$/)
    })
  })

  it('29: in a PBS job a hostfile chooses among its nodes, and a host outside of it is named', async () => {
    const files = { nodes: 'n0\nn1\nn1\nn2\n', some: 'n1\nn1\n', other: 'n1\nn7\n' }
    await withFolder(files, async (folder) => {
      const env = { ...NO_JOB, PBS_NODEFILE: join(folder, 'nodes'), PBS_JOBID: '1.pbs' }
      const dry = (...words: string[]): ReturnType<typeof runJob> =>
        runJob([...words, '--dry-run', 'p.js'], { cwd: folder, env })
      expect(mapOf((await dry()).stdout)).to.deep.equal(['0 n0', '1 n1', '2 n1', '3 n2'])
      expect(mapOf((await dry('--hostfile', 'some')).stdout)).to.deep.equal(['0 n1', '1 n1'])
      const outside = await dry('--hostfile', 'other')
      expect(outside).to.include({ status: 2, stdout: '' })
      expect(outside.stderr).to.match(/^mpirun-ts: [^\n]*"?n7"?[^\n]*\n$/)
    })
  })

  it('30: the nodes of Slurm, SGE and LSF give 13 ranks in the same order', async () => {
    const names = ['r1n01', 'r1n02', 'r1n03', 'r2n01', 'r2n02', 'r2n03', 'x_9']
    const slots = names.map((name) => [name, name === 'x_9' ? 1 : 2] as const)
    const expected = slots
      .flatMap(([name, count]) => Array.from({ length: count }, () => name))
      .map((name, rank) => `${rank} ${name}`)
    const file = slots.map(([name, count]) => `${name} ${count} all.q@${name} UNDEFINED\n`).join('')
    await withFolder({ pe: file }, async (folder) => {
      const environments = [
        { SLURM_JOB_ID: '1', SLURM_JOB_NODELIST: 'r[1-2]n[01-03],x_9', SLURM_TASKS_PER_NODE: '2(x6),1' },
        { JOB_ID: '1', PE_HOSTFILE: join(folder, 'pe') },
        { LSB_JOBID: '1', LSB_MCPU_HOSTS: slots.flat().join(' ') },
      ]
      for (const env of environments) {
        const run = await runJob(['--dry-run', 'p.js'], { cwd: folder, env: { ...NO_JOB, ...env } })
        expect(run, run.stderr).to.include({ status: 0, stderr: '' })
        expect(mapOf(run.stdout)).to.deep.equal(expected)
      }
    })
  })

  it('are all asked somewhere: docs/conformance-command-line.md names a test for each', () => {
    const page = readFileSync(join(projectDir, 'docs', 'conformance-command-line.md'), 'utf8')
    const numbers = [...page.matchAll(/^\| ([\d, –]+) \|/gm)].flatMap(([, text = '']) =>
      text.split(', ').flatMap((part) => {
        const [first = 0, last = first] = part.split('–').map(Number)
        return Array.from({ length: last - first + 1 }, (_, index) => first + index)
      }),
    )
    expect(numbers).to.deep.equal(Array.from({ length: 40 }, (_, index) => index + 1))
    const files = page.match(/\b(unit|compliance|integration|multi-node|faults)\/[\w/-]+/g) ?? []
    expect(files).to.have.length.above(30)
    for (const file of files) expect(existsSync(join(projectDir, 'test', `${file}.test.ts`)), file).to.equal(true)
  })

  it('32: no ssh is called for names of this machine; hosts of two domains stay two', async () => {
    const ssh = '#!/bin/sh\necho "$@" >>"$MARK"\nexit 1\n'
    await withFolder({ 'p.cjs': SHOW, 'bin/ssh': ssh }, async (folder) => {
      chmodSync(join(folder, 'bin', 'ssh'), 0o755)
      const own = Object.values(networkInterfaces())
        .flatMap((list) => list ?? [])
        .find(({ family, internal }) => family === 'IPv4' && !internal)
      const names = ['localhost', '127.0.1.1', '::1', hostname(), ...(own === undefined ? [] : [own.address])]
      const env = {
        ...NO_JOB,
        PATH: `${join(folder, 'bin')}:${process.env['PATH'] ?? ''}`,
        MARK: join(folder, 'called'),
      }
      for (const name of names) {
        const run = await runJob(['--host', name, '-np', '1', 'p.cjs'], { cwd: folder, env })
        expect(run, `${name}: ${run.stderr}`).to.include({ status: 0, stdout: '0 1\n', stderr: '' })
      }
      expect(existsSync(join(folder, 'called'))).to.equal(false)
      const two = await runJob(['--host', 'w.1.net,w.2.net', '--dry-run', 'p.cjs'], { cwd: folder, env })
      expect(mapOf(two.stdout)).to.deep.equal(['0 w.1.net', '1 w.2.net'])
    })
  })
})
