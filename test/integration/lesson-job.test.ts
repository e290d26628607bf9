import { hostname } from 'node:os'
import { expect } from 'chai'
import { runJob } from '../support/run-job.ts'
import { withFolder } from './program-folder.ts'

const PROGRAM = `const { MPI } = require('mpirun-ts')\nconsole.log(MPI.COMM_WORLD.rank, MPI.COMM_WORLD.size)\n`
const FILES = {
  'p.cjs': PROGRAM,
  one: `${hostname()}\n`,
  three: 'n1\nn2\nn3\n',
  copy: 'n1\nn2\nn3\n',
  lines: 'n1\nn1\nn2\nn2\n',
}

interface Job {
  readonly nodefile: string
  readonly ncpus: number
}

/** Runs these words in a PBS job. */
function inPbs({ nodefile, ncpus }: Job, words: string): ReturnType<typeof runJob> {
  return withFolder(FILES, (cwd) => {
    const env = { PBS_NODEFILE: nodefile, NCPUS: String(ncpus), PBS_JOBID: '1.pbs', PBS_ENVIRONMENT: 'PBS_BATCH' }
    return runJob(words.split(' '), { cwd, env })
  })
}

describe('a PBS job whose nodefile has one line for each node', () => {
  for (const [words, ncpus, ranks] of [
    ['-np 2 --hostfile one p.cjs', 2, 2],
    ['-np 2 p.cjs', 2, 2],
    ['-np 1 --hostfile one p.cjs', 2, 1],
    ['--hostfile one p.cjs', 3, 3],
    ['p.cjs', 3, 3],
  ] as const) {
    it(`of one node, ncpus=${ncpus}: ${words} → ${ranks}`, async () => {
      const run = await inPbs({ nodefile: 'one', ncpus }, words)
      expect(run, run.stderr).to.include({ status: 0, stderr: '' })
      const expected = Array.from({ length: ranks }, (_, rank) => `${rank} ${ranks}`)
      expect(run.stdout.trimEnd().split('\n').toSorted()).to.deep.equal(expected)
    })
  }

  for (const [words, ranks, isNoted] of [
    ['p.cjs', 3, true],
    ['--hostfile three p.cjs', 3, true],
    ['-np 12 --hostfile three p.cjs', 12, false],
    ['-np 12 --hostfile copy p.cjs', 12, false],
    ['-N 2 p.cjs', 6, false],
  ] as const) {
    it(`of three nodes, ncpus=4: ${words} → ${ranks}${isNoted ? ' and a note' : ''}`, async () => {
      const run = await inPbs({ nodefile: 'three', ncpus: 4 }, `--dry-run ${words}`)
      expect(run.stdout).to.include(`Map: ${ranks} ranks on 3 nodes`)
      if (isNoted) expect(run.stderr).to.match(/^mpirun-ts: [^\n]* -np 12[^\n]*mpiprocs=4\.\n$/)
      else expect(run.stderr).to.equal('')
    })
  }

  it('says how to get more slots: mpiprocs', async () => {
    for (const [nodefile, words] of [
      ['one', '-np 3 p.cjs'],
      ['lines', '-np 5 --hostfile lines p.cjs'],
    ] as const) {
      const run = await inPbs({ nodefile, ncpus: 2 }, words)
      expect(run).to.include({ status: 2, stdout: '' })
      expect(run.stderr).to.match(/^mpirun-ts: Cannot place [^\n]*mpiprocs=N[^\n]*--oversubscribe\.\n$/)
    }
  })
})

describe('--hostfile $PBS_NODEFILE outside of a job', () => {
  for (const [what, words] of [
    ['in quotes', ['-np', '2', '--hostfile', '', 'p.cjs']],
    ['joined', ['-np', '2', '--hostfile=', 'p.cjs']],
    ['before the program', ['-np', '2', '--hostfile', 'p.cjs']],
    ['before the program and its arguments', ['-np', '2', '-machinefile', 'p.cjs', '1e6']],
    ['before an option', ['-f', '-np', '2', 'p.cjs']],
  ] as const) {
    it(`${what}: one line speaks of the variable and of this machine`, async () => {
      const run = await withFolder(FILES, (cwd) => runJob(words, { cwd }))
      expect(run).to.include({ status: 2, stdout: '' })
      expect(run.stderr).to.match(/^mpirun-ts: [^\n]*\$PBS_NODEFILE[^\n]*this machine[^\n]*\n$/)
    })
  }
})

describe('srun -n2 mpirun-ts', () => {
  it('warns once of two whole jobs', async () => {
    await withFolder(FILES, async (cwd) => {
      const step = {
        SLURM_STEP_ID: '0',
        SLURM_STEP_NUM_TASKS: '2',
        SLURM_STEP_NODELIST: hostname(),
        SLURM_STEP_TASKS_PER_NODE: '2',
      }
      const job = { PBS_NODEFILE: '', SLURM_JOB_ID: '5', SLURM_JOB_NODELIST: hostname(), SLURM_TASKS_PER_NODE: '2' }
      const [first, second] = await Promise.all(
        ['0', '1'].map((rank) => runJob(['-np', '1', 'p.cjs'], { cwd, env: { ...job, ...step, SLURM_PROCID: rank } })),
      )
      expect(first).to.include({ status: 0, stdout: '0 1\n' })
      expect(first?.stderr).to.match(/^mpirun-ts: warning: srun starts mpirun-ts 2 times[^\n]*\n$/)
      expect(second).to.include({ status: 0, stdout: '0 1\n', stderr: '' })
    })
  })
})
