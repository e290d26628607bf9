import { basename } from 'node:path'
import { ExitStatus, MpirunError } from '../base/errors.ts'
import type { LaunchTarget } from './launcher.ts'

/** A program of this machine with its arguments. */
export interface LaunchCommand {
  readonly file: string
  readonly args: readonly string[]
}

/** What a shell would interpret: ssh hands names to one when the user's configuration has a ProxyCommand with %h or %r, and so may any script. */
const SHELL_CHARACTERS = /[\s'"`$\\;&<>|(){}*?!#\p{Cc}]/u

/** @throws MpirunError ERR_USAGE for a name that could be taken for an option or for a command of a shell. */
export function requireHarmless(what: 'host' | 'user', name: string, program: string): void {
  if (name !== '' && !name.startsWith('-') && !SHELL_CHARACTERS.test(name)) return
  const advice =
    program === 'ssh' ? 'Give the node another name in ~/.ssh/config and use that one.' : 'Use another name.'
  throw new MpirunError(
    'ERR_USAGE',
    `The ${what} name ${JSON.stringify(name)} cannot be given to ${basename(program)}: it is empty, begins with "-" or has characters that a shell ` +
      `would interpret. ${advice}`,
    { exitStatus: ExitStatus.usage },
  )
}

/** @throws MpirunError ERR_USAGE for a host that names a user or a port, of which nothing but ssh knows. */
export function requireBareHost({ name, user, port }: LaunchTarget, program: string): void {
  requireHarmless('host', name, program)
  if (user === undefined && port === undefined) return
  const what = port === undefined ? `The user "${String(user)}"` : `The port ${String(port)}`
  throw new MpirunError(
    'ERR_USAGE',
    `${what} of host ${JSON.stringify(name)} cannot be given to ${basename(program)}. Leave it out, or start agents with --launcher ssh.`,
    { exitStatus: ExitStatus.usage },
  )
}
