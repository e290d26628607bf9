import { expect } from 'chai'
import { resolveAllocation } from '../../../src/cli/nodes/allocation.ts'

const HERE = { hostname: 'here', cores: 3 }
const FILES: Readonly<Record<string, string>> = {
  pbs: 'p1\np1\np2\n',
  hosts: 'h1 slots=2\n',
  '-': 's1\n',
  sge: 'g1 2 q x\n',
}

function read(path: string): string {
  const text = FILES[path]
  if (text === undefined) throw Object.assign(new Error('denied'), { code: path === 'secret' ? 'EACCES' : 'ENOENT' })
  return text
}

describe('resolveAllocation()', () => {
  const everything = {
    PBS_NODEFILE: 'pbs',
    SLURM_JOB_NODELIST: 'l1',
    SLURM_JOB_ID: '7',
    PE_HOSTFILE: 'sge',
    LSB_HOSTS: 'f1',
  }
  const without = (...names: (keyof typeof everything)[]): Record<string, string> =>
    Object.fromEntries(Object.entries(everything).filter(([name]) => !names.some((other) => other === name)))

  const cases: readonly (readonly [
    what: string,
    options: object,
    environment: object,
    nodes: string,
    source: string,
  ])[] = [
    ['--hostfile', { hostfile: 'hosts' }, {}, 'h1:2', 'hostfile "hosts"'],
    ['a hostfile on stdin', { hostfile: '-' }, {}, 's1:1', 'the hostfile on stdin'],
    ['--host', { hosts: 'a,b:2' }, {}, 'a:1 b:2', '--host'],
    ['PBS first', {}, everything, 'p1:2 p2:1', '$PBS_NODEFILE "pbs"'],
    ['Slurm second', {}, without('PBS_NODEFILE'), 'l1:1', 'Slurm job 7'],
    ['SGE third', {}, without('PBS_NODEFILE', 'SLURM_JOB_NODELIST'), 'g1:2', '$PE_HOSTFILE "sge"'],
    ['LSF fourth', {}, without('PBS_NODEFILE', 'SLURM_JOB_NODELIST', 'PE_HOSTFILE'), 'f1:1', 'the LSF job'],
    ['this machine last', {}, { PBS_NODEFILE: '' }, 'here:3', 'this machine'],
    ['--host within a PBS job', { hosts: 'p1' }, everything, 'p1:2', '--host within $PBS_NODEFILE "pbs"'],
  ]
  for (const [what, options, environment, nodes, source] of cases) {
    it(`takes ${what}`, () => {
      // The table's environments are written as plain objects of strings.
      const allocation = resolveAllocation({ apps: [options] }, environment as Record<string, string>, read, HERE)
      expect(allocation.nodes.map((node) => `${node.name}:${node.slots}`).join(' ')).to.equal(nodes)
      expect(allocation.source).to.equal(source)
    })
  }

  it('declares no slots for this machine alone', () => {
    expect(resolveAllocation({ apps: [{}] }, {}, read, HERE).nodes[0]?.slotsDeclared).to.equal(false)
  })

  it('says why a hostfile cannot be read', () => {
    expect(() => resolveAllocation({ apps: [{ hostfile: 'gone' }] }, {}, read, HERE)).to.throw(
      /"gone" of --hostfile.*no such file/,
    )
    expect(() => resolveAllocation({ apps: [{ hostfile: 'secret' }] }, {}, read, HERE)).to.throw(
      /"secret".*permissions/,
    )
    expect(() => resolveAllocation({ apps: [{}] }, { PBS_NODEFILE: 'gone' }, read, HERE)).to.throw(/PBS_NODEFILE/)
  })

  it('names the host that is not in the PBS job', () => {
    const act = (): unknown => resolveAllocation({ apps: [{ hosts: 'p1,q9' }] }, everything, read, HERE)
    expect(act).to.throw(/"q9" of --host.*PBS_NODEFILE/)
  })
})
