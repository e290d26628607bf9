import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { kindOfText, whatWasMeant } from '../../../src/cli/program/program-hints.ts'

describe('whatWasMeant()', () => {
  let folder: string

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'mpirun-ts-test-'))
    mkdirSync(join(folder, 'bin'))
    writeFileSync(join(folder, 'bin', 'command'), '')
    chmodSync(join(folder, 'bin', 'command'), 0o755)
    writeFileSync(join(folder, 'bin', 'text'), '')
    writeFileSync(join(folder, 'hello.mts'), '')
  })

  afterEach(() => {
    rmSync(folder, { recursive: true })
  })

  const meant = (path: string): string | undefined =>
    whatWasMeant(path, join(folder, path), `/none::${join(folder, 'bin')}`)

  for (const runtime of ['node', '/usr/bin/node', 'bun', 'tsx']) {
    it(`tells to leave out ${runtime}`, () => {
      expect(meant(runtime)).to.match(/leave out "(node|bun|tsx)" and write/)
    })
  }

  it('knows a program of the system', () => {
    expect(meant('command')).to.match(/\/bin\/command is a program of this system/)
  })

  it('finds the ending that was left out', () => {
    expect(meant('hello')).to.equal('Did you mean hello.mts?')
  })

  for (const path of ['text', 'none', './command', 'bin']) {
    it(`says nothing of ${path}`, () => {
      expect(meant(path)).to.equal(undefined)
    })
  }
})

describe('kindOfText()', () => {
  for (const [path, text, kind] of [
    ['a.out', '\u007fELF\u0002\u0001', 'a compiled program'],
    ['run', '#!/bin/sh\necho', 'a script for /bin/sh'],
    ['run.py', '#!/usr/bin/env python3\n', 'a script for /usr/bin/env python3'],
    ['tool', '#!/usr/bin/env node\n', undefined],
    ['tool', '#!/usr/bin/env -S node --no-warnings\n', undefined],
    ['both.js', '#!/bin/sh\n":" //; exec node "$0"\n', undefined],
    ['plain', 'console.log(1)\n', undefined],
  ] as const) {
    it(`of ${path} with ${JSON.stringify(text.slice(0, 24))} is ${String(kind)}`, () => {
      expect(kindOfText(path, Buffer.from(text, 'latin1'))).to.equal(kind)
    })
  }
})
