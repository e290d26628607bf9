import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { JOB_SCRIPTS, makeNpx } from '../support/job-scripts.ts'
import { projectDir, runJob, withPrograms } from '../support/run-job.ts'

/** Hits of 1e6 darts with the seed that pi.js has by itself: the same for every number of ranks. */
const HITS = '785630'
const SCHEDULERS = ['PBS_', 'SLURM_', 'PE_HOSTFILE', 'LSB_', 'NCPUS', 'OMPI_', 'HYDRA_']

interface Ended {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs a job script as it is, in a folder and an environment as its scheduler gives them. */
function runScript(name: string, bin: string, cwd: string, env: Readonly<Record<string, string>>): Ended {
  const own = Object.entries(process.env).filter(([key]) => !SCHEDULERS.some((start) => key.startsWith(start)))
  return spawnSync('/bin/bash', [join(JOB_SCRIPTS, name)], {
    cwd,
    env: { ...Object.fromEntries(own), PATH: `${bin}:${process.env['PATH'] ?? ''}`, DARTS: '1e6', ...env },
    encoding: 'utf8',
    timeout: 60_000,
  })
}

describe('job scripts', () => {
  it('run_pi.pbs: one line in the nodefile and NCPUS=2 give 2 ranks, the same hits, both times and the speed-up', async () => {
    await withPrograms({ nodefile: `${hostname()}\n` }, (home) => {
      // A job begins in the home folder; qsub was typed in the project's.
      const run = runScript('run_pi.pbs', makeNpx(home), home, {
        PBS_NODEFILE: join(home, 'nodefile'),
        PBS_O_WORKDIR: projectDir,
        PBS_JOBID: '17.pbs',
        PBS_ENVIRONMENT: 'PBS_BATCH',
        NCPUS: '2',
        OMP_NUM_THREADS: '2',
      })
      expect(run.status, run.stderr).to.equal(0)
      expect(run.stderr).to.equal('')
      expect(run.stdout.match(/^\d ranks? on 1 node$/gm)).to.deep.equal(['1 rank on 1 node', '2 ranks on 1 node'])
      expect(run.stdout.match(/^ *1000000 +\d+/gm)?.map((line) => line.trim().split(/ +/)[1])).to.deep.equal([
        HITS,
        HITS,
      ])
      const [, serial, parallel, speedUp] =
        /^Serial ([\d.]+) s, parallel ([\d.]+) s: a speed-up of ([\d.]+)$/m.exec(run.stdout) ?? []
      expect(Number(serial) / Number(parallel)).to.be.closeTo(Number(speedUp), 0.05 + Number(speedUp) / 10)
      return Promise.resolve()
    })
  })

  it('run_pi.pbs ends with the status of a run that fails', async () => {
    await withPrograms({ nodefile: `${hostname()}\n` }, (home) => {
      const env = { PBS_NODEFILE: join(home, 'nodefile'), PBS_O_WORKDIR: projectDir, NCPUS: '2', DARTS: 'many' }
      const run = runScript('run_pi.pbs', makeNpx(home), home, env)
      expect(run.status, run.stderr).to.equal(2)
      expect(run.stdout).not.to.include('speed-up')
      return Promise.resolve()
    })
  })

  for (const [script, files, env] of [
    ['pi.pbs', { list: 'HERE\nHERE\n' }, { PBS_NODEFILE: 'list', PBS_O_WORKDIR: projectDir, NCPUS: '4' }],
    ['pi.slurm', {}, { SLURM_JOB_ID: '3', SLURM_JOB_NODELIST: 'HERE', SLURM_TASKS_PER_NODE: '2' }],
    ['pi.sge', { list: 'HERE 2 all.q@HERE UNDEFINED\n' }, { PE_HOSTFILE: 'list', JOB_ID: '3' }],
    ['pi.lsf', {}, { LSB_MCPU_HOSTS: 'HERE 2', LSB_JOBID: '3' }],
  ] as const) {
    it(`${script} runs a rank on each slot of its scheduler`, async () => {
      const here = (text: string): string => text.replaceAll('HERE', hostname())
      const written = Object.fromEntries(Object.entries(files).map(([name, text]) => [name, here(text)]))
      await withPrograms(written, (folder) => {
        const values = Object.entries(env).map(([name, value]) => [
          name,
          value === 'list' ? join(folder, 'list') : here(value),
        ])
        const run = runScript(script, makeNpx(folder), projectDir, Object.fromEntries(values) as Record<string, string>)
        expect(run.status, run.stderr).to.equal(0)
        expect(run.stdout)
          .to.match(/^2 ranks on 1 node$/m)
          .and.include(HITS)
        return Promise.resolve()
      })
    })
  }

  it('pi.sh takes a hostfile', async () => {
    await withPrograms({ hosts: 'localhost slots=2\n' }, (folder) => {
      const script = join(JOB_SCRIPTS, 'pi.sh')
      const env = { ...process.env, PATH: `${makeNpx(folder)}:${process.env['PATH'] ?? ''}`, DARTS: '1e6' }
      const run = spawnSync('/bin/bash', [script, join(folder, 'hosts')], { cwd: projectDir, env, encoding: 'utf8' })
      expect(run.status, run.stderr).to.equal(0)
      expect(run.stdout)
        .to.match(/^2 ranks on 1 node$/m)
        .and.include(HITS)
      return Promise.resolve()
    })
  })

  for (const variable of ['OMPI_MCA_orte_default_hostfile', 'HYDRA_HOST_FILE']) {
    it(`pi-mpijob.yaml: the hostfile of the MPI operator in $${variable} is found`, async () => {
      await withPrograms(
        { hostfile: 'pi-worker-0.pi.default.svc slots=4\npi-worker-1.pi.default.svc slots=4\n' },
        async (folder) => {
          const [, words = ''] =
            /command: \[npx, mpirun-ts, (.*)\]/.exec(readFileSync(join(JOB_SCRIPTS, 'pi-mpijob.yaml'), 'utf8')) ?? []
          const args = words.split(', ').map((word) => word.replace(/["']/g, ''))
          const env = { [variable]: join(folder, 'hostfile'), OMPI_MCA_plm_rsh_args: '-o ConnectionAttempts=10' }
          const run = await runJob(['--dry-run', ...args], { env })
          expect(run.status, run.stderr).to.equal(0)
          expect(run.stdout).to.include('Map: 8 ranks on 2 nodes')
        },
      )
    })
  }

  it('are all named in docs/clusters.md', () => {
    const page = readFileSync(join(projectDir, 'docs', 'clusters.md'), 'utf8')
    for (const name of readdirSync(JOB_SCRIPTS)) expect(page).to.include(`(../scripts/jobs/${name})`)
  })
})
