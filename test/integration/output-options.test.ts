import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { runJob } from '../support/run-job.ts'
import { sortedLines, withFolder } from './program-folder.ts'

const PROGRAM = { 'p.cjs': "console.log('out')\nconsole.error('err')\nprocess.stdout.write('tail')\n" }
const HOST = hostname()

/** Options, lines of stdout and of stderr for two ranks, in any order. */
const PREFIXES: readonly [options: string, stdout: readonly string[], stderr: readonly string[]][] = [
  [
    '--tag-output',
    ['[1,0]<stdout>: out', '[1,0]<stdout>: tail', '[1,1]<stdout>: out', '[1,1]<stdout>: tail'],
    ['[1,0]<stderr>: err', '[1,1]<stderr>: err'],
  ],
  ['-l', ['[0] out', '[0] tail', '[1] out', '[1] tail'], ['[0] err', '[1] err']],
  ['--prepend-rank', ['[0] out', '[0] tail', '[1] out', '[1] tail'], ['[0] err', '[1] err']],
  [
    '--prepend-pattern %%%r@%h>',
    [`%0@${HOST}>out`, `%0@${HOST}>tail`, `%1@${HOST}>out`, `%1@${HOST}>tail`],
    [`%0@${HOST}>err`, `%1@${HOST}>err`],
  ],
  ['-l --merge-stderr-to-stdout', ['[0] err', '[0] out', '[0] tail', '[1] err', '[1] out', '[1] tail'], []],
]

describe('output options', () => {
  for (const [options, stdout, stderr] of PREFIXES) {
    it(options, async () => {
      await withFolder(PROGRAM, async (folder) => {
        const run = await runJob(['-np', '2', ...options.split(' '), 'p.cjs'], { cwd: folder })
        expect(run.status).to.equal(0)
        expect(sortedLines(run.stdout)).to.deep.equal(stdout)
        expect(sortedLines(run.stderr)).to.deep.equal(stderr)
      })
    })
  }

  it('--timestamp-output puts the time in ISO 8601 with milliseconds before each line, also before a tag', async () => {
    await withFolder(PROGRAM, async (folder) => {
      const time = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`
      const plain = await runJob(['-np', '1', '--timestamp-output', 'p.cjs'], { cwd: folder })
      expect(plain.stdout).to.match(new RegExp(`^${time} out\n${time} tail\n$`))
      expect(plain.stderr).to.match(new RegExp(`^${time} err\n$`))
      const tagged = await runJob(['-np', '1', '--timestamp-output', '--tag-output', 'p.cjs'], { cwd: folder })
      expect(tagged.stdout).to.match(new RegExp(`^${time} \\[1,0\\]<stdout>: out\n${time} \\[1,0\\]<stdout>: tail\n$`))
    })
  })

  it('--output-filename writes a file for each stream of each rank and makes the folders', async () => {
    await withFolder(PROGRAM, async (folder) => {
      const run = await runJob(['-np', '2', '--output-filename', 'a/b', 'p.cjs'], { cwd: folder })
      expect(run).to.include({ status: 0, stdout: '', stderr: '' })
      expect(readdirSync(join(folder, 'a/b')).sort()).to.deep.equal(['rank.0', 'rank.1'])
      expect(readFileSync(join(folder, 'a/b/rank.1/stdout'), 'utf8')).to.equal('out\ntail')
      expect(readFileSync(join(folder, 'a/b/rank.1/stderr'), 'utf8')).to.equal('err\n')
    })
  })

  it('--outfile-pattern and --errfile-pattern make a file for each rank and the folders', async () => {
    await withFolder(PROGRAM, async (folder) => {
      const patterns = ['--outfile-pattern', 'd/%h/out.%r', '--errfile-pattern', 'e/%r.%%']
      const run = await runJob(['-np', '2', ...patterns, 'p.cjs'], { cwd: folder })
      expect(run).to.include({ status: 0, stdout: '', stderr: '' })
      expect(readdirSync(join(folder, 'd', HOST)).sort()).to.deep.equal(['out.0', 'out.1'])
      expect(readFileSync(join(folder, 'd', HOST, 'out.0'), 'utf8')).to.equal('out\ntail')
      expect(readFileSync(join(folder, 'e/1.%'), 'utf8')).to.equal('err\n')
    })
  })

  it('an unknown % in a pattern is status 2, and nothing runs', async () => {
    const text = "require('fs').writeFileSync('ran', '')\n"
    await withFolder({ 'p.cjs': text }, async (folder) => {
      const run = await runJob(['-np', '1', '--outfile-pattern', 'x.%q', 'p.cjs'], { cwd: folder })
      expect(run).to.include({ status: 2, stdout: '' })
      expect(run.stderr).to.match(/^mpirun-ts: .*--outfile-pattern.*"%q".*\n$/)
      expect(existsSync(join(folder, 'ran'))).to.equal(false)
    })
  })
})
