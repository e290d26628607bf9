import { loginShellCommand, type NodeCall } from './agent-command.ts'
import { type LaunchCommand, requireHarmless } from './launch-command.ts'
import type { LaunchTarget } from './launcher.ts'

export interface SshCommandOptions {
  readonly target: LaunchTarget
  /** `ssh`, or another program that takes the same arguments. */
  readonly program: string
  /** The user's own arguments; they come first, because ssh takes the first value it is given for an option. */
  readonly args: readonly string[]
  readonly connectTimeoutS: number
  readonly node: NodeCall
  readonly tunnel?: Tunnel | undefined
}

/** A Unix socket on the node from which ssh brings connections back to a port of this machine. */
export interface Tunnel {
  readonly path: string
  readonly port: number
}

/**
 * The command that starts an agent on a node: the user's own ssh with the user's own configuration, never asking for a password. The
 * remote command is one fixed string that every login shell understands; all else travels over stdin (agent-input.ts).
 * @throws MpirunError ERR_USAGE (exit status 2) for a host, user or Node path that could be taken for something else.
 */
export function sshCommand({
  target,
  program,
  args: ownArgs,
  connectTimeoutS,
  node,
  tunnel,
}: SshCommandOptions): LaunchCommand {
  requireHarmless('host', target.name, program)
  if (target.user !== undefined) requireHarmless('user', target.user, program)
  const args = [
    ...ownArgs,
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
    loginShellCommand(node),
  ]
  return { file: program, args }
}

/**
 * A connection that is shared with others would keep the forwarding beyond the job. That the other machine is gone only ssh can notice: what is sent
 * through the tunnel is acknowledged on this one.
 */
function tunnelArgs({ path, port }: Tunnel): string[] {
  const options = ['ControlPath=none', 'ExitOnForwardFailure=yes', 'ServerAliveInterval=4', 'ServerAliveCountMax=2']
  return [...options.flatMap((option) => ['-o', option]), '-R', `${path}:127.0.0.1:${port}`]
}
