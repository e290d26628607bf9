import { expect } from 'chai'
import { fixture, useSshJobs } from '../multi-node/ssh-jobs.ts'
import { eventually } from '../support/processes.ts'
import { randomNumbers, testSeed } from '../support/random.ts'
import type { JobRun, StartedJob } from '../support/run-job.ts'

const CONTINUE = ['--on-rank-loss', 'continue']

describe('a rank that is lost with --on-rank-loss continue', function () {
  this.timeout(120_000)
  const jobs = useSshJobs(['works', 'works', 'works'])

  function start(hosts: string, program: string, words: readonly string[], turn = 0): StartedJob {
    const args = ['--host', hosts, ...CONTINUE, fixture(program), ...words]
    return jobs().start(args, { timeoutMs: 60_000, env: { TURN: String(turn) } })
  }

  /** What each survivor got in its call, and afterwards; `lost` as the program prints it. */
  function expectToGoOn(run: JobRun, survivors: readonly number[], lost: string): void {
    expect(run.status, run.stderr + run.stdout).to.equal(0)
    const lines = run.stdout.split('\n').filter((line) => line !== '' && !line.startsWith('kill'))
    const sum = survivors.reduce((total, rank) => total + rank, 0)
    const own = survivors.map((rank) => `rank ${rank}: true ${sum} ${lost}`)
    expect(lines.filter((line) => line.startsWith('rank')).sort()).to.deep.equal(own.sort())
    const codes = lines.filter((line) => !line.startsWith('rank')).map((line) => line.split(' ').slice(1).join(' '))
    const failed = 'ERR_PROC_FAILED ERR_PROC_FAILED ERR_PROC_FAILED'
    expect(codes, run.stdout).to.deep.equal(survivors.map(() => `${failed} ${survivors.length} ERR_REVOKED`))
  }

  async function killWhenReady(job: StartedJob, signal: NodeJS.Signals = 'SIGKILL'): Promise<number> {
    let text = ''
    job.child.stdout?.on('data', (chunk: string) => {
      text += chunk
    })
    await job.saw(' now\n')
    const pid = Number(/kill (\d+) now/.exec(text)?.[1])
    process.kill(pid, signal)
    return pid
  }

  for (const [hosts, turn] of [
    ['n1:5', 0],
    ['n1:5', 1],
    ['n1:5', 3],
    ['n1:5', 4],
    ['n1:5', 5],
    ['n1:2,n2:2,n3:2', 1],
    ['n1:3,n2:3', 5],
  ] as const) {
    it(`by an error on ${hosts}: every call that needs it fails, the others go on (${turn})`, async () => {
      const run = await start(hosts, 'lost-ranks.mjs', ['throw', '1'], turn).result
      const size = [...hosts.matchAll(/:(\d)/g)].reduce((sum, [, slots]) => sum + Number(slots), 0)
      expectToGoOn(run, [0, 2, 3, 4, 5].slice(0, size - 1), '1')
      expect(run.stderr).to.match(
        /^mpirun-ts: lost rank 1 on n1: Error: rank 1 has enough\. The job goes on without it\.\n( +at [^\n]+\n)+$/,
      )
    })
  }

  it('by process.exit(3), on rank 0', async () => {
    const run = await start('n1:2,n2:2', 'lost-ranks.mjs', ['exit', '0'], 2).result
    expectToGoOn(run, [1, 2, 3], '0')
    expect(run.stderr).to.equal('mpirun-ts: lost rank 0 on n1: it exited with status 3. The job goes on without it.\n')
  })

  it('with its node, whose agent is killed', async () => {
    const job = start('n1:2,n2:2,n3', 'lost-ranks.mjs', ['kill', '2', '3'])
    await killWhenReady(job)
    const run = await job.result
    expectToGoOn(run, [0, 1, 4], '2,3')
    expect(run.stderr).to.match(/^mpirun-ts: lost node n2 \(ranks 2, 3\): [^\n]+\. The job goes on without it\.\n$/)
  })

  it('with the node of rank 0', async () => {
    const job = start('n1:2,n2:3', 'lost-ranks.mjs', ['kill', '0', '1'], 3)
    await killWhenReady(job)
    const run = await job.result
    expectToGoOn(run, [2, 3, 4], '0,1')
  })

  it('with a node that only stops answering', async () => {
    const job = start('n1:2,n2', 'lost-ranks.mjs', ['kill', '2'])
    const pid = await killWhenReady(job, 'SIGSTOP')
    const run = await job.result
    process.kill(pid, 'SIGKILL')
    expectToGoOn(run, [0, 1], '2')
    expect(run.stderr).to.match(/no sign of life for 10 s/)
  })

  for (const [hosts, turn, environment] of [
    ['n1:1,n2:1,n3:2', 0, {}],
    ['n1:1,n2:1,n3:3', 2, { LOCKS: '1' }],
    ['n1:1,n2:1,n3:2', 3, { PLAIN: '1' }],
    ['n1:1,n2:1,n3:3', 1, { AWAITED: '1' }],
    ['n1:1,n2:1,n3:3', 4, { AWAITED: '1' }],
  ] as const) {
    const what = Object.keys(environment).join('').toLowerCase()
    it(`with its part of a window: calls that are under way and later ones fail on ${hosts} (${turn}${what})`, async () => {
      const args = ['--host', hosts, ...CONTINUE, fixture('lost-window.mjs')]
      const job = jobs().start(args, { env: { TURN: String(turn), ...environment } })
      await killWhenReady(job)
      const run = await job.result
      const survivors = hosts.endsWith('3') ? [0, 2, 3, 4] : [0, 2, 3]
      const failed = Array.from({ length: 8 }, () => 'ERR_PROC_FAILED').join(' ')
      const before = survivors.map((_, i) => (survivors.at(i - 1) ?? 0) + 1)
      const lines = run.stdout.split('\n').filter((line) => line !== '' && !line.startsWith('kill'))
      expect(lines, run.stderr).to.deep.equal(before.map((value) => `${failed} ${value}`))
      expect(run.status, run.stderr).to.equal(0)
    })
  }

  it('does not look like a deadlock, nor hide one of those that are left', async () => {
    const job = start('n1,n3,n2', 'deadlock-after-loss.mjs', [])
    await killWhenReady(job)
    const run = await job.result
    expect(
      run.stdout
        .split('\n')
        .filter((line) => line.startsWith('rank'))
        .sort(),
      run.stderr,
    ).to.deep.equal([
      'rank 0 from 1: ERR_DEADLOCK',
      'rank 0 from 2: ERR_PROC_FAILED',
      'rank 1 from 0: ERR_DEADLOCK',
      'rank 1 from 2: ERR_PROC_FAILED',
    ])
    expect(run.status).to.equal(0)
  })

  it('two ranks of two nodes at once', async () => {
    const run = await start('n1:2,n2:2,n3:2', 'lost-ranks.mjs', ['throw', '1', '4'], 6).result
    expectToGoOn(run, [0, 2, 3, 5], '1,4')
    expect(run.stderr)
      .to.match(/lost rank 1 on n1/)
      .and.match(/lost rank 4 on n3/)
  })

  it('ends the job with the status of the first where no rank is left', async () => {
    const run = await start('n1,n2', 'lost-ranks.mjs', ['exit', '0', '1']).result
    expect(run.status).to.equal(3)
    expect(run.stderr).to.match(
      /(lost rank \d on n\d: it exited with status 3[^\n]+\n.*){2}all ranks are lost; the job has ended\.\n$/s,
    )
  })

  it('leaves the same answers on all others, whenever ranks and a node are lost', async () => {
    const seed = testSeed() % 1_000_000
    const random = randomNumbers(seed)
    for (let i = 0; i < 8; i += 1) {
      const job = start('n1:3,n2:2,n3:3', 'lost-at-random.mjs', [String(seed + i), '12'])
      let isOver = false
      void job.result.then(() => {
        isOver = true
      })
      // Sometimes a node is lost as well.
      const delayMs = i % 2 === 0 ? random() * 150 : Number.POSITIVE_INFINITY
      if (delayMs < 150) {
        await job.saw('running')
        await eventually(() => isOver, delayMs)
        const [agent] = jobs().agentProcesses()
        if (agent !== undefined && !isOver) process.kill(agent, 'SIGKILL')
      }
      const run = await job.result
      const what = `seed ${seed + i}: ${run.stderr}${run.stdout}`
      expect(run.status, what).to.be.oneOf(run.stderr.includes('all ranks are lost') ? [1, 3] : [0])
      const agreed = new Set(run.stdout.split('\n').filter((line) => line.startsWith('agreed')))
      expect(agreed.size, what).to.equal(run.status === 0 ? 1 : 0)
      for (const [, why] of run.stderr.matchAll(/lost rank \d+ on \S+: (.+)\. The job/g))
        expect(why, what).to.be.oneOf(['Error: lost on purpose', 'it exited with status 3'])
    }
  })
})
