import { expect } from 'chai'
import { lossNote, quietNote, report } from '../../../src/cli/report.ts'
import type { JobCause } from '../../../src/coordinator/job-result.ts'
import { placementOf } from '../coordinator/placements.ts'

const of = (node: string, message: string) => ({ node, message })
const rank = { type: 'rank', rank: 3, node: 'n1' } as const

describe('quietNote()', () => {
  const node = placementOf(2, 2).nodes[1]

  it('says who is waited for and why, and when that is over', () => {
    if (node === undefined) throw new Error('there is no second node')
    expect(quietNote(node, true)).to.equal(
      'mpirun-ts: node node1 (ranks 2, 3) has said nothing for 10 s, but its machine answers: its agent seems to be stopped. The job waits for it.\n',
    )
    expect(quietNote(node, false)).to.equal('mpirun-ts: node node1 (ranks 2, 3) goes on.\n')
  })
})

describe('report()', () => {
  const cases: readonly { name: string; cause: JobCause; text: string }[] = [
    {
      name: 'an uncaught error with its stack',
      cause: {
        ...rank,
        status: 1,
        failure: { kind: 'error', message: 'TypeError: x', stack: 'TypeError: x\n    at f (p.js:1:2)' },
      },
      text: 'mpirun-ts: rank 3 on n1 failed: TypeError: x\n    at f (p.js:1:2)\n',
    },
    {
      name: 'an error without a stack',
      cause: { ...rank, status: 1, failure: { kind: 'memory', message: 'out of memory' } },
      text: 'mpirun-ts: rank 3 on n1 failed: out of memory\n',
    },
    {
      name: 'an exit status',
      cause: { ...rank, status: 7 },
      text: 'mpirun-ts: rank 3 on n1 exited with status 7; the job was ended.\n',
    },
    {
      name: 'an await that never settles',
      cause: { ...rank, status: 13 },
      text: "mpirun-ts: rank 3 on n1 ended with status 13, which is Node's for a top-level await that nothing is left to settle; the job was ended.\n",
    },
    {
      name: 'abort()',
      cause: { type: 'abort', rank: 0, node: 'n0', status: 256 },
      text: 'mpirun-ts: rank 0 on n0 called abort(256); the job was ended.\n',
    },
    {
      name: 'nodes that could not be started, a line each',
      cause: { type: 'launch', messages: [of('a', 'a failed.'), of('b', 'b failed too.')], status: 3 },
      text: 'mpirun-ts: a failed.\nmpirun-ts: b failed too.\n',
    },
    {
      name: 'a lost node with one rank',
      cause: { type: 'nodeLost', node: 'n2', ranks: [5], message: 'no sign of life for 10 s' },
      text: 'mpirun-ts: lost node n2 (rank 5): no sign of life for 10 s. The job was ended.\n',
    },
    {
      name: 'a lost node with several ranks',
      cause: { type: 'nodeLost', node: 'n2', ranks: [5, 6, 9], message: 'gone' },
      text: 'mpirun-ts: lost node n2 (ranks 5, 6, 9): gone. The job was ended.\n',
    },
    {
      name: 'what an agent says',
      cause: { type: 'agent', nodes: ['n2'], message: 'the program does not exist there.', status: 127 },
      text: 'mpirun-ts: node n2: the program does not exist there.\n',
    },
    {
      name: 'a signal',
      cause: { type: 'signal', signal: 'SIGTERM', status: 143 },
      text: 'mpirun-ts: ended by SIGTERM.\n',
    },
    {
      name: 'the timeout',
      cause: { type: 'timeout', seconds: 1.5 },
      text: 'mpirun-ts: the job took longer than --timeout 1.5 and was ended.\n',
    },
    {
      name: 'output that cannot be written',
      cause: { type: 'output', message: 'cannot write to standard output: no space.', status: 1 },
      text: 'mpirun-ts: cannot write to standard output: no space.\n',
    },
    {
      name: 'nothing where the reader went away, which the user knows',
      cause: { type: 'output', message: '', status: 141 },
      text: '',
    },
  ]
  const evil = 'a\u001b[2J\nb'
  const shown: readonly { name: string; cause: JobCause; text: string }[] = [
    {
      name: 'of a node on its line',
      cause: { type: 'nodeLost', node: evil, ranks: [5], message: evil },
      text: 'mpirun-ts: lost node a\\x1b[2J\\nb (rank 5): a\\x1b[2J\\nb. The job was ended.\n',
    },
    {
      name: 'of an agent on its line',
      cause: { type: 'agent', nodes: ['n2'], message: `${evil}.`, status: 127 },
      text: 'mpirun-ts: node n2: a\\x1b[2J\\nb.\n',
    },
    {
      name: 'of a launching program on its line',
      cause: { type: 'launch', messages: [of('n2', `${evil}.`)], status: 3 },
      text: 'mpirun-ts: a\\x1b[2J\\nb.\n',
    },
    {
      name: 'of an uncaught error with its lines',
      cause: { ...rank, status: 1, failure: { kind: 'error', message: evil, stack: `${evil}\n    at \u202e` } },
      text: 'mpirun-ts: rank 3 on n1 failed: a\\x1b[2J\nb\n    at \\u202e\n',
    },
    {
      name: 'of a mismatch with its lines',
      cause: { type: 'mismatch', message: evil },
      text: 'mpirun-ts: a\\x1b[2J\nb.\n',
    },
  ]
  for (const { name, cause, text } of shown) {
    it(`spells out what a terminal would obey in the words ${name}`, () => {
      expect(report(cause)).to.equal(text)
    })
  }
  for (const { name, cause, text } of cases) {
    it(`says ${name}`, () => {
      expect(report(cause)).to.equal(text)
    })
  }
})

describe('lossNote()', () => {
  it('spells out what a terminal would obey, and keeps the lines of an error', () => {
    const failure = { kind: 'error', message: 'Error: a\u001b[2J\nb', stack: 'x\n    at f (\u0007.js:1:2)' } as const
    expect(lossNote({ ...rank, status: 1, failure })).to.equal(
      'mpirun-ts: lost rank 3 on n1: Error: a\\x1b[2J\nb. The job goes on without it.\n    at f (\\x07.js:1:2)\n',
    )
  })

  it('has the places of the stack, and nothing of what an error with properties shows behind them', () => {
    const stack = 'Error: x\n    at f (p.js:1:2)\n    at g (q{r}.js:3:4) {\n  code: 5,\n  at: 1\n}'
    const note = lossNote({ ...rank, status: 1, failure: { kind: 'error', message: 'Error: x', stack } })
    expect(note).to.equal(
      'mpirun-ts: lost rank 3 on n1: Error: x. The job goes on without it.\n    at f (p.js:1:2)\n    at g (q{r}.js:3:4)\n',
    )
  })
})
