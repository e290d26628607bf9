import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect } from 'chai'
import { poolOutput, poolPrograms } from '../support/pool-programs.ts'
import { projectDir, runJob, withPrograms } from '../support/run-job.ts'
import { type SshHosts, startSshHosts, whyNoSshd } from '../support/sshd.ts'
import { skipHere } from '../support/skip-here.ts'

/** Says what threads of both nodes are like. */
const FAR = `
import { Pool } from 'mpirun-ts'
process.env.FROM_PROGRAM = 'yes'
delete process.env.MPIRUN_TS_LOCAL_RANK
const pool = new Pool(undefined, { resourceLimits: { maxOldGenerationSizeMb: 33 } })
const seen = new Set()
while (seen.size < 2) for (const answer of pool.map(() => {
  const { resourceLimits } = process.getBuiltinModule('node:worker_threads')
  const { MPIRUN_TS_NODE_ID, FROM_PROGRAM, MPIRUN_TS_LOCAL_RANK } = process.env
  return [MPIRUN_TS_NODE_ID, resourceLimits.maxOldGenerationSizeMb, FROM_PROGRAM, MPIRUN_TS_LOCAL_RANK ?? 'none'].join(' ')
}, Array(20).fill(0), { chunkSize: 1 })) seen.add(answer)
console.log([...seen].sort().join(','))
pool.terminate()
`

/** What pi-pool.js prints, without the time. */
function resultOf(stdout: string): Record<string, unknown> {
  const { seconds, ...result } = JSON.parse(stdout) as Record<string, unknown>
  expect(seconds).to.be.a('number')
  return result
}

describe('pools over nodes', function () {
  this.timeout(120_000)
  const missing = whyNoSshd()
  let hosts: SshHosts | undefined

  before(async function () {
    if (missing !== undefined) skipHere(this, missing)
    hosts = await startSshHosts(['works', 'works'])
  })
  after(() => hosts?.stop())

  for (const ranks of [2, 3, 4]) {
    it(`--pool with ${ranks} ranks on two nodes does what it does on one`, async () => {
      const launcher = ['--launcher-args', hosts?.launcherArgs.join(' ') ?? '']
      const where = ['--host', hosts?.hosts.map((host) => `${host}:2`).join(',') ?? '', '--map-by', 'node', ...launcher]
      await withPrograms(poolPrograms, async (folder) => {
        const run = await runJob(['--pool', '-np', String(ranks), ...where, join(folder, 'pool.mjs')])
        expect(run).to.include({ status: 0, stderr: '', stdout: poolOutput(ranks) })
      })
    })
  }

  it('threads of another node have the limits and the environment of the first', async () => {
    const launcher = ['--launcher-args', hosts?.launcherArgs.join(' ') ?? '']
    const where = ['--host', hosts?.hosts.map((host) => `${host}:1`).join(',') ?? '', ...launcher]
    await withPrograms({ 'far.mjs': FAR }, async (folder) => {
      const run = await runJob(['--pool', '-np', '2', ...where, join(folder, 'far.mjs')])
      expect(run, run.stderr).to.include({ status: 0, stderr: '', stdout: '0 33 yes none,1 33 yes none\n' })
    })
  })

  it('the examples run unchanged by plain node, with --pool -np 4, and with a hostfile', async () => {
    const hostfile = { hosts: hosts?.hosts.map((host) => `${host} slots=2\n`).join('') ?? '' }
    await withPrograms(hostfile, async (folder) => {
      const launcher = ['--launcher-args', hosts?.launcherArgs.join(' ') ?? '']
      const ways = [
        ['--pool', '-np', '4', '--oversubscribe'],
        ['--pool', '--hostfile', join(folder, 'hosts'), ...launcher],
      ]
      const pi = ['examples/pi-pool.js', '1e8', '--seed', '5', '--json']
      const alone = spawnSync(process.execPath, pi, { cwd: projectDir, encoding: 'utf8' })
      for (const way of ways) {
        expect(await runJob([...way, 'examples/basic.js'])).to.include({
          status: 0,
          stderr: '',
          stdout: '5\n[2,3,4]\n',
        })
        const run = await runJob([...way, ...pi])
        expect(run, run.stderr).to.include({ status: 0, stderr: '' })
        const nodes = way.includes('--hostfile') ? 2 : 1
        expect(resultOf(run.stdout)).to.deep.equal({ ...resultOf(alone.stdout), ranks: 4, nodes })
      }
    })
  })
})
