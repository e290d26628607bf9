import { expect } from 'chai'
import { MpirunError } from '../../../src/base/errors.ts'
import { parseHostList } from '../../../src/placement/host-list.ts'
import { parseLsf } from '../../../src/placement/lsf.ts'
import type { NodeTable } from '../../../src/placement/placement.ts'
import { parseSgeHostfile } from '../../../src/placement/sge.ts'
import { expandCounts, expandNodeList, nodesOfSlurm, parseSlurm } from '../../../src/placement/slurm.ts'
import { testSeed } from '../../support/random.ts'
import { randomTexts } from './random-text.ts'

function brief(table: NodeTable | undefined): string | undefined {
  return table?.nodes.map((node) => `${node.name}:${node.slots}${node.slotsDeclared ? '' : '?'}`).join(' ')
}

describe('expandNodeList()', () => {
  const cases: readonly (readonly [text: string, names: string])[] = [
    ['a', 'a'],
    ['a,b', 'a b'],
    ['n[1-3]', 'n1 n2 n3'],
    ['n[08-11]', 'n08 n09 n10 n11'],
    ['n[001]', 'n001'],
    ['a,b[01-03,7],c', 'a b01 b02 b03 b7 c'],
    ['r[1-2]n[01-02]', 'r1n01 r1n02 r2n01 r2n02'],
    ['r[1-2]-ib', 'r1-ib r2-ib'],
    ['x_9,rack[0-1].net', 'x_9 rack0.net rack1.net'],
  ]
  for (const [text, names] of cases) {
    it(`expands ${text}`, () => {
      expect(expandNodeList(text).join(' ')).to.equal(names)
    })
  }

  for (const text of ['', ',', 'n[1-3', 'n[', 'n[]', 'n[a]', 'n[3-1]', 'n[1-999999999]', 'n[1-999][1-999]']) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      expect(() => expandNodeList(text)).to.throw(MpirunError, /SLURM_JOB_NODELIST/)
    })
  }
})

describe('expandCounts()', () => {
  it('repeats counts', () => {
    expect(expandCounts('2(x3),1', 'V')).to.deep.equal([2, 2, 2, 1])
  })
  for (const text of ['', '2(x)', '2x3', '0', 'a', '1,,2', '1000000(x1000000)']) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      expect(() => expandCounts(text, 'V')).to.throw(MpirunError, /Cannot read V/)
    })
  }
})

describe('parseSlurm()', () => {
  it('gives nothing outside of a job', () => {
    expect(parseSlurm({})).to.equal(undefined)
    expect(parseSlurm({ SLURM_JOB_NODELIST: '' })).to.equal(undefined)
  })
  it('gives one slot to each node where nothing is counted', () => {
    expect(brief(parseSlurm({ SLURM_JOB_NODELIST: 'n[1-2]' }))).to.equal('n1:1 n2:1')
  })
  it('takes more counts than nodes', () => {
    expect(brief(parseSlurm({ SLURM_JOB_NODELIST: 'n1', SLURM_TASKS_PER_NODE: '2(x3)' }))).to.equal('n1:2')
  })
  it('refuses fewer counts than nodes', () => {
    const environment = { SLURM_JOB_NODELIST: 'n[1-3]', SLURM_TASKS_PER_NODE: '2(x2)' }
    expect(() => parseSlurm(environment)).to.throw(MpirunError, /2 nodes where .* has 3/)
  })
  it('shares cpus among tasks that use several', () => {
    const cpus = { SLURM_JOB_CPUS_PER_NODE: '8,3,1', SLURM_CPUS_PER_TASK: '2' }
    expect(brief(parseSlurm({ SLURM_JOB_NODELIST: 'n[1-3]', ...cpus }))).to.equal('n1:4 n2:1 n3:1')
  })
})

