import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { withPrograms } from '../support/run-job.ts'
import { fixture, rankLines, useSshJobs, whereRanksRan } from './ssh-jobs.ts'

const HERE = 'localhost'

/** What is typed, and where each rank runs. */
const CASES: readonly { name: string; args: readonly string[]; ranks: string }[] = [
  { name: 'one host', args: ['--host', 'n1:2'], ranks: '0@n1 1@n1' },
  { name: 'two hosts', args: ['--host', 'n1:2,n2'], ranks: '0@n1 1@n1 2@n2' },
  { name: 'three hosts', args: ['--host', 'n3,n1,n2'], ranks: '0@n3 1@n1 2@n2' },
  { name: 'this machine first', args: ['--host', `${HERE}:2,n1`], ranks: '0@here 1@here 2@n1' },
  { name: 'this machine in the middle', args: ['--host', `n2,${HERE},n1`], ranks: '0@n2 1@here 2@n1' },
  { name: 'fewer ranks than hosts', args: ['-np', '1', '--host', 'n2,n1'], ranks: '0@n2' },
  {
    name: '--map-by node',
    args: ['--map-by', 'node', '--host', 'n1:2,n2:2,n3'],
    ranks: '0@n1 1@n2 2@n3 3@n1 4@n2',
  },
  { name: '-ppn 1', args: ['-ppn', '1', '--host', 'n1:2,n2:2'], ranks: '0@n1 1@n2' },
]

describe('placement over hosts', function () {
  this.timeout(120_000)
  const jobs = useSshJobs(['works', 'works', 'works'])

  for (const { name, args, ranks } of CASES) {
    it(`runs ranks in order on ${name}`, async () => {
      const run = await jobs().run([...args, fixture('show.js')])
      expect(run, run.stderr).to.include({ status: 0, stderr: '' })
      expect(whereRanksRan(run.stdout)).to.equal(ranks)
      const lines = rankLines(run.stdout)
      expect(new Set(lines.map(({ size }) => size))).to.deep.equal(new Set([lines.length]))
      // One agent for each node.
      expect(new Set(lines.map(({ pid }) => pid)).size).to.equal(new Set(lines.map(({ host }) => host)).size)
    })
  }

  it('keeps hosts, folders and environment of each program apart', async () => {
    await withPrograms({}, async (folder) => {
      for (const name of ['x', 'y']) mkdirSync(join(folder, name))
      const show = fixture('show.js')
      const first = ['-np', '2', '-host', 'n1:2', '-wdir', join(folder, 'x'), '-x', 'A=1', show]
      const second = ['-np', '1', '-host', 'n2', '-wdir', join(folder, 'y'), '-env', 'A', '2', show]
      const third = ['-np', '1', '-host', 'n1', '-wdir', join(folder, 'y'), show]
      const run = await jobs().run([...first, ':', ...second, ':', ...third])
      expect(run, run.stderr).to.include({ status: 0, stderr: '' })
      const seen = rankLines(run.stdout).map(({ host, cwd, env }) => `${host} ${cwd.at(-1)} ${env['A'] ?? '-'}`)
      expect(seen).to.deep.equal(['n1 x 1', 'n1 x 1', 'n2 y 2', 'n1 y -'])
    })
  })

  it('reads a hostfile', async () => {
    await withPrograms({ hosts: '# the cluster\nn1 slots=2\nn2:1\nn3\nn3\n' }, async (folder) => {
      const run = await jobs().run(['--hostfile', join(folder, 'hosts'), fixture('show.js')])
      expect(whereRanksRan(run.stdout), run.stderr).to.equal('0@n1 1@n1 2@n2 3@n3 4@n3')
    })
  })

  it('reads $PBS_NODEFILE, which --host narrows', async () => {
    await withPrograms({ nodes: 'n1\nn2\nn2\nn3\n' }, async (folder) => {
      const env = { PBS_NODEFILE: join(folder, 'nodes'), PBS_JOBID: '7.head', PBS_O_WORKDIR: folder }
      const [all, some] = await Promise.all([
        jobs().run([fixture('show.js')], { env }),
        jobs().run(['--host', 'n2', fixture('show.js')], { env }),
      ])
      expect(whereRanksRan(all.stdout), all.stderr).to.equal('0@n1 1@n2 2@n2 3@n3')
      expect(rankLines(all.stdout)[3]?.env).to.include({ PBS_JOBID: '7.head', PBS_NODEFILE: join(folder, 'nodes') })
      expect(whereRanksRan(some.stdout), some.stderr).to.match(/^0@n2( 1@n2)?$/)
    })
  })

  it("reads Slurm's variables", async () => {
    const env = { SLURM_JOB_ID: '9', SLURM_JOB_NODELIST: 'n[1-3]', SLURM_TASKS_PER_NODE: '2,1(x2)' }
    const run = await jobs().run([fixture('show.js')], { env })
    expect(whereRanksRan(run.stdout), run.stderr).to.equal('0@n1 1@n1 2@n2 3@n3')
  })

  it('refuses too many ranks before any ssh, and takes them with --oversubscribe', async () => {
    await withPrograms({}, async (folder) => {
      const launcher = join(folder, 'launcher')
      writeFileSync(launcher, `#!/bin/sh\ntouch ${folder}/called\nexec ssh "$@"\n`, { mode: 0o755 })
      const args = ['--launcher', launcher, '-np', '16', '--host', 'n1:2,n2:2']
      const refused = await jobs().run([...args, fixture('show.js')])
      expect(refused.status).to.equal(2)
      expect(refused.stderr).to.match(/16.*4.*--oversubscribe/s)
      expect((await jobs().run(['--launcher', launcher, '--host', 'n1', 'no-such.js'])).status).to.equal(127)
      const run = await jobs().run([...args, '--oversubscribe', fixture('messages.js'), 'all', '65536'])
      expect(run, run.stderr).to.include({ status: 0, stderr: '' })
      expect(run.stdout.split('\n').toSorted().join('')).to.equal(contentRanks(16))
    })
  })
})

function contentRanks(size: number): string {
  return Array.from({ length: size }, (_, rank) => `${rank} is content`)
    .toSorted()
    .join('')
}
