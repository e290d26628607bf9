import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { dirname, join } from 'node:path'

/**
 * What is wrong with a host. `wrongKey`: it does not take our key. `unknownHostKey`: we do not know its key. `banner`: its login shell
 * prints text and takes its time. `noNode`: node is not in PATH. `oldNode`: node says that it is 12.22.0. `exits`: the login shell
 * ends with status 3. `refuses`: nothing listens.
 */
export type HostKind = 'works' | 'wrongKey' | 'unknownHostKey' | 'banner' | 'noNode' | 'oldNode' | 'exits' | 'refuses'

export interface SshHosts {
  /** Names as ssh knows them by the configuration file; nothing else resolves them. */
  readonly hosts: readonly string[]
  readonly sshConfigPath: string
  /** Arguments that make ssh use this configuration. */
  readonly launcherArgs: readonly string[]
  /** Ends the sshd and deletes its files; logins that are still open end with their ssh. */
  readonly stop: () => Promise<void>
}

const SSHD_PATHS = ['/usr/sbin/sshd', '/usr/local/sbin/sshd', '/sbin/sshd']
const FIRST_ADDRESS = 2
const UNUSED_PORT = 1

/** The line to print when tests with sshd are skipped; `undefined` where they can run. */
export function whyNoSshd(): string | undefined {
  if (process.platform !== 'linux') return 'hosts on 127.0.0.2 and following need Linux'
  if (findSshd() === undefined) return `sshd is not installed (looked for ${SSHD_PATHS.join(', ')})`
  return undefined
}

export interface SshdOptions {
  /** As in sshd_config(5); its default is 10:30:100. */
  readonly maxStartups?: string
}

/** Starts one sshd of the current user that is host n1 on 127.0.0.2, n2 on 127.0.0.3 and so on, one for each of `kinds`. */
export async function startSshHosts(
  kinds: readonly HostKind[],
  { maxStartups = '200' }: SshdOptions = {},
): Promise<SshHosts> {
  const sshdPath = findSshd()
  if (sshdPath === undefined) throw new Error(whyNoSshd())
  const folder = await mkdtemp(join(tmpdir(), 'mpirun-ts-sshd-'))
  for (const name of ['host_key', 'user_key', 'other_key']) makeKey(join(folder, name))
  await writeCommands(folder)
  const port = await freePort()
  const sshConfigPath = join(folder, 'ssh_config')
  await writeFile(join(folder, 'sshd_config'), sshdConfig(folder, port, kinds, maxStartups))
  await writeFile(join(folder, 'known_hosts'), `* ${await readFile(join(folder, 'host_key.pub'), 'utf8')}`)
  await writeFile(sshConfigPath, kinds.map((kind, index) => sshConfig(folder, port, kind, index)).join(''))
  // sshd run by root wants this empty folder; distributions make it when the service starts.
  if (userInfo().uid === 0) await mkdir('/run/sshd', { recursive: true, mode: 0o755 })
  const sshd = spawn(sshdPath, ['-D', '-e', '-f', join(folder, 'sshd_config')], { stdio: ['ignore', 'ignore', 'pipe'] })
  await listening(sshd, kinds.length)
  return {
    hosts: kinds.map((_, index) => hostName(index)),
    sshConfigPath,
    launcherArgs: ['-F', sshConfigPath],
    async stop() {
      const ended = new Promise((resolve) => {
        sshd.once('exit', resolve)
      })
      if (sshd.kill()) await ended
      await rm(folder, { recursive: true, force: true })
    },
  }
}

function findSshd(): string | undefined {
  return SSHD_PATHS.find((path) => existsSync(path))
}

function hostName(index: number): string {
  return `n${String(index + 1)}`
}

function addressOf(index: number): string {
  return `127.0.0.${String(FIRST_ADDRESS + index)}`
}

function makeKey(path: string): void {
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'mpirun-ts test', '-f', path])
}

function sshdConfig(folder: string, port: number, kinds: readonly HostKind[], maxStartups: string): string {
  const listen = kinds.map((_, index) => `ListenAddress ${addressOf(index)}:${String(port)}\n`)
  const match = kinds.map((kind, index) => {
    const isForced = ['banner', 'noNode', 'oldNode', 'exits'].includes(kind)
    return isForced ? `Match LocalAddress ${addressOf(index)}\n  ForceCommand ${join(folder, kind)}\n` : ''
  })
  return `${listen.join('')}HostKey ${join(folder, 'host_key')}
AuthorizedKeysFile ${join(folder, 'user_key.pub')}
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin yes
PidFile none
MaxStartups ${maxStartups}
SetEnv PATH=${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin
${match.join('')}`
}

function sshConfig(folder: string, port: number, kind: HostKind, index: number): string {
  return `Host ${hostName(index)}
  HostName ${addressOf(index)}
  Port ${String(kind === 'refuses' ? UNUSED_PORT : port)}
  User ${userInfo().username}
  IdentityFile ${join(folder, kind === 'wrongKey' ? 'other_key' : 'user_key')}
  IdentitiesOnly yes
  IdentityAgent none
  UserKnownHostsFile ${kind === 'unknownHostKey' ? '/dev/null' : join(folder, 'known_hosts')}
  GlobalKnownHostsFile /dev/null
  StrictHostKeyChecking yes
`
}

/** What sshd runs instead of the login shell on hosts of the kinds that need it. */
async function writeCommands(folder: string): Promise<void> {
  const login = 'exec "$SHELL" -c "$SSH_ORIGINAL_COMMAND"'
  const oldNodeFolder = join(folder, 'old-node')
  await mkdir(oldNodeFolder)
  await writeFile(
    join(oldNodeFolder, 'version.cjs'),
    "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '12.22.0' } })\n",
  )
  const scripts: readonly [name: string, text: string][] = [
    ['banner', `echo "Welcome to the cluster"; echo "read the news" >&2; sleep 0.3\n${login}`],
    ['noNode', `PATH=${join(folder, 'nothing')}; export PATH\n${login}`],
    ['oldNode', `PATH=${oldNodeFolder}:$PATH; export PATH\n${login}`],
    ['exits', 'exit 3'],
    ['old-node/node', `exec ${process.execPath} -r ${join(oldNodeFolder, 'version.cjs')} "$@"`],
  ]
  for (const [name, text] of scripts) {
    await writeFile(join(folder, name), `#!/bin/sh\n${text}\n`)
    await chmod(join(folder, name), 0o755)
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const address = server.address()
  await new Promise((resolve) => {
    server.close(resolve)
  })
  if (address === null || typeof address === 'string') throw new Error('a TCP server has no port')
  return address.port
}

/** Resolves when sshd listens on `count` addresses; rejects with its own words when it ends before. */
async function listening(sshd: ChildProcess, count: number): Promise<void> {
  let text = ''
  await new Promise<void>((resolve, reject) => {
    sshd.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
      if (text.split('Server listening on').length > count) resolve()
    })
    sshd.once('error', reject)
    sshd.once('exit', (status) => {
      reject(new Error(`sshd ended with status ${String(status)}: ${text}`))
    })
  })
}
