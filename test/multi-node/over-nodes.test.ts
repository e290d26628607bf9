import { expect } from 'chai'
import { fixture, useSshJobs } from './ssh-jobs.ts'
import { skipHere } from '../support/skip-here.ts'

const THREE = 'n1:3,n2:3,n3:2'

interface Line {
  readonly rank: number
  readonly node: number
  readonly value: unknown
}

describe('long reductions over nodes', function () {
  this.timeout(120_000)
  const jobs = useSshJobs(['works', 'works', 'works'])

  const lines = async (mode: string, hosts: string, ...words: string[]): Promise<Line[]> => {
    const args = ['--transport', 'plain', '--host', hosts, ...words, fixture('over-nodes.mjs'), mode]
    const { status, stdout, stderr } = await jobs().run(args, { timeoutMs: 90_000 })
    expect(status, stderr + stdout).to.equal(0)
    return stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Line)
  }

  for (const [name, hosts, ...words] of [
    ['uneven blocks', THREE],
    ['blocks that are subtrees', 'n1:2,n2:2,n3:4'],
    ['ranks in turn', THREE, '--map-by', 'node'],
    ['one rank on a node', 'n1:1,n2:4,n3:1', '--transport', 'tls'],
    ['a rank on each node', 'n1,n2,n3'],
  ] as const) {
    it(`are those of the order of evaluation: ${name}`, async () => {
      await lines('results', hosts, ...words)
    })
  }

  it('send between nodes what must cross, once for each node', async function () {
    if (process.platform !== 'linux') skipHere(this, 'needs Linux, whose /proc tells what a process has written')
    // Each node gives the two others their slices of what it has combined, and the result of its own.
    for (const { node, value } of await lines('bytes', 'n1:4,n2:4,n3:4')) {
      expect(value, `node ${node}`).to.be.within(1.3, 1.45)
    }
  })

  for (const [mode, what] of [
    ['room', 'go by messages where a node has no room'],
    ['late', 'go on after a rank that was late'],
    ['mismatch', 'find out calls that do not match'],
    ['thrown', 'fail everywhere where a function throws'],
  ] as const) {
    it(what, async () => {
      expect(await lines(mode, THREE)).to.have.length(8)
    })
  }

  it('fail where a node is lost, and go on without it', async () => {
    const survivors = await lines('lost', THREE, '--on-rank-loss', 'continue')
    expect(survivors.map(({ value }) => value)).to.deep.equal([6, 6, 6, 6, 6, 6])
  })
})
