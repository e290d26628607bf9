import { spawn } from 'node:child_process'
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { eventually } from '../support/processes.ts'
import { projectDir } from '../support/run-job.ts'
import { withFolder } from './program-folder.ts'

const MPIRUN = join(projectDir, 'dist', 'mpirun.cjs')

/** Each rank leaves a child behind, and says its process number. */
const PROGRAM = `const { spawn } = require('node:child_process')
const child = spawn('sleep', ['1000'], { stdio: 'ignore' })
child.unref()
console.log('child', child.pid)
if (process.argv[2] === 'fail') throw new Error('boom')
`

function isAlive(pid: number): boolean {
  try {
    // A zombie has ended; only its parent has not looked yet.
    return /\) [^Z]/.test(readFileSync(`/proc/${pid}/stat`, 'latin1'))
  } catch {
    return false
  }
}

/** Runs a shell's text to its end; resolves with its stdout and status. */
function shell(text: string, cwd: string): Promise<{ stdout: string; status: number | null }> {
  const child = spawn('/bin/sh', ['-c', text], { cwd, stdio: ['ignore', 'pipe', 'inherit'] })
  let stdout = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk
  })
  // Not 'close': what was there before keeps stdout open.
  return new Promise((resolve) => {
    child.on('exit', (status) => {
      setTimeout(() => resolve({ stdout, status }), 100)
    })
  })
}

describe('processes that were there before the job', function () {
  if (process.platform !== 'linux') return
  this.timeout(60_000)

  for (const [how, status] of [
    ['return', 0],
    ['fail', 1],
  ] as const) {
    it(`stay when a shell has become the command, and ranks ${how}; what ranks have started does not`, async () => {
      await withFolder({ 'p.cjs': PROGRAM }, async (folder) => {
        // A child, a child's child, and one that starts another one while the job runs: a scheduler's demultiplexer, say.
        const before =
          'sleep 1000 >&- & echo $! >one; (sleep 1001 >&- & echo $! >two; sleep 0.5; sleep 1002) >&- & echo $! >three'
        const run = await shell(`${before}; exec "${process.execPath}" "${MPIRUN}" -np 2 p.cjs ${how}`, folder)
        expect(run.status).to.equal(status)
        const elders = ['one', 'two', 'three'].map((name) => Number(readFileSync(join(folder, name), 'utf8')))
        const children = [...run.stdout.matchAll(/child (\d+)/g)].map(([, pid]) => Number(pid))
        try {
          expect(children.length).to.be.at.least(1)
          expect(await eventually(() => !children.some(isAlive), 10_000), 'children of ranks').to.equal(true)
          expect(elders.map(isAlive)).to.deep.equal([true, true, true])
        } finally {
          for (const pid of elders) if (isAlive(pid)) process.kill(pid, 'SIGKILL')
        }
      })
    })
  }

  it('stay on another node, where the login has started them in the group of the agent', async () => {
    await withFolder({ 'p.cjs': PROGRAM }, async (folder) => {
      const launcher = join(folder, 'launch')
      // Called like ssh, in a session and a group of its own; the agent takes the place of this shell.
      writeFileSync(
        launcher,
        `#!/bin/sh\nsleep 1000 >&- 2>&- & echo $! >"${join(folder, 'one')}"\nexec "${process.execPath}" -\n`,
      )
      chmodSync(launcher, 0o755)
      const run = await shell(
        `exec "${process.execPath}" "${MPIRUN}" --launcher "${launcher}" --host elsewhere:2 p.cjs return`,
        folder,
      )
      expect(run.status).to.equal(0)
      const elder = Number(readFileSync(join(folder, 'one'), 'utf8'))
      const children = [...run.stdout.matchAll(/child (\d+)/g)].map(([, pid]) => Number(pid))
      try {
        expect(children).to.have.length(2)
        expect(await eventually(() => !children.some(isAlive), 10_000), 'children of ranks').to.equal(true)
        expect(isAlive(elder)).to.equal(true)
      } finally {
        if (isAlive(elder)) process.kill(elder, 'SIGKILL')
      }
    })
  })
})
