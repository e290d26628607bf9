import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
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

/** Ends threads of both nodes in all ways; says what is heard of it. */
const FAR_ENDS = `
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { Pool } from 'mpirun-ts'
const [folder] = process.argv.slice(2)
const tasks = Array(20).fill(0)
const say = (...words) => console.log(words.join(' '))
const files = (start) => readdirSync(folder).filter((file) => file.startsWith(start)).length

const pool = new Pool()
const told = once(pool, 'error')
while (!pool.map((mark) => {
  const { existsSync, writeFileSync } = process.getBuiltinModule('node:fs')
  if (process.env.MPIRUN_TS_NODE_ID === '1' && !existsSync(mark)) {
    writeFileSync(mark, '')
    void Promise.reject(new RangeError('stray'))
  }
  return process.env.MPIRUN_TS_NODE_ID
}, tasks.map(() => folder + '/stray'), { chunkSize: 1 }).includes('1'));
const [stray] = await told
say('stray', stray instanceof RangeError, stray.message)
pool.terminate()

const initializer = (node, kind) => {
  if (process.env.MPIRUN_TS_NODE_ID !== node) return
  if (kind === 'exit') process.exit(3)
  if (kind === 'throw') throw new RangeError('no start')
  return Promise.reject(new RangeError('no start'))
}
for (const kind of ['throw', 'reject', 'exit']) for (const node of ['0', '1']) {
  const bad = new Pool(undefined, { initializer, initArgs: [node, kind] })
  try {
    for (;;) await bad.mapAsync((x) => x, tasks, { chunkSize: 1 })
  } catch ({ code, message, cause }) {
    say(kind, node, code, message, cause instanceof RangeError)
  }
}
const closed = new Pool(undefined, { initializer, initArgs: ['1', 'throw'] })
const failed = once(closed, 'error')
closed.close()
await closed.join()
say('closed', (await failed)[0].message)

const mark = (folder, name) => {
  const write = (word) => process.getBuiltinModule('node:fs').writeFileSync(folder + '/' + word + process.env.MPIRUN_TS_NODE_ID + '-' + name, '')
  write('started')
  process.on('exit', () => write('ended'))
}
const last = new Pool(undefined, { initializer: mark, initArgs: [folder, ''] })
last.close()
await last.join()
say('left', files('started'), 'started,', files('ended'), 'ended')
const restless = new Pool(undefined, { maxTasksPerChild: 1 })
restless.starmap(mark, tasks.map((_, i) => [folder, i]), { chunkSize: 1 })
restless.close()
await restless.join()
say('left', files('started'), 'started,', files('ended'), 'ended')

const looping = new Pool(undefined, { initializer: () => { for (;;); } })
looping.close()
const joined = looping.join()
looping.terminate()
await joined
say('over')
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

  it('threads of another node end as those of the first, and their errors are heard as well', async () => {
    const launcher = ['--launcher-args', hosts?.launcherArgs.join(' ') ?? '']
    const where = ['--host', hosts?.hosts.map((host) => `${host}:1`).join(',') ?? '', ...launcher]
    await withPrograms({ 'ends.mjs': FAR_ENDS }, async (folder) => {
      const marks = join(folder, 'marks')
      mkdirSync(marks)
      const run = await runJob(['--pool', '-np', '2', ...where, join(folder, 'ends.mjs'), marks])
      expect(run, run.stderr).to.include({ status: 0 })
      const failed = 'the initializer failed: its thread ended by'
      const thrown = `ERR_POOL_INITIALIZER ${failed} an uncaught error: RangeError: no start true`
      const exited = `ERR_POOL_INITIALIZER ${failed} process.exit(3) false`
      expect(run.stdout.split('\n')).to.deep.equal([
        'stray true stray',
        `throw 0 ${thrown}`,
        `throw 1 ${thrown}`,
        `reject 0 ${thrown}`,
        `reject 1 ${thrown}`,
        `exit 0 ${exited}`,
        `exit 1 ${exited}`,
        `closed ${failed} an uncaught error: RangeError: no start`,
        'left 2 started, 2 ended',
        'left 22 started, 22 ended',
        'over',
        '',
      ])
      const said = run.stderr.match(/an error that belongs to no call ended a thread of a pool: .*/g) ?? []
      expect(said).to.have.length(2)
      expect(said[0]).to.contain('RangeError: stray')
      expect(said[1]).to.contain('the initializer failed')
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
