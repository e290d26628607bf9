import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { MpirunError } from '../../../src/base/errors.ts'
import type { LauncherChoice } from '../../../src/cli/arguments/command-line.ts'
import { type LaunchChoice, launchChoice } from '../../../src/cli/launch-choice.ts'

interface Case {
  readonly launcher?: LauncherChoice
  readonly args?: readonly string[]
  readonly tunnel?: boolean
  readonly rmk?: 'user'
  readonly environment?: Readonly<Record<string, string>>
  readonly port?: number
}

const JOBS = {
  slurm: { SLURM_JOB_ID: '7', SLURM_JOB_NODELIST: 'n[1-2]' },
  pbs: { PBS_JOBID: '7.head', PBS_NODEFILE: 'nodes' },
  sge: { PE_HOSTFILE: 'hosts' },
  lsf: { LSB_MCPU_HOSTS: 'n1 1 n2 1' },
} as const
const PROGRAMS = { slurm: 'srun', pbs: 'pbs_tmrsh', sge: 'qrsh', lsf: 'blaunch' } as const
const TYPES = ['slurm', 'pbs', 'sge', 'lsf'] as const

describe('launchChoice()', () => {
  let folder = ''
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'mpirun-ts-launcher-'))
    const programs: readonly (readonly [string, readonly string[]])[] = [
      ['bin', ['second', 'ssh', ...Object.values(PROGRAMS)]],
      ['torque', ['pbsdsh']],
      ['nothing', []],
    ]
    for (const [name, files] of programs) {
      mkdirSync(join(folder, name))
      for (const file of files) writeFileSync(join(folder, name, file), '#!/bin/sh\n', { mode: 0o755 })
    }
    writeFileSync(join(folder, 'bin', 'text'), '', { mode: 0o644 })
    mkdirSync(join(folder, 'bin', 'dir'))
  })
  after(() => rmSync(folder, { recursive: true }))

  function choose(
    { launcher, args = [], tunnel = false, rmk, environment = {}, port }: Case,
    bin = 'bin',
  ): LaunchChoice {
    return launchChoice(
      {
        launcherArgs: args,
        tunnel,
        ...(launcher === undefined ? {} : { launcher }),
        ...(rmk === undefined ? {} : { rmk }),
      },
      {
        environment: { PATH: `/none:${join(folder, bin)}`, ...environment },
        readText: () => 'n1\nn2\n',
        nodes: [port === undefined ? {} : { port }],
      },
    )
  }

  for (const type of TYPES) {
    it(`takes ${PROGRAMS[type]} within a job of ${type}, and ssh where that fails`, () => {
      const { means, otherwise, reason, notice } = choose({ environment: JOBS[type] })
      expect(means).to.include({ type, program: PROGRAMS[type] })
      expect(otherwise).to.deep.equal({ type: 'ssh', program: 'ssh', args: [] })
      expect(reason).to.match(/^this is a job of /)
      expect(notice).to.equal(undefined)
    })

    it(`takes ssh within a job of ${type} whose program is not installed, and says so`, () => {
      const { means, otherwise, notice } = choose({ environment: JOBS[type] }, 'nothing')
      expect([means.type, otherwise]).to.deep.equal(['ssh', undefined])
      expect(notice).to.contain(PROGRAMS[type])
    })

    it(`takes nothing else where --launcher ${type} is given`, () => {
      const choice = choose({ launcher: { type }, environment: JOBS[type] })
      expect(choice.means.type).to.equal(type)
      expect(choice.otherwise).to.equal(undefined)
    })
  }

  it('takes the program that the user names for a scheduler', () => {
    const { means } = choose({ launcher: { type: 'pbs', program: '/opt/x/pbsdsh' }, environment: JOBS.pbs })
    expect(means).to.deep.include({ program: '/opt/x/pbsdsh', isChosen: true, lines: ['n1', 'n2', ''] })
  })

  it("finds a scheduler's program where its own variable says", () => {
    const environment = { ...JOBS.lsf, LSF_BINDIR: join(folder, 'bin') }
    expect(choose({ environment }, 'nothing').means.program).to.equal(join(folder, 'bin', 'blaunch'))
  })

  it('takes pbsdsh where there is no pbs_tmrsh', () => {
    expect(choose({ environment: JOBS.pbs }, 'torque').means).to.deep.include({
      program: 'pbsdsh',
      lines: ['n1', 'n2', ''],
    })
  })

  it('takes srun in a job of Slurm that has variables of PBS as well', () => {
    expect(choose({ environment: { ...JOBS.pbs, ...JOBS.slurm } }).means.type).to.equal('slurm')
  })

  it('knows the groups of a heterogeneous job', () => {
    const environment = {
      SLURM_JOB_ID: '7',
      SLURM_HET_SIZE: '2',
      SLURM_JOB_NODELIST_HET_GROUP_0: 'n1',
      SLURM_JOB_NODELIST_HET_GROUP_1: 'n[2-3]',
    }
    expect(choose({ environment }).means.groups).to.deep.equal([['n1'], ['n2', 'n3']])
  })

  const FOR_SSH: readonly (readonly [string, Case])[] = [
    ['outside of a job', {}],
    ['with --tunnel', { tunnel: true, environment: JOBS.pbs }],
    ['where a node has a port', { port: 2222, environment: JOBS.pbs }],
    ['with -rmk user', { rmk: 'user', environment: JOBS.pbs }],
    ['with --launcher ssh', { launcher: { type: 'ssh' }, environment: JOBS.slurm }],
    ['with arguments for the launcher alone', { args: ['-p', '22'], environment: JOBS.pbs }],
    ['where another launcher would take a scheduler that is not around', { launcher: { type: 'slurm', isHint: true } }],
  ]
  for (const [name, wishes] of FOR_SSH) {
    it(`is ssh ${name}`, () => {
      const { means, otherwise, notice } = choose(wishes)
      expect(means).to.deep.equal({ type: 'ssh', program: 'ssh', args: wishes.args ?? [] })
      expect([otherwise, notice]).to.deep.equal([undefined, undefined])
    })
  }

  it('refuses --launcher slurm outside of a job, where srun would ask for another one', () => {
    expect(() => choose({ launcher: { type: 'slurm' } })).to.throw(MpirunError, /no job of Slurm .*SLURM_JOB_ID/)
  })

  it('refuses --tunnel with a launcher that is not ssh', () => {
    expect(() => choose({ launcher: { type: 'pbs' }, tunnel: true })).to.throw(MpirunError, /--tunnel/)
  })

  function command(name: string, others: readonly (readonly string[])[] = []): object {
    return choose({ launcher: { type: 'command', command: name, others }, args: ['-a'] }).means
  }

  it('takes the first alternative that is installed, with its own arguments', () => {
    const named = { type: 'command', isChosen: true }
    expect(command('first', [['text'], ['dir'], ['second', '-b']])).to.deep.equal({
      ...named,
      program: 'second',
      args: ['-b'],
    })
    expect(command('second', [['third']])).to.deep.equal({ ...named, program: 'second', args: ['-a'] })
    const path = join(folder, 'bin', 'second')
    expect(command('/no/such/program', [[path]])).to.deep.equal({ ...named, program: path, args: [] })
    expect(command('first', [['third']])).to.deep.equal({ ...named, program: 'first', args: ['-a'] })
  })

  it('calls what has the name ssh as ssh is called', () => {
    expect(command('/opt/bin/ssh')).to.include({ type: 'ssh', program: '/opt/bin/ssh' })
  })
})
