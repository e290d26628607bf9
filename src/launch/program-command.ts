import { basename } from 'node:path'
import { exactWords, type NodeCall, plainNamedWords, plainWords, wordsHere } from './agent-command.ts'
import { readFileText } from './agent-file.ts'
import { type LaunchCommand, requireBareHost, requireHarmless } from './launch-command.ts'
import type { LaunchMeans } from './launch-means.ts'
import type { LaunchTarget } from './launcher.ts'
import { sshCommand, type Tunnel } from './ssh-command.ts'

export interface ProgramCommandOptions {
  readonly means: LaunchMeans
  readonly target: LaunchTarget
  readonly node: NodeCall
  readonly connectTimeoutS: number
  readonly tunnel?: Tunnel | undefined
  /** Where the agent's text lies, for means that bring no stdin. */
  readonly file?: string | undefined
}

/** PBS brings no stdin to the node: the agent's text lies in a file there. */
export function bringsStdin({ type }: LaunchMeans, { isHere = false }: LaunchTarget): boolean {
  return type !== 'pbs' || isHere
}

/**
 * The command that starts the agent of one node.
 * @throws MpirunError ERR_USAGE (exit status 2) for what cannot be given to that program.
 */
export function programCommand(options: ProgramCommandOptions): LaunchCommand {
  const { means, target, node, file = '' } = options
  const { type, program, args } = means
  if (target.isHere === true) return { file: process.execPath, args: wordsHere(node.flags) }
  switch (type) {
    case 'ssh':
      return sshCommand({ ...options, program, args })
    case 'pbs':
      requireBareHost(target, program)
      return { file: program, args: [...args, ...pbsHost(means, target), ...exactWords(node, readFileText(file))] }
    case 'sge':
      requireBareHost(target, program)
      return { file: program, args: [...args, '-inherit', '-V', target.name, ...plainNamedWords(nodeInPath(node))] }
    case 'lsf':
      requireBareHost(target, program)
      return { file: program, args: [...args, target.name, ...plainNamedWords(nodeInPath(node))] }
    case 'command':
      return { file: program, args: [...args, commandHost(target, program), ...plainWords(node)] }
    case 'slurm':
      throw new Error('one srun starts all agents (step-launcher.ts)')
  }
}

/** pbsdsh knows hosts by the number of a line of theirs in the nodefile. */
function pbsHost({ program, lines = [] }: LaunchMeans, { name }: LaunchTarget): string[] {
  if (basename(program) !== 'pbsdsh') return [name]
  const line = lines.findIndex((each) => each === name || each.split('.', 1)[0] === name)
  return ['-n', String(Math.max(0, line))]
}

/** `user@host`, as ssh would take it too. */
function commandHost(target: LaunchTarget, program: string): string {
  const { user, name } = target
  if (user === undefined) {
    requireBareHost(target, program)
    return name
  }
  requireHarmless('user', user, program)
  requireBareHost({ nodeId: target.nodeId, name, ...(target.port === undefined ? {} : { port: target.port }) }, program)
  return `${user}@${name}`
}

/** The same software is on all nodes of such a cluster as a rule: where PATH here has no `node`, the one that runs is in the same place there. */
function nodeInPath(node: NodeCall): NodeCall {
  const folders = (process.env['PATH'] ?? '').split(':')
  const isInPath = folders.some((folder) => process.execPath.startsWith(`${folder}/`) && folder !== '')
  return node.path !== undefined || isInPath ? node : { ...node, path: process.execPath }
}
