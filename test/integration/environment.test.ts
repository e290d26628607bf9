import { expect } from 'chai'
import { runJob } from '../support/run-job.ts'
import { withFolder } from './program-folder.ts'

const SHOW = `if (process.env.MPIRUN_TS_RANK === '1')
  console.log(JSON.stringify(Object.fromEntries(process.argv.slice(2).map((name) => [name, process.env[name] ?? null]))))
`
const ENV = { FOO: 'bar', PRE_A: '1', PRE_B: '2', LATER_PRE_A: '3' }

/** Options, and what rank 1 sees of FOO and others. */
const CASES: readonly [options: readonly string[], seen: Readonly<Record<string, string | null>>][] = [
  [[], { FOO: 'bar', PRE_A: '1', NOT_SET: null }],
  [['-x', 'FOO'], { FOO: 'bar' }],
  [['-x', 'A=b', '-x', 'EMPTY=', '-x', 'IS=a=b c$d'], { A: 'b', EMPTY: '', IS: 'a=b c$d', FOO: 'bar' }],
  [['-x', 'FOO=other'], { FOO: 'other' }],
  [['-genv', 'A', 'b c'], { A: 'b c' }],
  [['--clean-env'], { FOO: null, PRE_A: null, MPIRUN_TS_RANK: '1' }],
  [['-genvnone', '-x', 'PRE_*'], { FOO: null, PRE_A: '1', PRE_B: '2', LATER_PRE_A: null }],
  [['-genvlist', 'FOO,PRE_B'], { FOO: 'bar', PRE_A: null, PRE_B: '2' }],
]

const PLACE = {
  MPIRUN_TS_RANK: '1',
  MPIRUN_TS_SIZE: '3',
  MPIRUN_TS_LOCAL_RANK: '1',
  MPIRUN_TS_LOCAL_SIZE: '3',
  MPIRUN_TS_NODE_ID: '0',
  OMPI_COMM_WORLD_RANK: '1',
  OMPI_COMM_WORLD_SIZE: '3',
  OMPI_COMM_WORLD_LOCAL_RANK: '1',
  OMPI_COMM_WORLD_LOCAL_SIZE: '3',
  PMI_RANK: '1',
  PMI_SIZE: '3',
}

describe('environment of ranks', () => {
  for (const [options, seen] of CASES) {
    it(options.join(' ') || 'without options', async () => {
      await withFolder({ 'p.cjs': SHOW }, async (folder) => {
        const names = Object.keys(seen)
        const run = await runJob(['-np', '2', ...options, 'p.cjs', ...names], { cwd: folder, env: ENV })
        expect(run, run.stderr).to.include({ status: 0, stderr: '' })
        expect(JSON.parse(run.stdout)).to.deep.equal(seen)
      })
    })
  }

  it('has rank and size under our names, Open MPI’s and PMI’s, and an id of the job', async () => {
    await withFolder({ 'p.cjs': SHOW }, async (folder) => {
      const names = [...Object.keys(PLACE), 'MPIRUN_TS_JOB_ID']
      const run = await runJob(['-np', '3', 'p.cjs', ...names], { cwd: folder })
      const { MPIRUN_TS_JOB_ID, ...seen } = JSON.parse(run.stdout) as Record<string, string>
      expect(seen).to.deep.equal(PLACE)
      expect(MPIRUN_TS_JOB_ID).to.match(/^\w{6,}$/)
    })
  })

  it('is each rank’s own, and its children have it', async () => {
    const text = `const { MPI } = require('mpirun-ts')
const comm = MPI.COMM_WORLD
if (comm.rank === 0) process.env.MINE = 'zero'
comm.barrier()
const child = require('node:child_process').execSync('echo "$MINE $MPIRUN_TS_RANK"', { encoding: 'utf8' })
console.log(comm.rank, process.env.MINE, child.trim())
`
    await withFolder({ 'p.cjs': text }, async (folder) => {
      const run = await runJob(['-np', '2', 'p.cjs'], { cwd: folder })
      expect(run.stdout.split('\n').sort()).to.deep.equal(['', '0 zero zero 0', '1 undefined 1'])
    })
  })
})
