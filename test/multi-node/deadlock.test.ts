import { expect } from 'chai'
import { fixture, useSshJobs } from './ssh-jobs.ts'

describe('a deadlock over nodes', function () {
  this.timeout(120_000)
  const jobs = useSshJobs(['works', 'works'])

  it('is reported once, with what each rank of each node waits for', async () => {
    const run = await jobs().run(['-np', '4', '--host', 'n1:2,n2:1,localhost:1', fixture('deadlock.js')])
    expect(run, run.stderr).to.include({ status: 1, stdout: '' })
    const lines = run.stderr.split('\n')
    expect(lines[0]).to.match(/^mpirun-ts: rank \d on \S+ failed: MPIError: .*deadlock, all ranks wait for each other/)
    const rows = lines.slice(1, 5).map((line) => line.replace(/\S*(deadlock\.js:\d+)$/, '$1'))
    expect(rows).to.deep.equal([
      '  rank 0 on n1         recv(source = 2, tag = 5) in COMM_WORLD  deadlock.js:7',
      '  rank 1 on n1         ssend(dest = 2, tag = 0) in COMM_WORLD   deadlock.js:8',
      '  rank 2 on n2         recv(source = 1, tag = 7) in COMM_WORLD  deadlock.js:9',
      '  rank 3 on localhost  has finished',
    ])
    expect(run.stderr.match(/mpirun-ts:/g), run.stderr).to.have.length(1)
  })

  it('is none while one rank computes or messages are slow', async () => {
    const run = await jobs().run(['-np', '3', '--host', 'n1,n2,localhost', fixture('slow-but-alive.js')])
    expect(run, run.stderr).to.include({ status: 0, stderr: '' })
  })
})
