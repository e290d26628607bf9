import { expect } from 'chai'
import { runShell, withFolder } from './program-folder.ts'

const YES = { 'yes.cjs': "for (;;) console.log('y')\n" }

describe('output that somebody does not read', () => {
  for (const options of ['', '-l', '--merge-stderr-to-stdout']) {
    it(`| head -1 ends the job soon and quietly ${options}`, async () => {
      await withFolder(YES, async (folder) => {
        const run = await runShell(`{ $MPIRUN -np 2 ${options} yes.cjs; echo "status $?" >&2; } | head -1`, folder)
        expect(run.stdout).to.match(/^(\[\d\] )?y\n$/)
        expect(run.stderr).to.match(/^status (141|0)\n$/)
      })
    })
  }

  it('a full disk gives one message and status 1', async () => {
    await withFolder(YES, async (folder) => {
      const run = await runShell('$MPIRUN -np 2 yes.cjs > /dev/full', folder)
      expect(run.status).to.equal(1)
      expect(run.stderr).to.match(
        /^mpirun-ts: cannot write to standard output: no space left on device \(ENOSPC\)\. The job was ended\.\n$/,
      )
    })
  })

  it('300 MB without a newline pass in bounded memory', async () => {
    const text = `const piece = 'x'.repeat(2 ** 20)
for (let i = 0; i < 300; i++) process.stdout.write(piece)
console.error(Math.round(process.resourceUsage().maxRSS / 1024))
`
    await withFolder({ 'p.cjs': text }, async (folder) => {
      const run = await runShell('$MPIRUN -np 1 p.cjs | wc -c', folder)
      expect(run.stdout.trim()).to.equal(String(300 * 2 ** 20))
      expect(Number(run.stderr), 'MB resident').to.be.within(30, 250)
    })
  })

  it('a slow reader holds the ranks back and loses nothing', async () => {
    const text = `for (let i = 0; i < 20_000; i++) console.log(String(i).padEnd(499, '.'))\n`
    await withFolder({ 'p.cjs': text }, async (folder) => {
      const run = await runShell('{ $MPIRUN -np 2 p.cjs; echo "status $?" >&2; } | { sleep 1; wc -lc; }', folder)
      expect(run.stdout.trim().split(/\s+/)).to.deep.equal(['40000', String(40_000 * 500)])
      expect(run.stderr).to.equal('status 0\n')
    })
  })

  it('stderr that is closed does not matter to a job that writes nothing there', async () => {
    await withFolder({ 'p.cjs': "console.log('out')\n" }, async (folder) => {
      const run = await runShell('$MPIRUN -np 2 p.cjs 2>&-', folder)
      expect(run).to.include({ status: 0, stdout: 'out\nout\n' })
    })
  })
})
