import { createHash } from 'node:crypto'
import { expect } from 'chai'
import { eventually } from '../support/processes.ts'
import { fixture, useSshJobs } from './ssh-jobs.ts'

/** How rank 2, on n2, ends while all others sleep; what mpirun-ts says and ends with. */
const ENDS: readonly { how: readonly string[]; status: number; says: RegExp }[] = [
  { how: ['exit', '7'], status: 7, says: /^mpirun-ts: rank 2 on n2 exited with status 7; the job was ended\.\n$/ },
  { how: ['abort', '42'], status: 42, says: /^mpirun-ts: rank 2 on n2 called abort\(42\); the job was ended\.\n$/ },
  { how: ['abort', '300'], status: 44, says: /rank 2 on n2 called abort\(300\)/ },
  { how: ['abort', '0'], status: 1, says: /rank 2 on n2 called abort\(0\)/ },
  { how: ['throw'], status: 1, says: /^mpirun-ts: rank 2 on n2 failed: TypeError: lost my marbles\n(?!.*marbles)/s },
  { how: ['reject'], status: 1, says: /^mpirun-ts: rank 2 on n2 failed: Error: dropped the ball\n(?!.*dropped)/s },
]

describe('the end of a rank on another host', function () {
  this.timeout(120_000)
  const jobs = useSshJobs(['works', 'works'])

  for (const { how, status, says } of ENDS) {
    it(`ends the job with ${how.join(' ')} → ${status}, and nothing is left`, async () => {
      const run = await jobs().run(['--host', 'n1:2,n2,localhost', fixture('end.js'), '2', ...how])
      expect(run, run.stderr).to.include({ status, stdout: '' })
      expect(run.stderr).to.match(says)
      if (how[0] === 'throw') expect(run.stderr).to.match(/failHere.*end\.js:\d+:\d+/)
      expect(await eventually(() => jobs().allProcesses().length === 0, 30_000)).to.equal(true)
    })
  }

  it('ends the job with 0 when all have ended with 0', async () => {
    const run = await jobs().run(['--host', 'n1:2,n2', fixture('end.js'), '2', 'exit', '0'])
    expect(run, run.stderr).to.include({ status: 0, stdout: '', stderr: '' })
    expect(await eventually(() => jobs().allProcesses().length === 0, 30_000)).to.equal(true)
  })
})

describe('input and output of a rank on another host', function () {
  this.timeout(120_000)
  const jobs = useSshJobs(['works', 'banner'])
  const input = 'a line of input\n'.repeat(200_000)
  const hash = createHash('sha256').update(input).digest('hex')
  const nothing = createHash('sha256').digest('hex')

  for (const [name, args, expected] of [
    ['rank 0', [], [`0 ${input.length} ${hash}`, `1 0 ${nothing}`]],
    ['the rank of --stdin', ['--stdin', '1'], [`0 0 ${nothing}`, `1 ${input.length} ${hash}`]],
    ['every rank with --stdin all', ['--stdin', 'all'], [`0 ${input.length} ${hash}`, `1 ${input.length} ${hash}`]],
    ['nobody with --stdin none', ['--stdin', 'none'], [`0 0 ${nothing}`, `1 0 ${nothing}`]],
  ] as const) {
    it(`gives stdin to ${name}`, async () => {
      const run = await jobs().run([...args, '--host', 'n1,n2', fixture('read.js')], { input })
      expect(run, run.stderr).to.include({ status: 0, stderr: '' })
      expect(run.stdout.trimEnd().split('\n').toSorted()).to.deep.equal(expected)
    })
  }

  it('carries many megabytes of output, each line whole, those of a rank in order', async () => {
    const [lines, length] = [2000, 5000]
    const run = await jobs().run(['--host', 'n1,n2:2', fixture('write.js'), String(lines), String(length)])
    expect(run, run.stderr).to.include({ status: 0, stderr: '' })
    expect(run.stdout.length).to.equal(3 * lines * (length + 1))
    const next = [0, 0, 0]
    for (const line of run.stdout.trimEnd().split('\n')) {
      const [rank = -1, number = -1] = line.split(' ', 2).map(Number)
      expect(number).to.equal(next[rank])
      next[rank] = number + 1
      if (line !== `${rank} ${number} `.padEnd(length, String(number % 10))) throw new Error(`line ${number} is torn`)
    }
    expect(next).to.deep.equal([lines, lines, lines])
  })

  it('keeps what a login shell prints away', async () => {
    const run = await jobs().run(['--host', 'n2', fixture('write.js'), '1', '10'])
    expect(run).to.include({ status: 0, stdout: '0 0 000000\n', stderr: '' })
  })
})
