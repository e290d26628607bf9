import { basename, join } from 'node:path'
import { executableIn, isExecutable } from '../base/executable.ts'
import type { LaunchMeans } from '../coordinator/agents/connect-agents.ts'
import { slurmGroups } from '../placement/slurm.ts'
import { isScheduler } from './arguments/launcher.ts'
import { usageError } from './arguments/values.ts'
import type { CommandLine } from './arguments/command-line.ts'
import type { ReadText } from './arguments/app-file.ts'

type Environment = Readonly<Record<string, string | undefined>>
type Scheduler = 'slurm' | 'pbs' | 'sge' | 'lsf'

/** What starts the agents of a job. */
export interface LaunchChoice {
  readonly means: LaunchMeans
  /** Tried where `means` fails. */
  readonly otherwise?: LaunchMeans
  /** Why it is that one, for -v: a sentence. */
  readonly reason: string
  /** What the user should hear of in any case. */
  readonly notice?: string
}

export interface ChoiceContext {
  readonly environment: Environment
  readonly readText: ReadText
  /** Nodes of other machines. */
  readonly nodes: readonly { readonly user?: string; readonly port?: number }[]
}

type Wishes = Pick<CommandLine, 'launcher' | 'launcherArgs' | 'rmk' | 'tunnel'>

/** How each scheduler shows that this process is in a job of it, what the job is called, and where its programs are: the first that is installed counts. */
const SCHEDULERS: Readonly<
  Record<
    Scheduler,
    {
      readonly name: string
      readonly needs: readonly (readonly string[])[]
      readonly programs: readonly string[]
      readonly folders: (environment: Environment) => readonly (string | undefined)[]
    }
  >
> = {
  slurm: {
    name: 'Slurm',
    needs: [
      ['SLURM_JOB_ID', 'SLURM_JOBID'],
      ['SLURM_JOB_NODELIST', 'SLURM_NODELIST', 'SLURM_JOB_NODELIST_HET_GROUP_0', 'SLURM_JOB_NODELIST_PACK_GROUP_0'],
    ],
    programs: ['srun'],
    folders: () => [],
  },
  pbs: {
    name: 'PBS',
    needs: [['PBS_NODEFILE'], ['PBS_JOBID']],
    programs: ['pbs_tmrsh', 'pbsdsh'],
    folders: ({ PBS_EXEC }) => [PBS_EXEC === undefined ? undefined : join(PBS_EXEC, 'bin'), '/opt/pbs/bin'],
  },
  sge: {
    name: 'Grid Engine',
    needs: [['PE_HOSTFILE']],
    programs: ['qrsh'],
    folders: ({ SGE_ROOT, ARC }) => [SGE_ROOT && ARC ? join(SGE_ROOT, 'bin', ARC) : undefined],
  },
  lsf: {
    name: 'LSF',
    needs: [['LSB_MCPU_HOSTS', 'LSB_HOSTS', 'LSB_DJOB_HOSTFILE']],
    programs: ['blaunch'],
    folders: ({ LSF_BINDIR }) => [LSF_BINDIR],
  },
}
/** Slurm comes first: it may bring PBS's variables along. */
const ORDER: readonly Scheduler[] = ['slurm', 'pbs', 'sge', 'lsf']

/**
 * Which program starts agents: the one that the user names, else within a scheduler's job its own, and ssh where that is not installed or fails, else ssh.
 * @throws MpirunError ERR_USAGE for a launcher that has no job around it, or that cannot do what else is asked for.
 */
