import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { installedLauncher } from '../../../src/cli/installed-launcher.ts'

describe('installedLauncher()', () => {
  let folder = ''
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'mpirun-ts-launcher-'))
    writeFileSync(join(folder, 'second'), '#!/bin/sh\n', { mode: 0o755 })
    writeFileSync(join(folder, 'text'), '', { mode: 0o644 })
    mkdirSync(join(folder, 'dir'))
  })
  after(() => rmSync(folder, { recursive: true }))

  const choose = (command: string, others: readonly (readonly string[])[] = []): object =>
    installedLauncher({ launcher: { type: 'command', command, others }, launcherArgs: ['-a'] }, `/none:${folder}`)

  it('takes the first alternative that is installed, with its own arguments', () => {
    expect(choose('first', [['text'], ['dir'], ['second', '-b']])).to.deep.equal({
      sshPath: 'second',
      launcherArgs: ['-b'],
    })
    expect(choose('second', [['third']])).to.deep.equal({ sshPath: 'second', launcherArgs: ['-a'] })
    expect(choose(`${folder}/none`, [[`${folder}/second`]])).to.deep.equal({
      sshPath: `${folder}/second`,
      launcherArgs: [],
    })
  })

  it('takes the first where none is', () => {
    expect(choose('first', [['third']])).to.deep.equal({ sshPath: 'first', launcherArgs: ['-a'] })
  })

  it('is ssh where no program is named', () => {
    expect(installedLauncher({ launcher: { type: 'auto' }, launcherArgs: ['-x'] })).to.deep.equal({
      sshPath: 'ssh',
      launcherArgs: ['-x'],
    })
  })
})
