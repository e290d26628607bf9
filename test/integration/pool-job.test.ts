import { join } from 'node:path'
import { expect } from 'chai'
import { poolOutput, poolPrograms } from '../support/pool-programs.ts'
import { runJob, withPrograms } from '../support/run-job.ts'

describe('Pool: jobs on one node', () => {
  for (const ranks of [1, 2, 4]) {
    it(`--pool -np ${ranks}: rank 0 runs the program, its pools have the job's threads`, async () => {
      await withPrograms(poolPrograms, async (folder) => {
        const run = await runJob(['--pool', '-np', String(ranks), '--oversubscribe', join(folder, 'pool.mjs')])
        expect(run).to.include({ status: 0, stderr: '', stdout: poolOutput(ranks) })
      })
    })
  }

  it('examples/basic.js prints the same with --pool', async () => {
    const run = await runJob(['--pool', '-np', '4', '--oversubscribe', 'examples/basic.js'])
    expect(run).to.include({ status: 0, stderr: '', stdout: '5\n[2,3,4]\n' })
  })

  it('without --pool each rank has pools of its own', async () => {
    const run = await runJob(['-np', '2', 'examples/basic.js'])
    expect(run).to.include({ status: 0, stderr: '' })
    expect(run.stdout.split('\n').sort()).to.deep.equal(['', '5', '5', '[2,3,4]', '[2,3,4]'])
  })

  it('examples/pi-pool.js counts the hits of examples/pi.js', async () => {
    const hits = (text: string): unknown => /"hits":(\d+)/.exec(text)?.[1]
    const args = ['1e8', '--seed', '7', '--json']
    const messages = await runJob(['-np', '2', 'examples/pi.js', ...args])
    const pool = await runJob(['--pool', '-np', '2', 'examples/pi-pool.js', ...args])
    expect(hits(pool.stdout)).to.be.a('string').and.equal(hits(messages.stdout))
  })

  it('functions that a TypeScript program imports have what they use, by themselves and within task()', async () => {
    const files = {
      'work.ts': `const factor: number = Math.floor(10.5)
export const plus = (x: number): number => x + 1
export const scale = (x: number): number => x * factor
`,
      'main.ts': `import { Pool, task } from 'mpirun-ts'
import { plus, scale } from './work.ts'
const { times } = task(import.meta, { times: (x: number) => scale(x) })
if (Pool.isMain) {
  const pool = new Pool(2)
  console.log(pool.map(plus, [1]).join(), pool.map(times, [1]).join())
  console.log(pool.map(scale, [1]).join())
  pool.terminate()
}
`,
    }
    await withPrograms(files, async (folder) => {
      for (const more of [[], ['--pool']]) {
        const run = await runJob([...more, '-np', '1', join(folder, 'main.ts')])
        expect(run).to.include({ status: 0, stderr: '', stdout: '2 10\n10\n' })
      }
    })
  })

  it('a program in TypeScript has pools too', async () => {
    const files = {
      'main.ts': `import { Pool } from 'mpirun-ts'
const pool = new Pool(2)
const add = (a: number, b: number): number => { const helper = (x: number): number => x + b; return helper(a) }
console.log(pool.starmap(add, [[1, 2], [3, 4]]).join())
pool.terminate()
`,
    }
    await withPrograms(files, async (folder) => {
      for (const more of [[], ['--pool']]) {
        const run = await runJob([...more, '-np', '1', join(folder, 'main.ts')])
        expect(run).to.include({ status: 0, stderr: '', stdout: '3,7\n' })
      }
    })
  })
})
