import { expect } from 'chai'
import { fixture } from '../multi-node/ssh-jobs.ts'
import { useCluster } from '../support/cluster.ts'
import { eventually } from '../support/processes.ts'

/** An address that all nodes have, as the bridge of a container system is. */
const SHARED = '172.17.0.1'
const PORT = '7007'

describe('listeners of a job', function () {
  this.timeout(120_000)
  const hosts = ['node1', 'node2', 'node3']
  const cluster = useCluster(3)

  before(() => {
    for (const host of ['head', ...hosts]) cluster().exec(host, 'ip', 'addr', 'add', `${SHARED}/16`, 'dev', 'lo')
  })

  afterEach(async () => {
    const left = (): number[] => ['head', ...hosts].flatMap((host) => cluster().agentsOn(host))
    expect(await eventually(() => left().length === 0, 20_000), 'agents that are left').to.equal(true)
  })

  for (const transport of ['tls', 'plain']) {
    for (const nodes of ['head,node1,node2,node3', 'node3,node1,node2']) {
      it(`with the same port on all machines are not mistaken for each other (${nodes}, ${transport})`, async () => {
        const options = ['--transport', transport, '--port-range', `${PORT}-${PORT}`, '--host', nodes]
        const run = await cluster().startJob([...options, fixture('messages.js'), 'all', '1000']).result
        expect(run, run.stderr).to.include({ status: 0, stderr: '' })
      })
    }
  }

  it('are where --port-range says, and there only: the coordinator and who is dialled by others', async () => {
    const options = ['--port-range', '7100-7103', '--host', 'head,node1,node2']
    const run = await cluster().startJob([...options, fixture('listeners.js')]).result
    expect(run.status, run.stderr).to.equal(0)
    const ports = run.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { rank: number; listens: string[] })
    const portsOf = (rank: number): number[] =>
      ports.find((each) => each.rank === rank)?.listens.map((end) => Number(end.split(' ')[1])) ?? []
    for (const rank of [0, 1]) {
      expect(portsOf(rank).length, `rank ${rank}`).to.be.at.least(1)
      for (const port of portsOf(rank)) expect(port).to.be.within(7100, 7103)
    }
    expect(portsOf(2)).to.deep.equal([])
  })

  it('are bound to the network of --interface on all machines', async () => {
    const options = ['--interface', 'eth0', '--host', 'head,node1,node2']
    const run = await cluster().startJob([...options, fixture('listeners.js')]).result
    expect(run.status, run.stderr).to.equal(0)
    const lines = run.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { rank: number; listens: string[] })
    const addresses = lines.flatMap(({ listens }) => listens.map((end) => end.replace(/ .*/, '')))
    expect(addresses.toSorted()).to.deep.equal(['10.80.0.1', '10.80.0.100'])
  })

  it('do not exist in a job of one machine, and beside one other only where it has to call back', async () => {
    const alone = await cluster().startJob(['-np', '2', fixture('listeners.js')]).result
    expect(alone.stdout.match(/"listens":\[\]/g), alone.stderr).to.have.length(2)
    const there = await cluster().startJob(['--host', 'node1:2', fixture('listeners.js')]).result
    expect(there.stdout.match(/"listens":\[\]/g), there.stderr).to.have.length(2)
  })

  it('that find no free port say which, and what to do', async () => {
    const options = ['--port-range', '22', '--host', 'head,node1,node2']
    const run = await cluster().startJob([...options, fixture('listeners.js')]).result
    expect(run.status).to.equal(3)
    expect(run.stderr).to.match(/none of the ports 22-22 is free .*--port-range A-B/)
  })
})
