import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { fixture } from '../multi-node/ssh-jobs.ts'
import { type ClusterJob, useCluster } from '../support/cluster.ts'
import { eventually } from '../support/processes.ts'
import type { JobRun } from '../support/run-job.ts'

/** Silence is noticed after 10 s; a machine that does other things beside adds to that. */
const NEWS_S = 40

interface Loss {
  readonly run: JobRun
  /** From the loss to the end of the job. */
  readonly seconds: number
}

/** Silence takes its time to be noticed, so all losses happen side by side, on nodes of their own. */
describe('a network that fails', function () {
  this.timeout(120_000)
  const cluster = useCluster(9)
  let partition: Promise<Loss>
  let powerLoss: Promise<Loss>
  let crash: Promise<Loss>
  let blackHole: Promise<JobRun>
  let healed: Promise<JobRun>
  let agentOfCutNode: Promise<number>
  let cutAt: number
  const jobs: ClusterJob[] = []

  function start(...args: readonly string[]): ClusterJob {
    const job = cluster().startJob(args)
    jobs.push(job)
    return job
  }

  async function lose(job: ClusterJob, doIt: () => void): Promise<Loss> {
    const began = performance.now()
    doIt()
    const run = await job.result
    return { run, seconds: (performance.now() - began) / 1000 }
  }

  before(async () => {
    cluster().partition('node7')
    const cut = start('--host', 'node1:2,node2:2,head', fixture('linger.js'), 'wait')
    const dark = start('--host', 'node3,node4:2', fixture('linger.js'), 'loop')
    const dead = start('--host', 'node5,node6', fixture('linger.js'), 'transfer')
    const goesOn = start('--host', 'node8,node9', fixture('linger.js'), 'pingpong', '7')
    await Promise.all([cut.saw('"rank"', 5), dark.saw('"rank"', 3), dead.saw('"rank"', 2), goesOn.saw('"rank"', 2)])
    const [agent = 0] = cluster().agentsOn('node2')
    cutAt = performance.now()
    partition = lose(cut, () => cluster().partition('node2'))
    agentOfCutNode = eventually(() => !cluster().agentsOn('node2').includes(agent), 30_000).then(
      () => (performance.now() - cutAt) / 1000,
    )
    powerLoss = lose(dark, () => cluster().kill('node4'))
    crash = lose(dead, () => cluster().crash('node6'))
    cluster().partition('node9')
    healed = goesOn.result
    setTimeout(() => cluster().heal('node9'), 4000)
    blackHole = start('--launch-timeout', '10', '--host', 'node3,node7', fixture('show.js')).result
  })

  after(async () => {
    for (const { child } of jobs) if (child.exitCode === null) child.kill('SIGTERM')
    await Promise.all(jobs.map((job) => job.result))
  })

  it('crash of a node: 3, without waiting for its silence', async () => {
    const { run } = await crash
    expect(run.status, run.stderr).to.equal(3)
    expect(run.stderr).to.match(/^mpirun-ts: lost node node6 \(rank 1\): (?![^\n]*no sign of life)[^\n]*\n$/)
  })

  it('a node in a black hole when the job starts: 3 within --launch-timeout', async () => {
    const run = await blackHole
    expect(run.status, run.stderr).to.equal(3)
    expect(run.stdout).to.equal('')
    expect(run.stderr).to.match(/^mpirun-ts: Cannot start the agent on node "node7": [^\n]*\n$/)
    // The system may know after 3 s that nobody has this address.
    expect(run.seconds).to.be.at.least(2)
  })

  it('a cable that is out for 4 s: the job goes on', async () => {
    const run = await healed
    expect(run, run.stderr).to.include({ status: 0, stderr: '' })
  })

  it('a cut cable: 3, and the message names the node', async () => {
    const { run, seconds } = await partition
    expect(run.status, run.stderr).to.equal(3)
    expect(run.stderr).to.match(/^mpirun-ts: lost node node2 \(ranks 2, 3\): [^\n]*\n$/)
    expect(seconds).to.be.within(8, NEWS_S)
  })

  it('a cut cable: the agent behind it ends itself', async () => {
    expect(await agentOfCutNode).to.be.within(8, NEWS_S)
  })

  it('power loss of a node: 3, and the message names the node', async () => {
    const { run, seconds } = await powerLoss
    expect(run.status, run.stderr).to.equal(3)
    expect(run.stderr).to.match(/^mpirun-ts: lost node node4 \(ranks 1, 2\): [^\n]*\n$/)
    expect(seconds).to.be.within(8, NEWS_S)
  })

  it('no agent stays on any node', async () => {
    const living = ['node1', 'node2', 'node3', 'node5', 'node8', 'node9', 'head']
    expect(await eventually(() => living.every((host) => cluster().agentsOn(host).length === 0), 30_000)).to.equal(true)
  })
})