export function launchChoice(wishes: Wishes, context: ChoiceContext): LaunchChoice {
  const { launcher = { type: 'auto' } } = wishes
  const { environment } = context
  if (launcher.type === 'command') return { means: commandMeans(wishes, environment), reason: 'you have named it' }
  const args = wishes.launcherArgs
  const ssh: LaunchMeans = { type: 'ssh', program: 'ssh', args }
  if (launcher.type === 'ssh') return { means: ssh, reason: 'you have named it' }
  const wanted = isScheduler(launcher) ? launcher.type : undefined
  if (isScheduler(launcher) && launcher.isHint !== true) {
    requireJob(launcher.type, environment)
    if (wishes.tunnel) throw usageError(`--tunnel goes through ssh: leave out --launcher ${launcher.type}.`)
    return { means: schedulerMeans(launcher.type, wishes, context), reason: 'you have named it' }
  }
  const around = ORDER.filter((each) => isAround(each, environment) && (wanted === undefined || each === wanted))
  if (around.length === 0 || wishes.rmk === 'user')
    return { means: ssh, reason: 'no scheduler has started this command' }
  if (wishes.tunnel) return { means: ssh, reason: '--tunnel goes through ssh' }
  if (context.nodes.some(({ user, port }) => user !== undefined || port !== undefined))
    return { means: ssh, reason: 'users or ports of ssh are given for nodes' }
  // Arguments that are not said for which program are for ssh.
  if (args.length > 0) return { means: ssh, reason: '--launcher-args are for ssh where no launcher is named' }
  const chosen = around.find((each) => findProgram(each, environment) !== undefined)
  if (chosen === undefined) {
    const { name, programs } = SCHEDULERS[around[0] ?? 'pbs']
    const notice = `agents are started by ssh: this is a job of ${name}, but ${programs.join(' or ')} is not installed here.`
    return { means: ssh, reason: 'no program of the scheduler is installed', notice }
  }
  const reason = `this is a job of ${SCHEDULERS[chosen].name}`
  return { means: schedulerMeans(chosen, wishes, context), otherwise: ssh, reason }
}

/** Elsewhere srun would ask for a job of its own. */
function requireJob(scheduler: Scheduler, environment: Environment): void {
  if (scheduler !== 'slurm' || isAround(scheduler, environment)) return
  const { name, needs } = SCHEDULERS[scheduler]
  throw usageError(
    `--launcher ${scheduler}: there is no job of ${name} around this command ($${needs[0]?.[0] ?? ''} is not set). Leave it out, or start the command in a job.`,
  )
}

function isAround(scheduler: Scheduler, environment: Environment): boolean {
  return SCHEDULERS[scheduler].needs.every((names) => names.some((name) => environment[name]))
}

function schedulerMeans(type: Scheduler, wishes: Wishes, context: ChoiceContext): LaunchMeans {
  const { environment, readText } = context
  const { launcher, launcherArgs: args } = wishes
  const own = launcher !== undefined && 'program' in launcher ? launcher.program : undefined
  const program = own ?? findProgram(type, environment) ?? SCHEDULERS[type].programs[0] ?? type
  const means = { type, program, args, ...(own === undefined ? {} : { isChosen: true }) }
  if (type === 'pbs') return { ...means, lines: linesOf(environment['PBS_NODEFILE'], readText) }
  return type === 'slurm' ? { ...means, groups: slurmGroups(environment) } : means
}

/** Only pbsdsh needs them, and says so itself where they do not fit. */
function linesOf(nodefile: string | undefined, readText: ReadText): string[] {
  try {
    return nodefile ? readText(nodefile).split('\n') : []
  } catch {
    return []
  }
}

/** The name where PATH has it, else its path; undefined where it is not installed. */
function findProgram(scheduler: Scheduler, environment: Environment): string | undefined {
  const { programs, folders } = SCHEDULERS[scheduler]
  for (const name of programs) {
    if (isInstalled(name, environment['PATH'])) return name
    const path = folders(environment)
      .flatMap((folder) => (folder ? [join(folder, name)] : []))
      .find((each) => isInstalled(each))
    if (path !== undefined) return path
  }
  return undefined
}

/** Of several alternatives (`ssh -x : rsh`) the first that is installed here, else the first. What is called ssh is called as ssh is. */
function commandMeans({ launcher, launcherArgs }: Wishes, environment: Environment): LaunchMeans {
  if (launcher?.type !== 'command') throw new Error('no command is named')
  const choices: readonly (readonly string[])[] = [[launcher.command, ...launcherArgs], ...(launcher.others ?? [])]
  const [program = launcher.command, ...args] =
    choices.find(([command = '']) => isInstalled(command, environment['PATH'])) ?? choices[0] ?? []
  return { type: basename(program) === 'ssh' ? 'ssh' : 'command', program, args, isChosen: true }
}

function isInstalled(command: string, path = ''): boolean {
  return command.includes('/') ? isExecutable(command) : executableIn(path.split(':'), command) !== undefined
}
