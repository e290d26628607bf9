import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { expect } from 'chai'
import { JOB_SCRIPTS, makeNpx } from '../support/job-scripts.ts'
import { eventually } from '../support/processes.ts'
import { projectDir } from '../support/run-job.ts'
import { useSlurm } from '../support/slurm.ts'
import { fixture } from './ssh-jobs.ts'

const COMMAND = `"${process.execPath}" "${join(projectDir, 'dist', 'mpirun.cjs')}"`
const HELLO = join(projectDir, 'examples', 'hello.js')
const HOSTS = ['node1', 'node2']

/** What a job does that runs a script of scripts/jobs as it is, with few darts. */
function scriptLines(name: string, folder: string): string[] {
  return [`PATH="${makeNpx(folder)}:$PATH" DARTS=1e9 exec bash "${join(JOB_SCRIPTS, name)}"`]
}

describe('a job of a real scheduler', function () {
  this.timeout(120_000)
  const slurm = useSlurm(2, 2)

  it('of Slurm: ranks on all of its slots, without a word about nodes', async () => {
    const job = slurm().submit('sbatch', ['--nodes=2', '--ntasks-per-node=2'], [`${COMMAND} "${HELLO}"`])
    await slurm().ended(job)
    expect(job.output.split('\n').filter(Boolean).sort()).to.deep.equal([
      'Hello from rank 0 of 4 on node1',
      'Hello from rank 1 of 4 on node1',
      'Hello from rank 2 of 4 on node2',
      'Hello from rank 3 of 4 on node2',
    ])
    expect(job.status).to.equal(0)
  })

  it('of Slurm: tasks that are spread unevenly', async () => {
    const job = slurm().submit('sbatch', ['--nodes=2', '--ntasks=3'], [`${COMMAND} "${HELLO}"`])
    await slurm().ended(job)
    expect(job.output.match(/Hello from rank \d of 3 on node\d/g), job.output).to.have.length(3)
    for (const host of HOSTS) expect(job.output).to.match(new RegExp(`Hello from rank \\d of 3 on ${host}`))
  })

  it('of Slurm: all groups of a heterogeneous job', async () => {
    const options = ['--nodes=1', '--ntasks=2', ':', '--nodes=1', '--ntasks=1']
    const job = slurm().submit('sbatch', options, [`${COMMAND} "${HELLO}"`])
    await slurm().ended(job)
    expect(job.output.match(/Hello from rank \d of 3 on node\d/g)?.sort(), job.output).to.deep.equal([
      'Hello from rank 0 of 3 on node1',
      'Hello from rank 1 of 3 on node1',
      'Hello from rank 2 of 3 on node2',
    ])
  })

  it('of Slurm: within a step that is smaller than its job', async () => {
    const step = `srun --nodes=1 --ntasks=1 --overlap ${COMMAND} --dry-run "${HELLO}"`
    const job = slurm().submit('sbatch', ['--nodes=2', '--ntasks=2'], [step])
    await slurm().ended(job)
    expect(job.output).to.include('Map: 1 rank on 1 node')
  })

  for (const [jobScript, command, options, ranks] of [
    ['pi.slurm', 'sbatch', ['--nodes=2', '--ntasks-per-node=2'], ['4 ranks on 2 nodes']],
    ['pi.pbs', 'qsub', ['-l', 'nodes=2:ppn=2'], ['4 ranks on 2 nodes']],
    ['run_pi.pbs', 'qsub', ['-l', 'nodes=1:ppn=2'], ['1 rank on 1 node', '2 ranks on 1 node']],
  ] as const) {
    it(`runs scripts/jobs/${jobScript}`, async () => {
      const job = slurm().submit(command, options, scriptLines(jobScript, slurm().cluster.folder))
      await slurm().ended(job)
      expect(job.status, job.output).to.equal(0)
      expect(job.output.match(/^\d ranks? on \d nodes?$/gm)).to.deep.equal(ranks)
      // The same for every placement (api: hits are a function of seed and trials).
      expect(job.output.match(/^ *1000000000 +785378558 /gm)).to.have.length(ranks.length)
      if (jobScript === 'run_pi.pbs') expect(job.output).to.match(/^Serial .* a speed-up of [\d.]+$/m)
    })
  }

  it('measures scaling within a job, up to its slots', async () => {
    const job = slurm().submit(
      'sbatch',
      ['--nodes=2', '--ntasks-per-node=1'],
      [`${COMMAND} scaling --repeat 1 --csv - "${join(projectDir, 'examples', 'pi.js')}" 1e7`],
    )
    await slurm().ended(job)
    expect(job.status, job.output).to.equal(0)
    expect(job.output.match(/^[12],[12],1,/gm), job.output).to.deep.equal(['1,1,1,', '2,2,1,'])
  })

  it('of PBS: starts as many ranks as the node file has lines, where Open MPI 4.1 starts them twice', async () => {
    const lines = [`cat "$PBS_NODEFILE"`, `${COMMAND} --hostfile "$PBS_NODEFILE" "${HELLO}"`]
    const job = slurm().submit('qsub', ['-l', 'nodes=2:ppn=1'], lines)
    await slurm().ended(job)
    const [first, second, ...hellos] = job.output.split('\n').filter(Boolean)
    expect([first, second]).to.deep.equal(HOSTS)
    expect(hellos.sort()).to.deep.equal(['Hello from rank 0 of 2 on node1', 'Hello from rank 1 of 2 on node2'])
  })

  it('passes the exit status of a rank to the scheduler', async () => {
    const job = slurm().submit('sbatch', ['--nodes=2', '--ntasks=2'], [`${COMMAND} "${fixture('end.js')}" 1 exit 7`])
    await slurm().ended(job)
    expect([job.state, job.status], job.output).to.deep.equal(['FAILED', 7])
  })

  it('that is cancelled leaves nothing on any node', async () => {
    const job = slurm().submit(
      'sbatch',
      ['--nodes=2', '--ntasks=2'],
      [`exec ${COMMAND} "${fixture('linger.js')}" loop`],
    )
    expect(await eventually(() => job.output.trim().split('\n').length === 2, 30_000), job.output).to.equal(true)
    expect(slurm().cluster.agentsOn('node2')).to.have.length(1)
    slurm().cluster.exec('head', 'scancel', job.id)
    const isGone = (): boolean =>
      HOSTS.every((host) => !/linger\.js|mpirun-ts-agent/m.test(slurm().cluster.run('cluster.sh', 'ps', host)))
    expect(await eventually(isGone, 30_000), slurm().cluster.run('cluster.sh', 'ps', 'node2')).to.equal(true)
    await slurm().ended(job)
    expect(job.state).to.equal('CANCELLED')
  })

  it('goes on after a suspension, which stops the coordinator and its node but not the agents of others', async () => {
    const file = join(slurm().cluster.folder, 'resumed')
    const line = `${COMMAND} "${fixture('linger.js')}" until "${file}"`
    const job = slurm().submit('sbatch', ['--nodes=2', '--ntasks=2'], [line])
    expect(await eventually(() => job.output.split('"rank"').length > 2, 60_000), job.output).to.equal(true)
    slurm().cluster.exec('head', 'scontrol', 'suspend', job.id)
    expect(job.state).to.equal('SUSPENDED')
    // Longer than any silence that is taken for a death where the system does not answer.
    await delay(16_000)
    slurm().cluster.exec('head', 'scontrol', 'resume', job.id)
    writeFileSync(file, '')
    await slurm().ended(job)
    expect([job.state, job.status], job.output).to.deep.equal(['COMPLETED', 0])
    expect(job.output).to.match(/^all right in \d+ rounds$/m)
  })
})
