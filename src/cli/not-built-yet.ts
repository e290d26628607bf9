import { ExitStatus, MpirunError } from '../base/errors.ts'
import type { CommandLine } from './command-line.ts'

/** Options of the contract that this version does not have yet: refused, so that nobody takes a job for something that it is not. */
export function notBuiltYet(commandLine: CommandLine): MpirunError | undefined {
  const launcher = commandLine.launcher?.type
  const missing: string | undefined =
    launcher === 'pbs' || launcher === 'slurm' || launcher === 'sge' ? `--launcher ${launcher}` : undefined
  if (missing === undefined) return undefined
  const message = `${missing} is not in this version. Leave it out: agents are started over ssh.`
  return new MpirunError('ERR_USAGE', message, { exitStatus: ExitStatus.usage })
}
