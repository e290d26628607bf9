import { ExitStatus, MpirunError } from '../base/errors.ts'
import { SHUT_DEBUGGER } from '../base/shut-debugger.ts'
import type { LaunchTarget } from './launcher.ts'

export interface SshCommandOptions {
  readonly target: LaunchTarget
  /** `ssh`, or another program that takes the same arguments. */
  readonly sshPath: string
  /** The user's own arguments; they come first, because ssh takes the first value it is given for an option. */
  readonly launcherArgs: readonly string[]
  readonly connectTimeoutS: number
  /** How Node is called on the node: 'node', or a path. */
  readonly nodePath: string
  /** Flags for that Node. */
  readonly nodeFlags: readonly string[]
  readonly tunnel?: Tunnel
}

/** A Unix socket on the node from which ssh brings connections back to a port of this machine. */
export interface Tunnel {
  readonly path: string
  readonly port: number
}

export interface SshCommand {
  readonly file: string
  readonly args: readonly string[]
}

/** Characters that are themselves in sh, bash, csh, fish and zsh, anywhere in a word. */
const PLAIN_PATH = /^[\w/.+,:@~-]+$/
/** What single quotes do not keep as it is in all of these shells: quotes; backslashes in fish; `!` in csh; and control characters. */
const NOT_QUOTABLE = /['\\!\p{Cc}]/u
/** ssh hands names to a shell when the user's configuration has a ProxyCommand with %h or %r. */
const SHELL_CHARACTERS = /[\s'"`$\\;&<>|(){}*?!#\p{Cc}]/u

/**
 * The command that starts an agent on a node: the user's own ssh with the user's own configuration, never asking for a password. The
 * remote command is one fixed string that every login shell understands; all else travels over stdin (agent-input.ts).
 * @throws MpirunError ERR_USAGE (exit status 2) for a host, user or Node path that could be taken for something else.
 */
export function sshCommand(options: SshCommandOptions): SshCommand {
  const { target, sshPath, launcherArgs, connectTimeoutS, nodePath, nodeFlags, tunnel } = options
  if (target.isHere === true) return { file: process.execPath, args: commandHere(nodeFlags) }
  requireHarmless('host', target.name)
  if (target.user !== undefined) requireHarmless('user', target.user)
  const args = [
    ...launcherArgs,
    '-T',
    '-x',
    '-o',
    'BatchMode=yes',
    '-o',
    `ConnectTimeout=${String(connectTimeoutS)}`,
    ...(tunnel === undefined ? [] : tunnelArgs(tunnel)),
    ...(target.port === undefined ? [] : ['-p', String(target.port)]),
    ...(target.user === undefined ? [] : ['-l', target.user]),
    target.name,
    remoteCommand(nodePath, nodeFlags),
  ]
  return { file: sshPath, args }
}

/**
 * A connection that is shared with others would keep the forwarding beyond the job. That the other machine is gone only ssh can notice: what is sent
 * through the tunnel is acknowledged on this one.
 */
function tunnelArgs({ path, port }: Tunnel): string[] {
  const options = ['ControlPath=none', 'ExitOnForwardFailure=yes', 'ServerAliveInterval=4', 'ServerAliveCountMax=2']
  return [...options.flatMap((option) => ['-o', option]), '-R', `${path}:127.0.0.1:${port}`]
}

/**
 * What Node runs in an agent's process from its first line on: it reads the agent (agent-input.ts) from stdin, as `node -` would, but no signal can
 * open a debugger meanwhile. The login may be slow, and the agent is still being made.
 */
const READ_AGENT = `${SHUT_DEBUGGER} var text = ""; process.stdin.setEncoding("utf8").on("data", function (piece) { text += piece }).on("end", function () { new Function("require", "exports", "module", "__filename", "__dirname", text)(require, exports, module, __filename, __dirname) })`

/** Starts Node, $0, without its handler for SIGUSR1 where it knows how: what does not tells of a bad option within some milliseconds. */
const START_NODE =
  'trap "" USR1 USR2; f=--disable-sigusr1; "$0" $f -v >/dev/null 2>&1 || f=; text=$1; shift; exec "$0" $f "$@" -e "$text" mpirun-ts-agent'

/**
 * `exec`: no shell stays behind that would have to be ended as well. The login shell may be any; what it starts is a POSIX one.
 * @throws MpirunError ERR_USAGE for a path or a flag that cannot be passed through every login shell.
 */
export function remoteCommand(nodePath: string, nodeFlags: readonly string[] = []): string {
  if (nodePath.startsWith('-') || nodePath === '' || NOT_QUOTABLE.test(nodePath)) {
    throw usageError(
      `--node ${JSON.stringify(nodePath)} cannot be passed through every login shell. ` +
        'Give a path without quotes, backslashes and exclamation marks that does not begin with "-".',
    )
  }
  const bad = nodeFlags.find((flag) => NOT_QUOTABLE.test(flag))
  if (bad !== undefined) {
    throw usageError(
      `The flag ${JSON.stringify(bad)} of Node (from --node-args or NODE_OPTIONS) cannot be passed through every login shell. ` +
        'Give it without quotes, backslashes and exclamation marks.',
    )
  }
  const words = [shellWord(nodePath), `'${READ_AGENT}'`, ...nodeFlags.map((flag) => shellWord(flag))]
  return `exec /bin/sh -c '${START_NODE}' ${words.join(' ')}`
}

/** The same for an agent of this machine, without a shell between. */
function commandHere(nodeFlags: readonly string[]): string[] {
  const deaf = process.allowedNodeEnvironmentFlags.has('--disable-sigusr1') ? ['--disable-sigusr1'] : []
  return [...deaf, ...nodeFlags, '-e', READ_AGENT, 'mpirun-ts-agent']
}

function shellWord(text: string): string {
  return PLAIN_PATH.test(text) ? text : `'${text}'`
}

function requireHarmless(what: 'host' | 'user', name: string): void {
  if (name !== '' && !name.startsWith('-') && !SHELL_CHARACTERS.test(name)) return
  throw usageError(
    `The ${what} name ${JSON.stringify(name)} cannot be given to ssh: it is empty, begins with "-" or has characters that a shell ` +
      'would interpret. Give the node another name in ~/.ssh/config and use that one.',
  )
}

function usageError(message: string): MpirunError {
  return new MpirunError('ERR_USAGE', message, { exitStatus: ExitStatus.usage })
}
