import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect } from 'chai'
import { type DocExample, examplesOf } from '../support/doc-examples.ts'
import { runJob, withPrograms } from '../support/run-job.ts'
import { skipHere } from '../support/skip-here.ts'

const PYTHON = '/usr/bin/python3'
const blocks = examplesOf('coming-from-mpi4py.md')
const preludeOf = (language: string): string =>
  blocks.find((block) => block.language === language && block.words.includes('prelude'))?.code ?? ''
const ofLanguage = (language: string): DocExample[] =>
  blocks.filter((block) => block.language === language && block.words.length === 0)
const [python, ours, texts] = [ofLanguage('python'), ofLanguage('js'), ofLanguage('text')]

/** What each pair of examples must print, in order of the lines. */
const wanted = Object.fromEntries(texts.map(({ code }, i) => [i, code.trimEnd().split('\n').sort()]))

/** Lines of the form `number of the example|text`, by example, in order. */
function byExample(stdout: string): Record<string, string[]> {
  const lines: Record<string, string[]> = {}
  for (const line of stdout.trimEnd().split('\n').sort()) {
    const [number = '', text = ''] = line.split(/\|(.*)/s)
    lines[number] = [...(lines[number] ?? []), text]
  }
  return lines
}

/** All examples, one after the other; what they print has the number of the example in front. */
function jsProgram(): string {
  const parts = ours.map(
    ({ code }, i) => `{
const console = { log: (...values) => process.stdout.write(\`${i}|\${values.map(String).join(' ')}\\n\`) }
${code}
}
comm.barrier()`,
  )
  return [preludeOf('js'), ...parts].join('\n')
}

function pythonProgram(): string {
  const say =
    'def print(*values): sys.stdout.write(f"{example}|" + " ".join(map(str, values)) + "\\n"); sys.stdout.flush()'
  const parts = python.map(({ code }, i) => `example = ${i}\n${code}\ncomm.barrier()`)
  return ['import sys', preludeOf('python'), say, ...parts].join('\n')
}

describe('docs/coming-from-mpi4py.md', () => {
  it('our programs print what stands below them', async () => {
    expect([ours.length, python.length]).to.deep.equal([texts.length, texts.length])
    expect(texts.length).to.be.greaterThan(8)
    await withPrograms({ 'ours.mjs': jsProgram() }, async (folder) => {
      const run = await runJob(['-np', '4', '--oversubscribe', join(folder, 'ours.mjs')])
      expect(run.stderr).to.equal('')
      expect(run.status).to.equal(0)
      expect(byExample(run.stdout)).to.deep.equal(wanted)
    })
  })

  it('so do those of mpi4py', async function () {
    const hasMpi4py =
      spawnSync(PYTHON, ['-c', 'import numpy; from mpi4py import MPI'], { timeout: 30_000 }).status === 0
    const mpirun = 'mpirun.openmpi'
    if (!hasMpi4py || spawnSync(mpirun, ['--version']).status !== 0) {
      const packages = 'python3-mpi4py python3-numpy openmpi-bin'
      skipHere(this, `there is no mpi4py with Open MPI; install it with: apt-get install ${packages}`)
    }
    await withPrograms({ 'theirs.py': pythonProgram() }, async (folder) => {
      const options = ['--allow-run-as-root', '--oversubscribe', '--bind-to', 'none', '-np', '4']
      const run = spawnSync(mpirun, [...options, PYTHON, join(folder, 'theirs.py')], {
        encoding: 'utf8',
        timeout: 50_000,
      })
      expect(run.status, run.stderr).to.equal(0)
      expect(byExample(run.stdout)).to.deep.equal(wanted)
    })
  })
})
