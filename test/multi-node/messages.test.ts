import { networkInterfaces } from 'node:os'
import { expect } from 'chai'
import { fixture, useSshJobs } from './ssh-jobs.ts'

describe('messages between nodes', function () {
  this.timeout(120_000)
  const jobs = useSshJobs(['works', 'works'])

  async function expectContent(args: readonly string[], ranks = 2): Promise<void> {
    const run = await jobs().run(args, { timeoutMs: 50_000 })
    expect(run, run.stderr).to.include({ status: 0, stderr: '' })
    const expected = Array.from({ length: ranks }, (_, rank) => `${rank} is content`)
    expect(run.stdout.trimEnd().split('\n').toSorted()).to.deep.equal(expected.toSorted())
  }

  for (const transport of ['tls', 'plain']) {
    it(`carry 64 MiB both ways at once over ${transport}`, async () => {
      await expectContent(['--transport', transport, '--host', 'n1,n2', fixture('messages.js'), 'big', '64'])
    })

    it(`carry thousands of small messages over ${transport}`, async () => {
      await expectContent(['--transport', transport, '--host', 'n1,localhost', fixture('messages.js'), 'small', '5000'])
    })
  }

  it('carry messages of everyone to everyone, on three nodes', async () => {
    await expectContent(['--host', 'n1:3,n2:3,localhost:2', fixture('messages.js'), 'all', '300000'], 8)
  })

  for (const transport of ['tls', 'plain']) {
    for (const what of ['flood', 'blocked']) {
      it(`get through beside others: ${what}, over ${transport}`, async () => {
        await expectContent(['--transport', transport, '--host', 'n1,n2,localhost', fixture('fair.js'), what], 3)
      })
    }
  }

  it('that end in the middle, because their rank has ended, fail the receiver with ERR_PROC_FAILED', async () => {
    const run = await jobs().run(['--host', 'n1,n2', fixture('half-message.js')], { timeoutMs: 50_000 })
    expect(run.status, run.stderr).to.equal(1)
    expect(run.stderr).to.match(/rank 1 on n2 failed: .*recv\(source = 0, [^]*ERR_PROC_FAILED/)
  })

  it('do not fill the memory of a rank that does not ask for them', async () => {
    const run = await jobs().run(['--host', 'n1,n2', fixture('flood.js')], { timeoutMs: 50_000 })
    expect(run, run.stderr).to.include({ status: 0, stderr: '' })
    expect(Number(/^grown by (\d+) MiB\n$/.exec(run.stdout)?.[1]), run.stdout).to.be.within(30, 300)
  })

  it('wait for receives with --sync-send', async () => {
    await expectContent(['--sync-send', '--host', 'n1,n2', fixture('messages.js'), 'big', '1'])
  })

  for (const name of [loopbackName(), '127.0.0.1']) {
    it(`go over the interface ${name}`, async () => {
      const run = await jobs().run([
        '--interface',
        name,
        '--host',
        'n1,n2,localhost',
        fixture('messages.js'),
        'all',
        '64',
      ])
      expect(run, run.stderr).to.include({ status: 0, stderr: '' })
    })
  }

  it('go over no interface that does not exist: status 2, and a list of those that do', async () => {
    for (const name of ['nope0', '203.0.113.7']) {
      const run = await jobs().run(['--interface', name, '--host', 'n1', fixture('show.js')])
      expect(run).to.include({ status: 2, stdout: '' })
      expect(run.stderr).to.match(new RegExp(`^mpirun-ts: --interface ${name}: .*127\\.0\\.0\\.1`))
    }
  })
})

function loopbackName(): string {
  const entries = Object.entries(networkInterfaces())
  return entries.find(([, list]) => list?.some(({ address }) => address === '127.0.0.1'))?.[0] ?? 'lo'
}
