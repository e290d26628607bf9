import { valueError } from './values.ts'
import { splitWords } from './words.ts'
import type { LauncherChoice } from './command-line.ts'
import { nearestSpelling } from '../../base/nearest-spelling.ts'

/** What an option about launchers sets. */
export interface LauncherValue {
  readonly launcher?: LauncherChoice
  /** Empty: that of an earlier -launcher-exec no longer counts. */
  readonly launcherExec?: string
  readonly launcherArgs?: readonly string[]
  readonly warnings?: readonly string[]
}

const OURS = ['auto', 'ssh', 'pbs', 'slurm', 'sge', 'lsf'] as const
/** Hydra's, which are not ways of ours. */
const OF_HYDRA = new Set(['fork', 'll', 'manual', 'persist', 'none', 'user', 'cobalt', 'llspawn'])

/** auto, ssh, pbs, slurm, sge, lsf, a path, or one of Hydra's names. For --launcher and for $MPIRUN_TS_LAUNCHER. */
export function launcherValue(option: string, text: string): LauncherValue {
  if (text.includes('/') || text === 'rsh') return withProgram(text)
  const type = OURS.find((name) => name === text)
  if (type !== undefined) return { launcher: { type } }
  if (OF_HYDRA.has(text)) return { launcher: { type: 'auto' }, warnings: [instead(option, text)] }
  const nearest = nearestSpelling(text, OURS)
  const hint = nearest === undefined ? '' : ` (did you mean ${nearest}?)`
  throw valueError(option, text, `it must be auto, ssh, pbs, slurm, sge, lsf or a path with a "/"${hint}`)
}

/** As launcherValue(), where the words are not written for us: a scheduler counts only where its job is around. */
export function bootstrapValue(option: string, text: string): LauncherValue {
  const { launcher, ...rest } = launcherValue(option, text === 'blaunch' ? 'lsf' : text)
  if (launcher === undefined || !isScheduler(launcher))
    return { ...rest, ...(launcher === undefined ? {} : { launcher }) }
  return { ...rest, launcher: { ...launcher, isHint: true } }
}

/** Whether it is the launcher of a scheduler. */
export function isScheduler(launcher: LauncherChoice): launcher is Extract<LauncherChoice, { program?: string }> {
  return launcher.type !== 'auto' && launcher.type !== 'ssh' && launcher.type !== 'command'
}

function withProgram(command: string): LauncherValue {
  return { launcher: { type: 'command', command }, launcherExec: '' }
}

function instead(option: string, text: string): string {
  return `${option} ${text} has no meaning here: nodes of other machines are reached by ssh.`
}

/** Open MPI takes alternatives (`ssh -x : rsh`), for where one is not installed; the first that is there is taken when the job starts. */
export function agentValue(option: string, text: string): LauncherValue {
  const choices = text
    .split(':')
    .map((part) => splitWords(part, `the value of ${option}`))
    .filter((words) => words.length > 0)
  const [first, ...others] = choices
  if (first === undefined) throw valueError(option, text, 'it must name a program')
  const [command = '', ...args] = first
  if (others.length === 0 && command === 'ssh') {
    return args.length === 0 ? { launcher: { type: 'ssh' } } : { launcher: { type: 'ssh' }, launcherArgs: args }
  }
  const launcher: LauncherChoice = { type: 'command', command, ...(others.length === 0 ? {} : { others }) }
  return { launcher, launcherExec: '', ...(args.length === 0 ? {} : { launcherArgs: args }) }
}
