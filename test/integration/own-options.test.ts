import { mkdirSync, readdirSync, readlinkSync, realpathSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { expect } from 'chai'
import { processesWith } from '../support/processes.ts'
import { runJob, startJob } from '../support/run-job.ts'
import { withFolder } from './program-folder.ts'

const SHOW = `console.log(process.env.MPIRUN_TS_RANK, process.argv[2], ...process.argv.slice(3).map((name) => process.env[name] ?? '-'))`
const FOLDERS = `import { readFileSync } from 'node:fs'
import { MPI } from 'mpirun-ts'
const world = MPI.COMM_WORLD
const here = process.cwd().split('/').at(-1) + ':' + readFileSync('d.txt', 'utf8')
const all = world.gather(here)
if (world.rank === 0) console.log(all.join(' '), 'sum', world.allreduce(world.rank))
else world.allreduce(world.rank)
`

/** Processes whose working directory is in this folder. */
function processesIn(folder: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const cwd = readlinkSync(`/proc/${pid}/cwd`)
        return cwd === folder || cwd.startsWith(`${folder}/`)
      } catch {
        return false
      }
    })
}

describe('options of one program', () => {
  it('keep the environment of each apart', async () => {
    await withFolder({ S: SHOW }, async (folder) => {
      const words = '-genvlist B -np 1 -x A=1 S a A B : -np 1 -env A 2 -genv C g S b A B C : -np 1 -envall S c A C'
      const run = await runJob(words.split(' '), { cwd: folder, env: { A: 'outer', B: 'outb' } })
      expect(run, run.stderr).to.include({ status: 0, stderr: '' })
      expect(run.stdout.trimEnd().split('\n').toSorted()).to.deep.equal(['0 a 1 outb', '1 b 2 outb g', '2 c outer g'])
    })
  })

  it('read the same in a file of --app', async () => {
    await withFolder({ S: SHOW, F: '-np 1 -x A=1 S a A B\n-np 1 -x A=2 -wdir / S b A B\n' }, async (folder) => {
      const run = await runJob(['-x', 'B=3', '--app', 'F'], { cwd: folder })
      expect(run, run.stderr).to.include({ status: 0, stderr: '' })
      expect(run.stdout.trimEnd().split('\n').toSorted()).to.deep.equal(['0 a 1 3', '1 b 2 3'])
    })
  })

  it('give each program its working directory, on one machine, with messages between them', async () => {
    await withFolder({ 'p.mjs': FOLDERS, 'd.txt': 'c' }, async (folder) => {
      for (const name of ['x', 'y']) mkdirSync(join(folder, name))

      for (const name of ['x', 'y']) writeFileSync(join(folder, name, 'd.txt'), name.toUpperCase())
      const words = `-wdir ${folder}/x -np 2 p.mjs : -wdir y -np 1 p.mjs : -np 1 p.mjs : --wdir=x/../x -np 1 p.mjs`
      for (const transport of ['tls', 'plain']) {
        const run = await runJob(['--transport', transport, ...words.split(' ')], { cwd: folder })
        expect(run, run.stderr).to.include({ status: 0, stderr: '' })
        const home = realpathSync(folder).split('/').at(-1)
        expect(run.stdout).to.equal(`x:X x:X y:Y ${home}:c x:X sum 10\n`)
      }
      expect(processesWith(folder)).to.deep.equal([])
    })
  })

  it('leave nothing behind when the command is killed', async () => {
    const program = `import { MPI } from 'mpirun-ts'
MPI.COMM_WORLD.barrier()
console.log('up')
setInterval(() => undefined, 1000)
`
    await withFolder({ 'p.mjs': program, 'x/f': '', 'y/f': '' }, async (folder) => {
      const words = '-wdir x -np 1 p.mjs : -wdir y -np 1 p.mjs : -wdir y/.. -np 1 p.mjs'
      const job = startJob(words.split(' '), { cwd: folder })
      await job.saw('up')
      const pids = processesIn(folder)
      expect(pids).to.have.lengthOf(3)
      job.child.kill('SIGKILL')
      await job.result
      while (processesIn(folder).length > 0) await delay(50)
    })
  })

  it('name the folder that does not exist', async () => {
    await withFolder({ 'p.mjs': FOLDERS }, async (folder) => {
      const run = await runJob(['-np', '1', 'p.mjs', ':', '-wdir', 'none', '-np', '1', 'p.mjs'], { cwd: folder })
      expect(run.status).to.equal(3)
      expect(run.stderr).to.include(`the working directory "${realpathSync(folder)}/none" does not exist`)
    })
  })

  it('look for each program in the folders of its --path', async () => {
    await withFolder({ 'here.cjs': SHOW }, async (folder) => {
      for (const name of ['x', 'y']) mkdirSync(join(folder, name))

      writeFileSync(join(folder, 'y', 'p.cjs'), `console.log(__filename.split('/').slice(-2).join('/'))`)
      const words = '-path x:y -np 1 p.cjs : -np 1 here.cjs z'
      const run = await runJob(words.split(' '), { cwd: folder })
      expect(run, run.stderr).to.include({ status: 0, stderr: '' })
      expect(run.stdout.trimEnd().split('\n').toSorted()).to.deep.equal(['1 z', 'y/p.cjs'])
      const other = await runJob(['-np', '1', '-path', 'y', 'p.cjs', ':', '-np', '1', 'p.cjs'], { cwd: folder })
      expect(other.status).to.equal(127)
    })
  })

  it('warn of a variable that is to go to ranks and is not set', async () => {
    await withFolder({ S: SHOW }, async (folder) => {
      const words = '-np 1 -x NOT_SET_1 S a : -genvlist PATH,NOT_SET_2 -np 1 -x NOT_SET_1 S b'
      const run = await runJob(words.split(' '), { cwd: folder })
      expect(run.status).to.equal(0)
      const warning = 'warning: ranks are to get variables that are not set here: NOT_SET_2, NOT_SET_1.'
      expect(run.stderr).to.equal(`mpirun-ts: ${warning}\n`)
    })
  })

  it('make one node of all names of this machine', async () => {
    await withFolder({ 'p.mjs': FOLDERS, 'd.txt': '.' }, async (folder) => {
      const run = await runJob(['-H', `localhost:1,${hostname()}:1,127.0.0.1:1`, 'p.mjs'], { cwd: folder })
      expect(run, run.stderr).to.include({ status: 0, stderr: '' })
      expect(run.stdout).to.match(/ sum 3\n$/)
    })
  })
})