/** Ranks write to these sockets themselves. */
describe('a network that fails while ranks send over unencrypted sockets', function () {
  this.timeout(120_000)
  const cluster = useCluster(6)
  const losses: Record<string, JobRun | undefined> = {}
  const jobs: ClusterJob[] = []

  // All at once, as silence takes its time to be noticed.
  before(async () => {
    const start = (hosts: string, doing: string): ClusterJob => {
      const job = cluster().startJob(['--transport', 'plain', '--host', hosts, fixture('linger.js'), doing])
      jobs.push(job)
      return job
    }
    const [large, small, dark] = [
      start('node1:2,node2:2', 'transfer'),
      start('node3:2,node4:2', 'stream'),
      start('node5:2,node6:2', 'stream'),
    ]
    await Promise.all(jobs.map((job) => job.saw('"rank"', 4)))
    for (const host of ['node2', 'node4']) cluster().partition(host)
    cluster().kill('node6')
    const runs = await Promise.all([large.result, small.result, dark.result])
    for (const [i, name] of ['node2', 'node4', 'node6'].entries()) losses[name] = runs[i]
  })

  after(async () => {
    for (const { child } of jobs) if (child.exitCode === null) child.kill('SIGTERM')
    await Promise.all(jobs.map((job) => job.result))
  })

  for (const [what, host] of [
    ['a cut cable while large messages are on their way', 'node2'],
    ['a cut cable while small ones are', 'node4'],
    ['power loss while small ones are', 'node6'],
  ] as const) {
    it(`${what}: 3, and the message names the node`, () => {
      const run = losses[host]
      expect(run?.status, run?.stderr).to.equal(3)
      expect(run?.stderr).to.match(new RegExp(`^mpirun-ts: lost node ${host} \\(ranks 2, 3\\): [^\\n]*\\n$`))
    })
  }

  it('no agent stays on any node', async () => {
    // node6 has no processes any more.
    const living = ['node1', 'node2', 'node3', 'node4', 'node5', 'head']
    expect(await eventually(() => living.every((host) => cluster().agentsOn(host).length === 0), 40_000)).to.equal(true)
  })
})

describe('a launching machine with several addresses', function () {
  this.timeout(120_000)
  const cluster = useCluster(2)
  const SECOND = '10.80.0.200'

  before(() => {
    // One address that nobody can reach, first in line, and a second one in the nodes' network.
    cluster().exec('head', 'ip', 'link', 'add', 'aaa0', 'type', 'bridge')
    cluster().exec('head', 'ip', 'addr', 'add', '172.30.77.1/24', 'dev', 'aaa0')
    cluster().exec('head', 'ip', 'link', 'set', 'aaa0', 'up')
    cluster().exec('head', 'ip', 'addr', 'add', `${SECOND}/24`, 'dev', 'eth0')
    // Node 2 believes the second address to be at a card that does not exist: what it sends there vanishes.
    cluster().exec('node2', 'ip', 'neigh', 'add', SECOND, 'lladdr', '02:00:00:00:00:99', 'dev', 'eth0')
  })

  it('is found by its nodes over one of them', async () => {
    const run = await cluster().startJob(['--host', 'node1,node2,head', fixture('messages.js'), 'all', '1024']).result
    expect(run, run.stderr).to.include({ status: 0, stderr: '' })
  })

  it('is dialled at the address of --interface and at no other', async () => {
    const job = cluster().startJob(['--interface', SECOND, '--host', 'node1', fixture('linger.js'), 'timer'])
    try {
      await job.saw('"rank"', 1)
      const [agent = 0] = cluster().agentsOn('node1')
      expect(remoteAddresses(agent)).to.include(SECOND).and.not.include('10.80.0.100')
    } finally {
      job.child.kill('SIGTERM')
      await job.result
    }
  })

  it('says which address and port a node could not reach', async () => {
    const job = cluster().startJob(['--interface', SECOND, '--host', 'node1,node2', fixture('show.js')])
    const run = await job.result
    expect(run.status, run.stderr).to.equal(3)
    expect(run.stderr).to.match(
      /^mpirun-ts: Cannot start the agent on node "node2": it runs there, but cannot reach this machine: 10\.80\.0\.200:\d+ \(no answer within 5 s\)\. [^\n]*--interface[^\n]*\n$/,
    )
  })
})

/** Where the open connections of a process's network lead that sshd does not serve: IPv4 addresses. */
function remoteAddresses(pid: number): string[] {
  const rows = ['tcp', 'tcp6'].flatMap((name) =>
    readFileSync(`/proc/${pid}/net/${name}`, 'latin1').split('\n').slice(1),
  )
  return rows.flatMap((row) => {
    const [, local = '', remote = '', state] = row.trim().split(/\s+/)
    const isSsh = Number.parseInt(local.split(':')[1] ?? '', 16) === 22
    const bytes = remote.split(':')[0]?.slice(-8).match(/../g) ?? []
    return state === '01' && !isSsh
      ? [
          bytes
            .toReversed()
            .map((byte) => Number.parseInt(byte, 16))
            .join('.'),
        ]
      : []
  })
}
