import { expect } from 'chai'
import { fixture, isAlive } from '../multi-node/ssh-jobs.ts'
import { eventually } from '../support/processes.ts'
import { type JobRun, projectDir } from '../support/run-job.ts'
import { type LaunchSite, useSlurmSite, useSshSite, useStandIn } from './launch-sites.ts'

const TELL = `${projectDir}/test/fixtures/launchers/tell.mjs`
/** What is left of a job must be gone after so long. */
const GONE_MS = 10_000

/** In the place of it() where a site has nothing that could be tested. */
function noTest(): void {}

const SITES: Readonly<Record<string, () => () => LaunchSite>> = {
  ssh: useSshSite,
  srun: useSlurmSite,
  pbs_tmrsh: () => useStandIn('pbs_tmrsh'),
  pbsdsh: () => useStandIn('pbsdsh'),
  qrsh: () => useStandIn('qrsh'),
  blaunch: () => useStandIn('blaunch'),
  'a command': () => useStandIn('a command'),
}

for (const [name, use] of Object.entries(SITES)) {
  describe(`agents that ${name} starts`, function () {
    this.timeout(90_000)
    const site = use()
    /** Nothing that stands in for it, whose nodes are as slow and as strange as a test wants. */
    const isReal = name === 'ssh' || name === 'srun'
    const itIfSlow = isReal && name !== 'ssh' ? noTest : it
    const itIfStrange = isReal ? noTest : it
    const sorted = (text: string): string[] => text.split('\n').filter(Boolean).toSorted()

    async function expectNothingLeft(): Promise<void> {
      const isGone = (): boolean => site().processes().length === 0
      expect(await eventually(isGone, GONE_MS), `still there: ${site().processes().join(' ')}`).to.equal(true)
      expect(site().leftFiles(), 'files').to.deep.equal([])
    }

    function expectDone(run: JobRun): void {
      expect(run, run.stderr).to.include({ status: 0 })
      expect(sorted(run.stdout)).to.deep.equal(['0 on 0', '1 on 1', '2 on 2'])
      expect(sorted(run.stderr)).to.deep.equal(['0 warns', '1 warns', '2 warns'])
    }

    it('bring ranks to two nodes and this one, and their words back', async () => {
      expectDone(await site().start(['n1', 'n2'], [TELL]).result)
      await expectNothingLeft()
      const calls = site()
        .calls()
        .filter((call) => !call.startsWith('file'))
      expect(calls).to.have.length(isReal ? 0 : 2)
    })

    itIfSlow('are not told of other nodes before they have come: a slow one is waited for', async () => {
      expectDone(await site().start(['n1', 'slow'], [TELL]).result)
      await expectNothingLeft()
    })

    it('bring the exit status of a rank', async () => {
      const run = await site().start(['n1', 'n2'], [fixture('end.js'), '2', 'exit', '7']).result
      expect(run.status, run.stderr).to.equal(7)
      await expectNothingLeft()
    })

    it('bring standard input to rank 0', async () => {
      const input = 'x'.repeat(1_000_000)
      const run = await site().start(['n1'], [TELL, 'stdin'], { input }).result
      expect(run, run.stderr).to.include({ status: 0 })
      expect(sorted(run.stdout)).to.deep.equal(['0 on 0', '1 on 1', 'read 1000000'])
    })

    it('pass signals on', async () => {
      const job = site().start(['n1'], [fixture('linger.js'), 'signal', 'stay'])
      await job.saw('"rank":1')
      site().signal(job, 'SIGUSR1')
      await job.saw('1 got SIGUSR1')
      site().signal(job, 'SIGTERM')
      const run = await job.result
      expect(run.status, run.stderr).to.equal(143)
      await expectNothingLeft()
    })

    it('end the job when one of them dies, which names its node', async () => {
      const job = site().start(['n1', 'n2'], [fixture('linger.js'), 'loop'])
      await job.saw('"rank":2')
      const agent = site().agents()[0]
      if (agent === undefined) throw new Error('there is no agent')
      process.kill(agent, 'SIGKILL')
      const run = await job.result
      expect(run.status, run.stderr).to.equal(3)
      expect(run.stderr).to.match(/node "?n(ode)?[1-3]/)
      await expectNothingLeft()
    })

    it('end with a launcher that is killed', async () => {
      const job = site().start(['n1', 'n2'], [fixture('linger.js'), 'loop'])
      await job.saw('"rank":2')
      expect(site().agents().length).to.be.at.least(2)
      site().signal(job, 'SIGKILL')
      await job.result
      await expectNothingLeft()
    })

    itIfSlow('never begin when the launcher is killed while they start', async () => {
      const job = site().start(['slow'], [fixture('linger.js'), 'loop'])
      expect(await eventually(() => site().processes().length > 1, 10_000)).to.equal(true)
      site().signal(job, 'SIGKILL')
      await job.result
      await expectNothingLeft()
    })

    itIfStrange('are explained when their node is not of the job', async () => {
      const type = { pbs_tmrsh: 'pbs', pbsdsh: 'pbs', qrsh: 'sge', blaunch: 'lsf' }[name]
      const options = type === undefined ? [] : ['--launcher', type]
      const run = await site().start(['n1', 'stranger'], [...options, TELL]).result
      expect(run, run.stderr).to.include({ status: 3, stdout: '' })
      expect(run.stderr).to.match(/^mpirun-ts: Cannot start the agent on node "stranger": .*\n$/)
      expect(run.stderr).to.contain(site().program)
      expect(site().calls(), 'ssh was not asked for').not.to.include('ssh')
      await expectNothingLeft()
    })

    itIfStrange('are given up after --launch-timeout', async () => {
      const run = await site().start(['n1', 'slow'], ['--launch-timeout', '1', TELL]).result
      expect(run, run.stderr).to.include({ status: 3, stdout: '' })
      expect(run.stderr).to.match(/"slow".*no answer within 1 s/)
      await expectNothingLeft()
    })
  })
}

describe('the choice of a launcher', function () {
  this.timeout(60_000)
  const site = useStandIn('pbs_tmrsh')

  it('is told at -v', async () => {
    const run = await site().start(['n1'], ['-v', TELL]).result
    expect(run.stderr).to.contain('mpirun-ts: agents are started by pbs_tmrsh, for this is a job of PBS.\n')
  })

  it('goes on to ssh where the scheduler fails, with one notice', async () => {
    const run = await site().start(['stranger', 'n2'], [TELL]).result
    expect(run, run.stderr).to.include({ status: 3, stdout: '' })
    const lines = run.stderr.trimEnd().split('\n')
    expect(lines).to.have.length(2)
    expect(lines[0]).to.match(/^mpirun-ts: ssh starts agents instead of pbs_tmrsh: on node "stranger" pbs_tmrsh .*\.$/)
    expect(lines[1]).to.match(/^mpirun-ts: Cannot start the agent on node "stranger": .*ssh/)
    expect(
      site()
        .calls()
        .filter((call) => !call.startsWith('file')),
    ).to.deep.equal(['pbs_tmrsh n2', 'pbs_tmrsh stranger', 'ssh'])
  })

  it('leaves nothing where the scheduler ends the job (qdel, walltime), at any time', async () => {
    for (const [node, ready] of [
      ['n1', '"rank":1'],
      ['slow', undefined],
    ] as const) {
      const job = site().start([node], [fixture('linger.js'), 'loop'])
      if (ready === undefined) expect(await eventually(() => site().processes().length > 2, 10_000)).to.equal(true)
      else await job.saw(ready)
      // All processes of the job on all of its nodes are told, and are killed a little later.
      for (const name of ['SIGTERM', 'SIGKILL'] as const) {
        for (const pid of [...site().agents(), job.child.pid ?? 0]) if (isAlive(pid)) process.kill(pid, name)
      }
      await job.result
      const isGone = (): boolean => site().processes().length === 0
      expect(await eventually(isGone, GONE_MS), `still there: ${site().processes().join(' ')}`).to.equal(true)
      expect(site().leftFiles(), 'files').to.deep.equal([])
    }
  })

  it('keeps secrets in a file that nobody else can read, until the agent has read it', async () => {
    const job = site().start(['n1', 'n2'], [fixture('linger.js'), 'loop'])
    await job.saw('"rank":2')
    const modes = site()
      .calls()
      .filter((call) => call.startsWith('file'))
    expect(modes.length).to.be.at.least(2)
    expect(new Set(modes)).to.deep.equal(new Set(['file 600']))
    expect(site().leftFiles()).to.deep.equal([])
    job.child.kill('SIGTERM')
    await job.result
  })
})
