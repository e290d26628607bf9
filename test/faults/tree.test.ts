import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { fixture } from '../multi-node/ssh-jobs.ts'
import { type ClusterJob, useCluster } from '../support/cluster.ts'
import { eventually } from '../support/processes.ts'

const NODES = 7
const HOSTS = Array.from({ length: NODES }, (_, index) => `node${index + 1}`)
/** node1 starts node2, which starts node3, and node4; node5 starts node6 and node7. */
const TREE = ['--launch-fanout', '2', '--launch-timeout', '60']
const NOTHING_LEFT_MS = 30_000

describe('a tree of agents', function () {
  this.timeout(180_000)
  const cluster = useCluster(NODES)

  const sshOn = (host: string): number[] =>
    cluster().processesOn(host, (words) => words[0]?.endsWith('ssh') === true && words.includes('BatchMode=yes'))

  const launcher = (): number =>
    cluster().processesOn('head', (words) => words[1]?.endsWith('mpirun.cjs') === true)[0] ?? 0

  const descriptors = (): number => readdirSync(join('/proc', String(launcher()), 'fd')).length

  const isEmpty = (): boolean =>
    ['head', ...HOSTS].every((host) => sshOn(host).length === 0 && cluster().agentsOn(host).length === 0)

  afterEach(async () => {
    expect(await eventually(isEmpty, NOTHING_LEFT_MS), 'an ssh or an agent is left').to.equal(true)
  })

  const start = (
    options: readonly string[],
    program: readonly string[],
    hosts: readonly string[] = HOSTS,
  ): ClusterJob => cluster().startJob([...options, '--host', hosts.join(), ...program], 120_000)

  async function lingering(options: readonly string[]): Promise<ClusterJob> {
    const job = start(options, [fixture('linger.js'), 'wait'])
    await job.saw('"rank"', NODES)
    return job
  }

  for (const transport of ['tls', 'plain']) {
    it(`starts all nodes, and all reach each other (${transport})`, async () => {
      const run = await start([...TREE, '--transport', transport], [fixture('messages.js'), 'all', '300000']).result
      expect(run, run.stderr).to.include({ status: 0, stderr: '' })
      expect(run.stdout.trimEnd().split('\n')).to.have.length(NODES)
    })
  }

  it('has logins and descriptors for the nodes alone that the launcher starts itself', async () => {
    const tree = await lingering(TREE)
    const ssh = ['head', ...HOSTS].map((host) => sshOn(host).length)
    const treeDescriptors = descriptors()
    process.kill(launcher(), 'SIGTERM')
    expect((await tree.result).status).to.equal(143)
    expect(ssh).to.deep.equal([2, 2, 1, 0, 0, 2, 0, 0])
    const flat = await lingering(['--no-tree', '--launch-timeout', '60'])
    expect(sshOn('head')).to.have.length(NODES)
    // For each node two to ssh, and a socket.
    expect(descriptors() - treeDescriptors).to.be.at.least((NODES - 2) * 3)
    process.kill(launcher(), 'SIGTERM')
    expect((await flat.result).status).to.equal(143)
  })

  it('is not there for as many nodes as the launcher may start', async () => {
    const job = await lingering(['--launch-fanout', String(NODES), '--launch-timeout', '60'])
    expect(sshOn('head')).to.have.length(NODES)
    process.kill(launcher(), 'SIGTERM')
    expect((await job.result).status).to.equal(143)
  })

  for (const host of ['node1', 'node2', 'node3']) {
    it(`names ${host} when its agent is killed, and no other node`, async () => {
      const job = await lingering(TREE)
      process.kill(cluster().agentsOn(host)[0] ?? 0, 'SIGKILL')
      const { status, stderr } = await job.result
      expect(status, stderr).to.equal(3)
      expect(stderr).to.match(
        new RegExp(`^mpirun-ts: lost node ${host} \\(rank ${HOSTS.indexOf(host)}\\): [^\\n]*\\n$`),
      )
    })
  }

  it('ends with the launcher, by kill -9 too', async () => {
    const job = await lingering(TREE)
    process.kill(launcher(), 'SIGKILL')
    await job.result
    expect(await eventually(isEmpty, NOTHING_LEFT_MS)).to.equal(true)
  })

  it('passes on how a rank has ended', async () => {
    const job = start(TREE, [fixture('linger.js'), 'throw'])
    const { status, stderr } = await job.result
    expect([status, /rank 6 on node7/.test(stderr)], stderr).to.deep.equal([1, true])
  })

  it('starts from the launcher what a node cannot start, and says so once', async () => {
    const key = join(cluster().folder, 'keys', 'root')
    for (const host of ['node1', 'node2', 'node5']) cluster().exec(host, 'mount', '--bind', '/dev/null', key)
    try {
      const job = await lingering(TREE)
      expect(sshOn('head')).to.have.length(NODES)
      process.kill(launcher(), 'SIGTERM')
      const { status, stderr } = await job.result
      expect(status, stderr).to.equal(143)
      expect(stderr.split('\n')[0]).to.match(
        /^mpirun-ts: Node node[15] could not start the agent of node node[2467], so it is started from here, .*Permission denied.*/,
      )
      expect(stderr.split('could not start')).to.have.length(2)
    } finally {
      for (const host of ['node1', 'node2', 'node5']) cluster().exec(host, 'umount', key)
    }
  })

  it('says which node could not be started, and why, wherever it is in the tree', async () => {
    const hosts = HOSTS.map((host) => (host === 'node3' ? 'nosuchnode' : host))
    const { status, stderr } = await start(TREE, [fixture('linger.js'), 'wait'], hosts).result
    expect(status, stderr).to.equal(3)
    expect(stderr).to.match(/Cannot start the agent on node "nosuchnode": .*[Cc]ould not resolve/)
    expect(stderr).not.to.match(/agent on node "node\d"/)
  })
})
