import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { expect } from 'chai'
import { projectDir } from '../support/run-job.ts'

/** Lints a file with this text as if it were in `folder` of src/, and returns what the linter says. */
function lint(folder: string, text: string): string {
  const planted = mkdtempSync(join(projectDir, 'src', folder, 'planted-'))
  try {
    writeFileSync(join(planted, 'planted.ts'), text)
    const linter = join(projectDir, 'node_modules', '.bin', 'oxlint')
    const path = join('src', folder, basename(planted), 'planted.ts')
    return spawnSync(linter, [path], { cwd: projectDir, encoding: 'utf8' }).stdout
  } finally {
    rmSync(planted, { recursive: true, force: true })
  }
}

describe('layers', () => {
  const forbidden = [
    ['base', `export { step } from '../../coordinator/job-step.ts'`],
    ['mpi', `export { ShmLink } from '../../rank/shm-link.ts'`],
    ['agent', `export { runProgram } from '../../rank/user-program.ts'`],
    ['placement', `export { spawn } from 'node:child_process'`],
    ['coordinator', `export { WebSocket } from 'ws'`],
    ['rank', `export { pino } from 'pino'`],
  ] as const
  for (const [folder, text] of forbidden) {
    it(`lint refuses ${text} in src/${folder}`, () => {
      expect(lint(folder, text)).to.include('docs/architecture.md#layers')
    })
  }

  it('lint accepts an import that points down', () => {
    expect(lint('agent', `export { Doorbell } from '../../shm/doorbell.ts'`)).not.to.include(
      'docs/architecture.md#layers',
    )
  })
})