describe('nodesOfSlurm()', () => {
  const ONE = { SLURM_JOB_NODELIST: 'n1', SLURM_TASKS_PER_NODE: '1', SLURM_JOB_CPUS_PER_NODE: '4' }
  const TWO = { SLURM_JOB_NODELIST: 'n[1-2]', SLURM_TASKS_PER_NODE: '1(x2)', SLURM_CPUS_ON_NODE: '4' }
  const cases: readonly (readonly [
    what: string,
    environment: object,
    isCounted: boolean,
    nodes: string,
    note?: RegExp,
  ])[] = [
    ['one node, -np', ONE, true, 'n1:1/4'],
    ['one node', ONE, false, 'n1:4'],
    ['one node, --cpus-per-task', { ...ONE, SLURM_CPUS_PER_TASK: '4' }, false, 'n1:4'],
    [
      'one node whose tasks are counted',
      { ...ONE, SLURM_NTASKS: '1' },
      false,
      'n1:1/4',
      /1 rank is started.* -np 4.*--ntasks-per-node=4/,
    ],
    ['one task on each node, as asked for', { ...ONE, SLURM_NTASKS: '1', SLURM_NTASKS_PER_NODE: '1' }, false, 'n1:1/4'],
    ['two nodes, -np', TWO, true, 'n1:1/4 n2:1/4'],
    ['two nodes', TWO, false, 'n1:1/4 n2:1/4', /2 ranks are started.* -np 8.*--ntasks-per-node=4/],
    ['two nodes of two kinds', { ...TWO, SLURM_JOB_CPUS_PER_NODE: '4,2' }, true, 'n1:1/4 n2:1/2'],
    [
      'tasks with two processors each, -np',
      { ...TWO, SLURM_TASKS_PER_NODE: '2(x2)', SLURM_CPUS_PER_TASK: '2' },
      true,
      'n1:2/4 n2:2/4',
    ],
    [
      'tasks with two processors each',
      { ...TWO, SLURM_TASKS_PER_NODE: '2(x2)', SLURM_CPUS_PER_TASK: '2' },
      false,
      'n1:2 n2:2',
    ],
    ['several tasks on nodes with more processors, -np', { ...TWO, SLURM_TASKS_PER_NODE: '2(x2)' }, true, 'n1:2 n2:2'],
    ['processors that cannot be read', { ...ONE, SLURM_JOB_CPUS_PER_NODE: 'many' }, true, 'n1:1'],
    [
      'groups, -np',
      {
        SLURM_HET_SIZE: '2',
        SLURM_JOB_NODELIST_HET_GROUP_0: 'n1',
        SLURM_TASKS_PER_NODE_HET_GROUP_0: '1',
        SLURM_JOB_CPUS_PER_NODE_HET_GROUP_0: '3',
        SLURM_JOB_NODELIST_HET_GROUP_1: 'n2',
        SLURM_TASKS_PER_NODE_HET_GROUP_1: '1',
      },
      true,
      'n1:1/3 n2:1/1',
    ],
    [
      'a step',
      { ...TWO, SLURM_TASKS_PER_NODE: '1', SLURM_STEP_NODELIST: 'n2', SLURM_STEP_TASKS_PER_NODE: '1' },
      true,
      'n2:1',
    ],
  ]
  for (const [what, environment, isCounted, nodes, note] of cases) {
    it(`gives ${nodes} (slots, and what -np may use) for ${what}`, () => {
      // The table's environments are written as plain objects of strings.
      const found = nodesOfSlurm(environment as Record<string, string>, isCounted)
      const shown = found?.nodes.map(
        ({ name, slots, mayUse }) => `${name}:${slots}${mayUse === undefined ? '' : `/${mayUse}`}`,
      )
      expect(shown?.join(' ')).to.equal(nodes)
      expect(found?.notes?.length ?? 0).to.equal(note === undefined ? 0 : 1)
      if (note !== undefined) expect(found?.notes?.[0]).to.match(note)
    })
  }

  it('gives nothing outside of a job', () => {
    expect(nodesOfSlurm({}, false)).to.equal(undefined)
  })
})

describe('parseSgeHostfile()', () => {
  it('adds the slots of several queues', () => {
    expect(brief(parseSgeHostfile('a 2 q1 x\nb 1 q x\n\na 1 q2 x\n', 'pe'))).to.equal('a:3 b:1')
  })
  for (const text of ['', 'a', 'a x q', '-a 2 q', 'a:2 2 q']) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      expect(() => parseSgeHostfile(text, 'pe')).to.throw(MpirunError, /PE_HOSTFILE.*pe/)
    })
  }
})

describe('parseLsf()', () => {
  it('reads LSB_MCPU_HOSTS before LSB_HOSTS', () => {
    expect(brief(parseLsf({ LSB_MCPU_HOSTS: ' a 20 b 10 ', LSB_HOSTS: 'c' }))).to.equal('a:20 b:10')
    expect(brief(parseLsf({ LSB_HOSTS: 'a a b' }))).to.equal('a:2 b:1')
    expect(parseLsf({})).to.equal(undefined)
  })
  it('refuses a host without a number', () => {
    expect(() => parseLsf({ LSB_MCPU_HOSTS: 'a 1 b' })).to.throw(MpirunError, /follows "b"/)
  })
})

describe('parseHostList()', () => {
  it('adds repetitions, and declares only what has a number', () => {
    expect(brief(parseHostList('a:2,b,b, c ,[::1]:3'))).to.equal('a:2 b:2? c:1? ::1:3')
    expect(brief(parseHostList('a,a:2'))).to.equal('a:3')
  })
  for (const text of ['', 'a,,b', 'a:x', 'a:0', '-a', 'u@a,v@a', 'a b']) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      expect(() => parseHostList(text)).to.throw(MpirunError, /--host/)
    })
  }
})

describe('parsers of schedulers', () => {
  it('throw nothing but MpirunError, whatever the text', () => {
    const seed = testSeed()
    const parsers = [
      (text: string) => parseSlurm({ SLURM_JOB_NODELIST: text, SLURM_TASKS_PER_NODE: '2(x99)' }),
      (text: string) => parseSlurm({ SLURM_JOB_NODELIST: 'n1', SLURM_TASKS_PER_NODE: text }),
      (text: string) => parseSgeHostfile(text, 'pe'),
      (text: string) => parseLsf({ LSB_MCPU_HOSTS: text }),
      parseHostList,
    ]
    for (const text of randomTexts(seed, 2000)) {
      for (const parse of parsers) {
        try {
          parse(text)
        } catch (thrown) {
          if (!(thrown instanceof MpirunError))
            throw new Error(`seed ${seed}: ${JSON.stringify(text)}`, { cause: thrown })
        }
      }
    }
  })
})
