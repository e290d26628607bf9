import { expect } from 'chai'
import { runJob } from '../support/run-job.ts'
import { withFolder } from './program-folder.ts'

const SHOW = 'if (process.env.MPIRUN_TS_RANK === "1") console.log(JSON.stringify(process.argv.slice(2)))\n'

const CASES: readonly (readonly string[])[] = [
  [],
  ['a b', '$HOME', '*', '', 'a:b'],
  ['two\nlines', 'tab\t', 'ünïcödé 🎉', '`id`', '$(id)', '"', "'", '\\'],
  ['-np', '9', '--help', '--version=3', '--', '-x', '--stdin', 'none'],
  ['='.repeat(10_000)],
]

describe('arguments of the program', () => {
  for (const args of CASES) {
    const shown = JSON.stringify(args)
    it(`arrive untouched: ${shown.length > 100 ? `${shown.slice(0, 20)}…` : shown}`, async () => {
      await withFolder({ 'show.cjs': SHOW, 'show.ts': SHOW }, async (folder) => {
        for (const start of [['show.cjs'], ['--', 'show.cjs'], ['show.ts']]) {
          const run = await runJob(['-np', '2', ...start, ...args], { cwd: folder })
          expect(run, run.stderr).to.include({ status: 0, stderr: '' })
          expect(JSON.parse(run.stdout)).to.deep.equal(args)
        }
      })
    })
  }

  it('process.argv[0] is node, and execArgv is empty', async () => {
    const text = 'console.log(JSON.stringify([process.argv[0] === process.execPath, process.execArgv]))\n'
    await withFolder({ 'p.cjs': text }, async (folder) => {
      const run = await runJob(['-np', '1', 'p.cjs'], { cwd: folder })
      expect(JSON.parse(run.stdout)).to.deep.equal([true, []])
    })
  })

  it('paths with blanks and unicode work for the program and the folder', async () => {
    const name = "a b'ü$/pr og #1%20.mjs"
    const text = "import { MPI } from 'mpirun-ts'\nconsole.log(import.meta.url, MPI.COMM_WORLD.size)\n"
    await withFolder({ [name]: text }, async (folder) => {
      const run = await runJob(['-np', '1', name], { cwd: folder })
      expect(run, run.stderr).to.include({ status: 0, stderr: '' })
      const [url = '', size] = run.stdout.trim().split(' ')
      expect([decodeURIComponent(url), size]).to.deep.equal([`file://${folder}/${name}`, '1'])
    })
  })

  it('--wdir is the working directory, and a relative program is found in it or where the command was typed', async () => {
    const text = 'console.log(process.cwd())\n'
    await withFolder({ 'here.cjs': text, 'sub/there.cjs': text }, async (folder) => {
      for (const name of ['here.cjs', 'there.cjs']) {
        const run = await runJob(['-np', '1', '--wdir', 'sub', name], { cwd: folder })
        expect(run, run.stderr).to.include({ status: 0, stdout: `${folder}/sub\n` })
      }
    })
  })
})
