import { expect } from 'chai'
import { runShell, withFolder } from './program-folder.ts'

/** Command lines that print something of the command's own. */
const PRINTS: readonly string[] = [
  '--help',
  '--version',
  '--dry-run -np 2 p.mjs',
  '--display-allocation --dry-run p.mjs',
]

describe("the command's own output", () => {
  for (const words of PRINTS) {
    it(`of ${words} on a full disk is one message and status 1, and ends quietly without a reader`, async () => {
      await withFolder({ 'p.mjs': '' }, async (folder) => {
        const full = await runShell(`$MPIRUN ${words} > /dev/full`, folder)
        expect(full.status).to.equal(1)
        expect(full.stderr).to.equal('mpirun-ts: cannot write to standard output: no space left on device (ENOSPC).\n')
        // The reader is gone before anything is written.
        const pipe = 'mkfifo pipe; exec 3<>pipe; exec 4>pipe; exec 3>&-'
        const gone = await runShell(`${pipe}; $MPIRUN ${words} >&4; echo "status $?" >&2`, folder)
        expect(gone.stderr).to.equal('status 141\n')
      })
    })
  }

  it('of an error that nobody reads does not change the status', async () => {
    await withFolder({ 'p.mjs': 'process.exitCode = 7' }, async (folder) => {
      const pipe = 'mkfifo pipe; exec 3<>pipe; exec 4>pipe; exec 3>&-'
      for (const stderr of ['2>/dev/full', '2>&4']) {
        const run = await runShell(
          `${pipe}; $MPIRUN -np 1 p.mjs ${stderr}; s=$?; $MPIRUN --nope ${stderr}; echo $s $?; rm pipe`,
          folder,
        )
        expect(run.stdout).to.equal('7 2\n')
      }
    })
  })

  it('names the package.json that cannot be read', async () => {
    await withFolder({ 'p.ts': '', 'package.json': '{' }, async (folder) => {
      const run = await runShell('$MPIRUN -np 1 p.ts', folder)
      expect(run.status).to.equal(1)
      expect(run.stderr).to.match(/^mpirun-ts: cannot compile ".*p\.ts": cannot read ".*package\.json": .*JSON.*\n$/)
    })
  })
})
