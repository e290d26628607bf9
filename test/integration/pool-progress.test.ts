import { spawnSync } from 'node:child_process'
import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { projectDir, runJob, withPrograms } from '../support/run-job.ts'
import { skipHere } from '../support/skip-here.ts'

/** work.mjs COUNT MS [PROGRESS]: the results of COUNT tasks of MS each. */
const programs = {
  'work.mjs': `import { Pool } from 'mpirun-ts'
const [count, ms, progress] = process.argv.slice(2)
const pool = new Pool(2)
const busy = (ms) => { const until = Date.now() + ms; while (Date.now() < until); return ms }
const options = { chunkSize: 1, ...(progress === undefined ? {} : { progress }) }
const results = pool.map(busy, Array.from({ length: Number(count) }, () => Number(ms)), options)
console.log('results: ' + results.length)
pool.terminate()
`,
  // Shows progress until a bar that is neither empty nor full was on the terminal, however slow the machine is: from the second on, tasks
  // wait for it, at most a second each.
  'shown.mjs': `import { rmSync, writeFileSync } from 'node:fs'
import { Pool } from 'mpirun-ts'
const shown = process.argv[2]
rmSync(shown, { force: true })
const write = process.stderr.write.bind(process.stderr)
process.stderr.write = (text, ...rest) => {
  if (/█░/.test(text)) writeFileSync(shown, '')
  return write(text, ...rest)
}
const pool = new Pool(2)
const wait = ([task, shown]) => {
  const { existsSync } = process.getBuiltinModule('node:fs')
  const until = Date.now() + (task === 0 ? 0 : 1000)
  while (Date.now() < until && !existsSync(shown));
}
const tasks = Array.from({ length: 60 }, (_, task) => [task, shown])
console.log('results: ' + pool.map(wait, tasks, { chunkSize: 1, progress: 'busy' }).length)
pool.terminate()
`,
}
const MPIRUN = [process.execPath, join(projectDir, 'dist', 'mpirun.cjs')]
const ON_ONE_NODE = [...MPIRUN, '--pool', '-np', '2']
const PI = join(projectDir, 'examples', 'pi-pool.js')
const NO_SCRIPT = 'there is no terminal without script; install it with: apt-get install bsdutils'
const LEFT = String.raw`[\d.]+ tasks\/s · (?:\d+ min )?\d+ s left`

/** So that plain node finds the package from there. */
function symlinkPackage(folder: string): void {
  mkdirSync(join(folder, 'node_modules'))
  symlinkSync(projectDir, join(folder, 'node_modules', 'mpirun-ts'))
}

/** What a command shows on a terminal of its own (util-linux: script). */
function onTerminal(words: readonly string[]): string {
  const command = words.map((word) => `'${word}'`).join(' ')
  const { stdout } = spawnSync('script', ['-qec', command, '/dev/null'], { encoding: 'utf8', timeout: 55_000 })
  return stdout
}

describe('Pool: progress', function () {
  this.timeout(120_000)
  let hasScript = false

  before(() => {
    hasScript = spawnSync('script', ['--version']).status === 0
  })

  const ways: readonly [title: string, words: readonly string[]][] = [
    ['plain node', [process.execPath]],
    ['--pool', ON_ONE_NODE],
  ]
  for (const [title, words] of ways) {
    it(`is a line on a terminal that is gone in the end, by ${title}`, async function () {
      if (!hasScript) skipHere(this, NO_SCRIPT)
      await withPrograms(programs, (folder) => {
        symlinkPackage(folder)
        const shown = onTerminal([...words, join(folder, 'shown.mjs'), join(folder, 'shown')])
        expect(shown).to.match(new RegExp(String.raw`busy {2}█+░+ \d+ % · \d+ of 60 · ${LEFT}`))
        expect(shown.split('\n').length, 'lines').to.equal(2)
        // Cleared before what comes next.
        expect(shown.includes('\u001b[2Kresults: 60\r\n'), JSON.stringify(shown.slice(-80))).to.equal(true)
        return Promise.resolve()
      })
    })

    it(`is the estimate of pi with its error, too, by ${title}`, function () {
      if (!hasScript) skipHere(this, NO_SCRIPT)
      const estimate = new RegExp(String.raw` · ${LEFT} {2}pi = 3\.14\d* ± 0\.000\d+`)
      // A call that is over before the program runs again shows no estimate: then one that is ten times as long.
      let shown = onTerminal([...words, PI, '3e9'])
      if (!estimate.test(shown)) shown = onTerminal([...words, PI, '3e10'])
      expect(shown).to.match(estimate)
    })
  }

  it('is nothing on a terminal with --no-progress, or where no call asks for it', async function () {
    if (!hasScript) skipHere(this, NO_SCRIPT)
    await withPrograms(programs, (folder) => {
      const program = join(folder, 'work.mjs')
      expect(onTerminal([...ON_ONE_NODE, '--no-progress', program, '60', '10', 'busy'])).to.equal('results: 60\r\n')
      expect(onTerminal([...ON_ONE_NODE, program, '60', '10'])).to.equal('results: 60\r\n')
      return Promise.resolve()
    })
  })

  it('is nothing off a terminal, and a line every 10 s with --progress', async () => {
    await withPrograms(programs, async (folder) => {
      const program = join(folder, 'work.mjs')
      const quiet = await runJob(['--pool', '-np', '2', program, '60', '10', 'busy'])
      expect(quiet).to.include({ status: 0, stderr: '', stdout: 'results: 60\n' })
      const told = await runJob(['--pool', '-np', '2', '--progress', program, '240', '100'], { timeoutMs: 100_000 })
      expect(told).to.include({ status: 0, stdout: 'results: 240\n' })
      // 12 s of work; more than 20 s where others have the machine.
      expect(told.stderr).to.match(new RegExp(String.raw`^(?:\d+ % · \d+ of 240 · ${LEFT}\n)+$`))
    })
  })
})
