import { expect } from 'chai'
import { fixture } from '../multi-node/ssh-jobs.ts'
import { useCluster } from '../support/cluster.ts'
import { eventually } from '../support/processes.ts'

const HOSTS = ['head', 'node1', 'node2', 'node3']
const NETWORK = '10.80.0.0/24'

/** What passes between machines. */
const WALLS: readonly { name: string; rules: readonly string[]; options: readonly string[] }[] = [
  {
    name: 'nothing but ssh passes',
    rules: ['10 ipproto tcp sport 22 lookup main', '11 ipproto tcp dport 22 lookup main', `12 to ${NETWORK} blackhole`],
    options: [],
  },
  {
    name: 'answers of listeners are dropped',
    rules: [`10 ipproto tcp sport 7200-7299 to ${NETWORK} blackhole`],
    options: ['--port-range', '7200-7299'],
  },
]

describe('--tunnel', function () {
  this.timeout(180_000)
  const cluster = useCluster(3)

  const rule = (what: 'add' | 'del', text: string): void => {
    const words = text.split(' ')
    for (const host of HOSTS) cluster().exec(host, 'ip', 'rule', what, 'pref', ...words)
  }
  const left = (): string[] =>
    HOSTS.slice(1).flatMap((host) =>
      cluster()
        .exec(host, 'sh', '-c', 'ls -d /tmp/mpirun-ts-* 2>/dev/null || true')
        .split('\n')
        .filter((line) => /[0-9a-f]{32}$/.test(line)),
    )

  for (const { name, rules, options } of WALLS) {
    describe(`where ${name}`, () => {
      before(() => {
        for (const text of rules) rule('add', text)
      })
      after(() => {
        for (const text of rules) rule('del', text)
      })

      for (const hosts of ['head:2,node1,node2,node3', 'node3,node1,head', 'node1:2,node2:2']) {
        for (const transport of ['tls', 'plain']) {
          it(`everyone reaches everyone (${hosts}, ${transport})`, async () => {
            const ranks = hosts === 'head:2,node1,node2,node3' ? 5 : hosts === 'node3,node1,head' ? 3 : 4
            const args = ['--tunnel', '--transport', transport, '--launch-timeout', '60', ...options, '--host', hosts]
            const run = await cluster().startJob([...args, fixture('messages.js'), 'all', '300000']).result
            expect(run, run.stderr).to.include({ status: 0, stderr: '' })
            expect(run.stdout.trimEnd().split('\n')).to.have.length(ranks)
            expect(
              await eventually(() => HOSTS.every((host) => cluster().agentsOn(host).length === 0), 20_000),
            ).to.equal(true)
            expect(left(), 'sockets that are left').to.deep.equal([])
          })
        }
      }

      it('a job without it ends with 3 and says what to do', async () => {
        const args = ['--launch-timeout', '6', ...options, '--host', 'head,node1']
        const run = await cluster().startJob([...args, fixture('messages.js'), 'all', '10']).result
        expect(run.status, run.stderr).to.equal(3)
        expect(run.stderr).to.match(/cannot reach this machine: .*--port-range A-B.*--interface.*--tunnel/)
      })
    })
  }

  it('a firewall between two nodes alone ends a job with 3, says which and what to do; with it the job works', async () => {
    const wall = `10 ipproto tcp sport 7200-7299 to 10.80.0.2 blackhole`
    cluster().exec('node1', 'ip', 'rule', 'add', 'pref', ...wall.split(' '))
    try {
      const args = ['--launch-timeout', '6', '--port-range', '7200-7299', '--host', 'node1,node2']
      const run = await cluster().startJob([...args, fixture('messages.js'), 'all', '10']).result
      expect(run.status, run.stderr).to.equal(3)
      expect(run.stderr).to.match(
        /^mpirun-ts: node node2 cannot reach node node1: 10\.80\.0\.1:72\d\d \(no answer within 6 s\).*firewall.*--port-range A-B.*--interface.*--tunnel/,
      )
      const tunnelled = await cluster().startJob(['--tunnel', ...args.slice(2), fixture('messages.js'), 'all', '10'])
        .result
      expect(tunnelled, tunnelled.stderr).to.include({ status: 0, stderr: '' })
    } finally {
      cluster().exec('node1', 'ip', 'rule', 'del', 'pref', ...wall.split(' '))
    }
  })
})
