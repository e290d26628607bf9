import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { MpirunError } from '../../../src/base/errors.ts'
import { readFileText, removeExpiredFiles, writeAgentFile } from '../../../src/launch/agent-file.ts'
import type { LaunchMeans } from '../../../src/launch/launch-means.ts'
import { programCommand } from '../../../src/launch/program-command.ts'

const TARGET = { nodeId: 1, name: 'n2' }

function words(means: Partial<LaunchMeans>, flags: readonly string[] = [], path?: string): readonly string[] {
  const { type = 'command', program = '/x/start', args = [], ...rest } = means
  const node = { path, flags }
  return programCommand({
    means: { type, program, args, ...rest },
    target: TARGET,
    node,
    connectTimeoutS: 10,
    file: '/h/f',
  }).args
}

describe('programCommand()', () => {
  it('calls a command of the user with its arguments, a host and one word that any shell leaves alone', () => {
    expect(words({ args: ['-a'] })).to.deep.equal(['-a', 'n2', 'node'])
    expect(words({}, ['--title=a'], '/opt/node')).to.deep.equal(['n2', '/opt/node', '--title=a'])
  })

  it('refuses what a shell could take for something else', () => {
    expect(() => words({}, ['--title=a b'])).to.throw(MpirunError, '--title=a b')
    expect(() => words({}, [], '/opt/my node')).to.throw(MpirunError, '/opt/my node')
  })

  it('calls qrsh and blaunch with words of the same kind', () => {
    expect(words({ type: 'sge' }, [], '/n')).to.deep.equal(['-inherit', '-V', 'n2', '/n', '-', 'mpirun-ts-agent'])
    expect(words({ type: 'lsf' }, [], '/n')).to.deep.equal(['n2', '/n', '-', 'mpirun-ts-agent'])
  })

  it('calls pbs_tmrsh by host, and pbsdsh by the first line of the host', () => {
    expect(words({ type: 'pbs', program: 'pbs_tmrsh' }).slice(0, 3)).to.deep.equal(['n2', '/bin/sh', '-c'])
    const lines = ['n1', 'n1', 'n2.domain', 'n2.domain', '']
    expect(words({ type: 'pbs', program: '/x/pbsdsh', lines }).slice(0, 3)).to.deep.equal(['-n', '2', '/bin/sh'])
  })

  for (const more of [{ user: 'ann' }, { port: 22 }]) {
    it(`refuses ${JSON.stringify(more)} of a host where nothing takes it`, () => {
      const means: LaunchMeans = { type: 'pbs', program: 'pbs_tmrsh', args: [] }
      const options = { means, node: { flags: [] }, connectTimeoutS: 1, target: { ...TARGET, ...more } }
      expect(() => programCommand(options)).to.throw(MpirunError, /pbs_tmrsh.*--launcher ssh/)
    })
  }

  for (const name of ['', '-x', 'a;b', '$(x)', 'a b']) {
    it(`refuses the host ${JSON.stringify(name)}`, () => {
      const means: LaunchMeans = { type: 'lsf', program: 'blaunch', args: [] }
      const options = { means, node: { flags: [] }, connectTimeoutS: 1, target: { nodeId: 1, name } }
      expect(() => programCommand(options)).to.throw(MpirunError, JSON.stringify(name))
    })
  }
})

describe('the file with an agent', () => {
  let home = ''
  const { HOME } = process.env
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'mpirun-ts-home-'))
    process.env['HOME'] = home
  })
  afterEach(() => {
    process.env['HOME'] = HOME
    rmSync(home, { recursive: true })
  })

  it('is for its owner alone, and gone when the agent has read it', () => {
    const path = writeAgentFile('console.log("head")\n', Buffer.from('console.log(typeof require)'))
    expect(statSync(path).mode & 0o777).to.equal(0o600)
    expect(execFileSync(process.execPath, ['-e', readFileText(path)], { encoding: 'utf8' })).to.equal(
      'head\nfunction\n',
    )
    expect(existsSync(path)).to.equal(false)
  })

  it('is removed later where nobody could before, and no other file is', () => {
    const path = writeAgentFile('', Buffer.from(''))
    const fresh = writeAgentFile('', Buffer.from(''))
    writeFileSync(join(home, 'mine'), '')
    for (const each of [path, join(home, 'mine')]) utimesSync(each, 1, 1)
    removeExpiredFiles()
    expect(readdirSync(home).toSorted()).to.deep.equal([fresh.slice(home.length + 1), 'mine'])
  })
})
