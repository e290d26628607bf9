import { expect } from 'chai'
import type { EnvironmentRule } from '../../../src/cli/arguments/command-line.ts'
import { jobEnvironment, unsetNames } from '../../../src/cli/job-environment.ts'

const HERE = {
  PATH: '/bin',
  HOME: '/home/me',
  USER: 'me',
  SHELL: '/bin/sh',
  SSH_AUTH_SOCK: '/s',
  DISPLAY: ':0',
  HOSTNAME: 'here',
  PWD: '/here',
  PBS_JOBID: '7',
  PBS_NODEFILE: '/nodes',
  SLURM_JOB_ID: '8',
  EMPTY: '',
  UNSET: undefined,
  'A.B': 'dot',
  AXB: 'x',
}

function names(clean: boolean, ...rules: readonly EnvironmentRule[]): string[] {
  return Object.keys(jobEnvironment({ inherit: clean ? 'none' : 'all', rules }, HERE).set).sort()
}

const copy = (pattern: string): EnvironmentRule => ({ type: 'copy', pattern })
const set = (name: string, value: string): EnvironmentRule => ({ type: 'set', name, value })
const TRAVELS = ['A.B', 'AXB', 'EMPTY', 'PATH', 'PBS_JOBID', 'PBS_NODEFILE', 'SLURM_JOB_ID']

describe('unsetNames()', () => {
  it('names what is asked for and not there, each once, but no pattern', () => {
    const rules = [copy('NONE'), copy('UNSET'), copy('EMPTY'), copy('NO_*'), set('NEW', '1')]
    expect(unsetNames([{ rules }, undefined, { inherit: ['PATH', 'NONE', 'GONE'], rules: [] }], HERE)).to.deep.equal([
      'NONE',
      'UNSET',
      'GONE',
    ])
  })
})

describe('jobEnvironment()', () => {
  const cases: readonly {
    name: string
    clean: boolean
    rules: readonly EnvironmentRule[]
    expected: readonly string[]
  }[] = [
    { name: 'everything but what belongs to a node', clean: false, rules: [], expected: TRAVELS },
    { name: 'nothing with --clean-env', clean: true, rules: [], expected: [] },
    { name: 'a variable by name', clean: true, rules: [copy('PATH')], expected: ['PATH'] },
    {
      name: 'a variable of the node when it is named',
      clean: false,
      rules: [copy('HOME')],
      expected: [...TRAVELS, 'HOME'].sort(),
    },
    { name: 'variables by pattern', clean: true, rules: [copy('PBS_*')], expected: ['PBS_JOBID', 'PBS_NODEFILE'] },
    {
      name: 'a pattern with stars anywhere',
      clean: true,
      rules: [copy('*_JOB*')],
      expected: ['PBS_JOBID', 'SLURM_JOB_ID'],
    },
    {
      name: 'a pattern that is only a star',
      clean: true,
      rules: [copy('*')],
      expected: Object.keys(HERE)
        .filter((name) => name !== 'UNSET')
        .sort(),
    },
    { name: 'whole names only', clean: true, rules: [copy('PBS'), copy('BS_JOBID')], expected: [] },
    { name: 'a dot as a dot', clean: true, rules: [copy('A.B')], expected: ['A.B'] },
    { name: 'nothing for a variable that is not set', clean: true, rules: [copy('UNSET'), copy('NONE')], expected: [] },
    {
      name: 'signs of regular expressions as they are',
      clean: true,
      rules: [copy('PBS_(JOBID|NODEFILE)'), copy('[A-Z]+')],
      expected: [],
    },
  ]
  for (const { name, clean, rules, expected } of cases) {
    it(`takes ${name}`, () => {
      expect(names(clean, ...rules)).to.deep.equal(expected)
    })
  }

  it('keeps values as they are, also empty ones', () => {
    const { clean, set: values } = jobEnvironment({ rules: [] }, { A: '', B: 'x=y z\n', C: undefined })
    expect({ clean, values }).to.deep.equal({ clean: false, values: { A: '', B: 'x=y z\n' } })
  })

  it('applies rules in order: the later one counts', () => {
    const rules = [set('PATH', '/mine'), copy('PATH'), copy('PBS_*'), set('PBS_JOBID', '9')]
    expect(jobEnvironment({ inherit: 'none', rules }, HERE)).to.deep.equal({
      clean: true,
      set: { PATH: '/bin', PBS_JOBID: '9', PBS_NODEFILE: '/nodes' },
    })
  })
})
