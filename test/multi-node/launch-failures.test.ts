import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { eventually } from '../support/processes.ts'
import type { JobRun } from '../support/run-job.ts'
import { fixture, useSshJobs } from './ssh-jobs.ts'

/** Longer than a host name may be, so that it is refused without asking a name server. */
const NO_NAME = `no-such-host-${'x'.repeat(60)}`

/** Hosts that cannot run an agent; what is said of each. */
const BROKEN: readonly { name: string; host: string; says: RegExp; args?: readonly string[] }[] = [
  { name: 'that does not take our key', host: 'n2', says: /Permission denied \(publickey\).*ssh-copy-id n2/ },
  { name: 'whose key is unknown', host: 'n3', says: /Host key verification failed.*"ssh n3"/ },
  { name: 'without Node', host: 'n4', says: /not found.*--node PATH/ },
  { name: 'with an old Node', host: 'n5', says: /node 12\.22\.0 at .* too old.*20\.19/ },
  { name: 'whose login shell ends', host: 'n6', says: /ssh ended with status 3/ },
  { name: 'that refuses the connection', host: 'n7', says: /Connection refused.*port=N/ },
  { name: 'that does not resolve', host: NO_NAME, says: /Could not resolve hostname.*spelling/ },
  { name: 'without the program of --node', host: 'n1', says: /--node/, args: ['--node', '/no/such/node'] },
  {
    name: 'for which there is no launching program',
    host: 'n1',
    says: /no program "\/no\/such\/program" on this machine\. Check the path of --launcher/,
    args: ['--launcher', '/no/such/program'],
  },
]

describe('hosts that cannot be started', function () {
  this.timeout(120_000)
  const jobs = useSshJobs(['works', 'wrongKey', 'unknownHostKey', 'noNode', 'oldNode', 'exits', 'refuses', 'banner'])

  /** One line for each of the hosts, or for several that fail alike, and nothing else; nothing ran and nothing is left. */
  async function expectFailure(run: JobRun, hosts: readonly string[]): Promise<void> {
    expect(run, run.stderr).to.include({ status: 3, stdout: '' })
    const lines = run.stderr.trimEnd().split('\n').toSorted()
    const named = lines.map((line) => /^mpirun-ts: Cannot start the agent on nodes? (".+?"): /.exec(line)?.[1])
    expect(named, run.stderr).to.deep.equal(hosts.map((host) => `"${host}"`))
    expect(await eventually(() => jobs().allProcesses().length === 0, 30_000), 'something is left').to.equal(true)
  }

  for (const { name, host, says, args = [] } of BROKEN) {
    it(`explain a host ${name}`, async () => {
      const run = await jobs().run([
        ...args,
        '--host',
        `localhost,n8,${host}`.replace(',n8,n1', ',n1'),
        fixture('show.js'),
      ])
      await expectFailure(run, [host])
      expect(run.stderr).to.match(says)
    })
  }

  it('are told one line each, but those that fail alike in one for all', async () => {
    const alike = `${NO_NAME}" and "y${NO_NAME}`
    const start = (): Promise<JobRun> => jobs().run(['--host', `n7,n1,${NO_NAME},y${NO_NAME}`, fixture('show.js')])
    let run = await start()
    // All of them fail without a login. The job waits for others for a second, which a busy machine may need for one of them alone.
    const areAllTold = (): boolean => run.stderr.includes('"n7"') && run.stderr.includes(' and ')
    for (let tries = 1; tries < 5 && !areAllTold(); tries += 1) run = await start()
    await expectFailure(run, ['n7', alike])
  })

  it('do not hold up others beyond --launch-timeout when they accept a connection and say nothing', async () => {
    const sockets = new Set<Socket>()
    const server = createServer()
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    const port = typeof address === 'object' ? address?.port : undefined
    const folder = mkdtempSync(join(tmpdir(), 'mpirun-ts-silent-'))
    writeFileSync(join(folder, 'hosts'), `n1\n127.0.0.9 port=${port}\n`)
    server.close()
    const silent = createServer((socket) => void sockets.add(socket.on('error', () => undefined)))
    await new Promise<void>((resolve) => void silent.listen(port, '127.0.0.9', resolve))
    try {
      const run = await jobs().run(['--launch-timeout', '8', '--hostfile', join(folder, 'hosts'), fixture('show.js')])
      await expectFailure(run, ['127.0.0.9'])
      expect(sockets.size).to.equal(1)
      expect(run.seconds).to.be.at.least(7.5)
    } finally {
      for (const socket of sockets) socket.destroy()
      silent.close()
      rmSync(folder, { recursive: true })
    }
  })

  it('are told address and port when their agent cannot call back', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'mpirun-ts-launcher-'))
    const launcher = join(folder, 'launch')
    // Port 1 instead of the one on which the coordinator listens.
    writeFileSync(launcher, `#!/bin/sh\nsed 's/\\(port[^0-9a-z]\\{3,6\\}\\)[0-9]\\+/\\11/' | ssh "$@"\n`)
    chmodSync(launcher, 0o755)
    try {
      const run = await jobs().run(['--launcher', launcher, '--host', 'n1', fixture('show.js')])
      await expectFailure(run, ['n1'])
      expect(run.stderr).to.match(
        /cannot reach this machine: .*127\.0\.0\.1:1 \(connection refused\).*firewall.*--interface/,
      )
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it('end with the launcher when it is interrupted while they start', async () => {
    const job = jobs().start([
      '--launcher-args',
      `-F ${jobs().hosts.sshConfigPath} -o LogLevel=ERROR`,
      '--host',
      'n8,n1',
      fixture('show.js'),
    ])
    expect(await eventually(() => jobs().sshProcesses().length > 0, 30_000)).to.equal(true)
    job.child.kill('SIGINT')
    const run = await job.result
    expect(run, run.stderr).to.include({ status: 130, stdout: '' })
    expect(await eventually(() => jobs().allProcesses().length === 0, 30_000), 'something is left').to.equal(true)
  })
})
