import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { runJob } from '../support/run-job.ts'
import { runShell, withFolder } from './program-folder.ts'

/** What a terminal obeys, as bytes of a name or a text, and how a message shows it. */
const EVIL = 'a\u001b[2Jb\u0007c\u009b1md'
const SEEN = String.raw`a\\?\\(x1b|u001b)\[2Jb\\?\\(x07|u0007)c\\?\\x9b1md`
/** Anything but a newline or a tab that a terminal would obey. */
const OBEYED = /(?![\n\t])\p{Cc}/u

/** Texts of others that come into messages: the words of a command line, what it is run with, and its status. */
const MESSAGES: readonly { name: string; args: readonly string[]; status: number; files?: Record<string, string> }[] = [
  { name: 'the name of a program that does not exist', args: ['-np', '1', `${EVIL}\n.mjs`], status: 127 },
  { name: 'an unknown option', args: [`--${EVIL}\n`], status: 2 },
  { name: 'the value of an option', args: ['-np', `${EVIL}\n`, 'p.mjs'], status: 2 },
  { name: 'the name of a hostfile that does not exist', args: ['--hostfile', `${EVIL}\n`, 'p.mjs'], status: 2 },
  {
    name: 'the name of a hostfile with a mistake',
    args: ['--hostfile', `${EVIL}\n`, 'p.mjs'],
    files: { [`${EVIL}\n`]: 'node1 slots=x\n' },
    status: 2,
  },
  { name: 'a word of a hostfile', args: ['--hostfile', 'h', 'p.mjs'], files: { h: `${EVIL}\n` }, status: 2 },
  { name: 'an interface', args: ['--interface', `${EVIL}\n`, '-H', 'elsewhere', 'p.mjs'], status: 2 },
  { name: 'the place of --app', args: ['--app', `${EVIL}\n`], files: { [`${EVIL}\n`]: '-np x p.mjs\n' }, status: 2 },
  { name: 'the working directory', args: ['--wdir', `${EVIL}\n`, '-np', '1', 'p.mjs'], status: 3 },
  { name: 'a host that ssh cannot reach', args: ['--launcher', './says', '-H', 'n1', 'p.mjs'], status: 3 },
  { name: 'the name of the launching program', args: ['--launcher', `./${EVIL}\n`, '-H', 'n1', 'p.mjs'], status: 3 },
]

const FILES = {
  'p.mjs': '',
  says: `#!/bin/sh\nprintf 'a\\033[2Jb\\007c\\302\\2331md\\n' >&2\nexit 255\n`,
}

describe('messages', () => {
  for (const { name, args, status, files = {} } of MESSAGES) {
    it(`stay one line and show what a terminal would obey in ${name}`, async () => {
      await withFolder({ ...FILES, ...files }, async (folder) => {
        chmodSync(join(folder, 'says'), 0o755)
        const run = await runJob([...args], { cwd: folder })
        expect(run, run.stderr).to.include({ status, stdout: '' })
        expect(run.stderr).to.match(new RegExp(`^mpirun-ts: .*${SEEN}.*\n$`))
        expect(run.stderr).not.to.match(OBEYED)
      })
    })
  }

  it('show it in the error of a rank, with its lines and places', async () => {
    const text = `throw new Error('first ${String.raw`a\x1b[2Jb\x07c\x9b1md`}\\r\\n\\tsecond')\n`
    await withFolder({ 'p.mjs': text }, async (folder) => {
      const run = await runJob(['-np', '1', 'p.mjs'], { cwd: folder })
      expect(run).to.include({ status: 1, stdout: '' })
      expect(run.stderr).to.match(
        new RegExp(
          `^mpirun-ts: rank 0 on \\S+ failed: .*Error: first ${SEEN}\\\\r\n\tsecond\n +at .*p\\.mjs:1:7\n`,
          's',
        ),
      )
      expect(run.stderr).not.to.match(OBEYED)
    })
  })

  it('say what to do where the current folder is gone', async () => {
    await withFolder({ 'p.mjs': '' }, async (folder) => {
      const run = await runShell(
        `mkdir gone; cd gone; rmdir ../gone; $MPIRUN --wdir /tmp -np 1 ${folder}/p.mjs`,
        folder,
      )
      expect(run).to.include({ status: 2, stdout: '' })
      expect(run.stderr).to.match(/^mpirun-ts: Cannot start in the current folder: .*deleted.*\(cd\).*\n$/)
    })
  })

  it('leave what ranks print as it is', async () => {
    await withFolder({ 'p.mjs': String.raw`console.log('a\x1b[2Jb\r')` }, async (folder) => {
      const run = await runJob(['-np', '1', 'p.mjs'], { cwd: folder })
      expect(run).to.include({ status: 0, stdout: 'a\u001b[2Jb\r\n', stderr: '' })
    })
  })

  it('show it in the map of --dry-run', async () => {
    const run = await runJob(['--dry-run', '-np', '1', `${EVIL}\n.mjs`])
    expect(run.status).to.equal(0)
    expect(run.stdout)
      .to.match(new RegExp(`${SEEN}\\\\n\\.mjs\n$`))
      .and.not.to.match(OBEYED)
  })
})
