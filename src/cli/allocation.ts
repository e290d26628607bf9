import { MpirunError } from '../base/errors.ts'
import { narrow, parseHostList } from '../placement/host-list.ts'
import { parseHostfile } from '../placement/hostfile.ts'
import { parseLsf } from '../placement/lsf.ts'
import type { Allocation } from '../placement/placement.ts'
import { parseSgeHostfile } from '../placement/sge.ts'
import { parseSlurm } from '../placement/slurm.ts'
import { quote } from '../placement/host-name.ts'
import { type ReadText, textOf } from './arguments-app-file.ts'
import type { CommandLine } from './command-line.ts'
import { isThisMachine, type LocalNames } from './local-host.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** This machine: its names, and how many ranks run on it side by side. */
export interface LocalMachine extends LocalNames {
  /** os.availableParallelism(). */
  readonly cores: number
}

/**
 * Finds the nodes of the job: --hostfile, --host, $PBS_NODEFILE, Slurm, SGE, LSF, else this machine. Within a scheduler's job,
 * --hostfile and --host choose among its nodes; with a hostfile, --host chooses among the hostfile's.
 * `readText` reads a file, or stdin for `-`. Throws ERR_HOSTFILE or ERR_USAGE (exit status 2).
 */
export function resolveAllocation(
  commandLine: Pick<CommandLine, 'hostfile' | 'hosts'>,
  environment: Environment,
  readText: ReadText,
  local: LocalMachine,
): Allocation {
  const { hostfile, hosts } = commandLine
  const isExplicit = hostfile !== undefined || hosts !== undefined
  const choices: Allocation[] = []
  if (hostfile !== undefined) {
    const source = hostfile === '-' ? 'the hostfile on stdin' : `hostfile ${quote(hostfile)}`
    const file = hostfile === '-' ? 'stdin' : hostfile
    choices.push({ ...parseHostfile(textOf(hostfile, readText, '--hostfile'), file), source })
  }
  if (hosts !== undefined) choices.push({ ...parseHostList(hosts), source: '--host' })
  const scheduled = scheduledAllocation(environment, readText, isExplicit)
  const isLocal = (name: string): boolean => isThisMachine(name, local)
  return (
    [...(scheduled === undefined ? [] : [scheduled]), ...choices].reduce<Allocation | undefined>(
      (outer, choice) =>
        outer === undefined ? choice : narrow(outer, choice, (left, right) => isLocal(left) && isLocal(right)),
      undefined,
    ) ?? thisMachine(local)
  )
}

function thisMachine(local: LocalMachine): Allocation {
  return { nodes: [{ name: local.hostname, slots: local.cores, slotsDeclared: false }], source: 'this machine' }
}

/** What the scheduler gives; where the user named nodes, a scheduler's file that cannot be read here is passed over. */
function scheduledAllocation(
  environment: Environment,
  readText: ReadText,
  isExplicit: boolean,
): Allocation | undefined {
  try {
    return findScheduled(environment, readText)
  } catch (thrown) {
    if (isExplicit && thrown instanceof MpirunError) return undefined
    throw thrown
  }
}

function findScheduled(environment: Environment, readText: ReadText): Allocation | undefined {
  const nodefile = environment['PBS_NODEFILE']
  if (nodefile) {
    return {
      ...parseHostfile(textOf(nodefile, readText, '$PBS_NODEFILE'), nodefile),
      source: `$PBS_NODEFILE ${quote(nodefile)}`,
    }
  }
  const slurm = parseSlurm(environment)
  if (slurm !== undefined) return { ...slurm, source: `Slurm job ${environment['SLURM_JOB_ID'] ?? ''}`.trimEnd() }
  const sgeFile = environment['PE_HOSTFILE']
  if (sgeFile) {
    return {
      ...parseSgeHostfile(textOf(sgeFile, readText, '$PE_HOSTFILE'), sgeFile),
      source: `$PE_HOSTFILE ${quote(sgeFile)}`,
    }
  }
  const lsf = parseLsf(environment)
  return lsf === undefined ? undefined : { ...lsf, source: 'the LSF job' }
}
