import { expect } from 'chai'
import { runJob } from '../support/run-job.ts'
import { withFolder } from './program-folder.ts'

const IMPORT = `import { MPI } from 'mpirun-ts'\nconst { COMM_WORLD: comm } = MPI\nconst { rank, size } = comm\n`

describe('the last collective of a program', () => {
  it('is found out where roots differ and nobody waits for anybody', async () => {
    // Each rank is its own root: it sends, and waits for nothing.
    const text = `comm.barrier()\ncomm.bcast('x', rank)`
    await withFolder({ 'p.mjs': IMPORT + text }, async (folder) => {
      const run = await runJob(['-np', '2', 'p.mjs'], { cwd: folder })
      expect(run, run.stderr).to.include({ status: 1, stdout: '' })
      expect(run.stderr).to.match(/ERR_COLLECTIVE_MISMATCH|code: 'ERR_COLLECTIVE_MISMATCH'/)
      expect(run.stderr).to.contain('bcast(root = 0)').and.contain('bcast(root = 1)')
      expect(run.stderr.match(/mpirun-ts:/g), run.stderr).to.have.length(1)
    })
  })

  it('is found out on any communicator, freed or not, where some ranks alone have noticed and went on', async () => {
    const text = `const c = process.argv[2] === 'dup' ? comm.dup() : comm
      try { c.bcast('x', rank === Number(process.argv[3]) ? 1 : 0) } catch (error) {
        if (error.code !== 'ERR_COLLECTIVE_MISMATCH') throw error
        console.log('noticed')
      }
      if (c !== comm) c.free()`
    await withFolder({ 'p.mjs': IMPORT + text }, async (folder) => {
      for (const words of [
        ['world', '2'],
        ['dup', '2'],
        ['dup', '1'],
      ]) {
        const run = await runJob(['-np', '3', 'p.mjs', ...words], { cwd: folder })
        const noticed = run.stdout.match(/noticed/g)?.length ?? 0
        // Of slow ranks all have noticed, and went on: then there is nothing left to say.
        if (noticed === 3) {
          expect(run).to.include({ status: 0, stderr: '' })
          continue
        }
        expect(run, `${words.join()} ${run.stderr}`).to.include({ status: 1 })
        expect(run.stderr).to.contain('bcast(root = 0)').and.contain('bcast(root = 1)')
        expect(run.stderr.match(/mpirun-ts:/g), run.stderr).to.have.length(1)
      }
    })
  })

  it('may be one that has failed, and was caught', async () => {
    const text = `try { comm.allreduce(rank === 0 ? 1 : 1n) } catch (error) { if (error.code !== 'ERR_COLLECTIVE_MISMATCH') throw error }`
    await withFolder({ 'p.mjs': IMPORT + text }, async (folder) => {
      expect(await runJob(['-np', '2', 'p.mjs'], { cwd: folder })).to.include({ status: 0, stderr: '' })
    })
  })

  it('may be called by a rank that others have not waited for', async () => {
    const text = `if (rank === 0) process.exit()\nif (rank === 1) comm.bcast('nobody hears it', 1)`
    await withFolder({ 'p.mjs': IMPORT + text }, async (folder) => {
      expect(await runJob(['-np', '2', 'p.mjs'], { cwd: folder })).to.include({ status: 0, stderr: '' })
    })
  })

  it('is told of where some ranks alone have noticed and went on, also where all have called the same with other lengths', async () => {
    const text = `const c = process.argv[2] === 'dup' ? comm.dup() : comm
      const length = rank === 2 ? 4 : 3
      try { c.gatherInto(new Float64Array(length), rank === 0 ? new Float64Array(9) : null) }
      catch (error) { if (error.code !== 'ERR_COLLECTIVE_MISMATCH') throw error }
      if (c !== comm) c.free()`
    await withFolder({ 'p.mjs': IMPORT + text }, async (folder) => {
      for (const where of ['world', 'dup']) {
        const run = await runJob(['-np', '3', 'p.mjs', where], { cwd: folder })
        expect(run, run.stderr).to.include({ status: 1, stdout: '' })
        expect(run.stderr).to.contain('ERR_COLLECTIVE_MISMATCH: rank 0 on ').and.contain('4 elements of Float64Array')
      }
    })
  })
})
