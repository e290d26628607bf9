import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { MpirunError } from '../../../src/base/errors.ts'
import { loginShellCommand } from '../../../src/launch/agent-command.ts'
import { sshCommand } from '../../../src/launch/ssh-command.ts'

const OPTIONS = { program: 'ssh', args: [], connectTimeoutS: 10, node: { flags: [] } }
const remoteCommand = (path: string, flags: readonly string[] = []): string => loginShellCommand({ path, flags })

describe('sshCommand()', () => {
  it('calls ssh without questions and runs one fixed command', () => {
    expect(sshCommand({ ...OPTIONS, target: { nodeId: 1, name: 'n1' } })).to.deep.equal({
      file: 'ssh',
      args: ['-T', '-x', '-o', 'BatchMode=yes', '-o', 'ConnectTimeout=10', 'n1', remoteCommand('node')],
    })
  })

  it('puts the arguments of the user first and the user and port of the hostfile last', () => {
    const target = { nodeId: 1, name: 'n1', user: 'ann', port: 2222 }
    const { args } = sshCommand({ ...OPTIONS, args: ['-F', 'my config', '-o', 'ConnectTimeout=3'], target })
    expect(args.slice(0, 4)).to.deep.equal(['-F', 'my config', '-o', 'ConnectTimeout=3'])
    expect(args.slice(-6)).to.deep.equal(['-p', '2222', '-l', 'ann', 'n1', remoteCommand('node')])
  })

  it('brings a socket of the node back to a port of this machine, over a connection of its own', () => {
    const target = { nodeId: 1, name: 'n1' }
    const { args } = sshCommand({ ...OPTIONS, target, tunnel: { path: '/tmp/mpirun-ts-0a', port: 4000 } })
    expect(args.join(' ')).to.contain('-R /tmp/mpirun-ts-0a:127.0.0.1:4000 n1 ')
    expect(args).to.include.members(['ControlPath=none', 'ExitOnForwardFailure=yes', 'ServerAliveInterval=4'])
  })

  it('calls another program in the same way', () => {
    const { file, args } = sshCommand({ ...OPTIONS, program: '/opt/my ssh', target: { nodeId: 1, name: 'n1' } })
    expect(file).to.equal('/opt/my ssh')
    expect(args.slice(-2)).to.deep.equal(['n1', remoteCommand('node')])
  })

  for (const name of ['n1', 'n1.example.org', '10.0.0.1', '2001:db8::1', 'user.name@n1', 'a_b-c']) {
    it(`takes the host ${name}`, () => {
      expect(sshCommand({ ...OPTIONS, target: { nodeId: 1, name } }).args).to.include(name)
    })
  }

  for (const name of ['', '-oProxyCommand=x', 'a b', 'a;b', 'a\nb', '$(x)', '`x`', "a'b", 'a|b']) {
    it(`refuses the host or user ${JSON.stringify(name)}`, () => {
      expect(() => sshCommand({ ...OPTIONS, target: { nodeId: 1, name } }))
        .to.throw(MpirunError, JSON.stringify(name))
        .with.property('exitStatus', 2)
      expect(() => sshCommand({ ...OPTIONS, target: { nodeId: 1, name: 'n1', user: name } })).to.throw(MpirunError)
    })
  }
})

describe('loginShellCommand()', () => {
  for (const [path, word] of [
    ['node', 'node'],
    ['/opt/node-20.19/bin/node', '/opt/node-20.19/bin/node'],
    ['~/bin/node', '~/bin/node'],
    ['/opt/my node/bin/node', "'/opt/my node/bin/node'"],
    ['/opt/$x/`y`/"z"/(a)/node', '\'/opt/$x/`y`/"z"/(a)/node\''],
  ] as const) {
    it(`runs ${path}`, () => {
      expect(remoteCommand(path))
        .to.match(/^exec \/bin\/sh -c '[^']+' /)
        .and.include(`' ${word} '`)
    })
  }

  it('has no characters that a login shell of any kind takes for something else', () => {
    expect(remoteCommand('node')).to.match(/^[^\\!\p{Cc}]+$/u)
    expect(remoteCommand('node').split("'")).to.have.length(5)
  })

  for (const option of ['known', 'unknown']) {
    it(`starts a Node to which --disable-sigusr1 is ${option}`, () => {
      const folder = mkdtempSync(join(tmpdir(), 'mpirun-ts-test-'))
      const node = join(folder, 'my node')
      const refusal = option === 'known' ? '' : 'case $1 in --disable-sigusr1) exit 9;; esac; '
      writeFileSync(node, `#!/bin/sh\n${refusal}printf '%s\\n' "$1" "$2"\n`, { mode: 0o755 })
      const printed = execFileSync('/bin/sh', ['-c', remoteCommand(node)], { encoding: 'utf8' })
      rmSync(folder, { recursive: true })
      expect(printed.split('\n').slice(0, 2).includes('-e')).to.equal(true)
      expect(printed.startsWith('--disable-sigusr1\n')).to.equal(option === 'known')
    })
  }

  for (const path of ['', '-e', "a'b", 'a\\b', 'a!b', 'a\nb']) {
    it(`refuses ${JSON.stringify(path)}`, () => {
      expect(() => remoteCommand(path))
        .to.throw(MpirunError, '--node')
        .with.property('exitStatus', 2)
    })
  }
})
