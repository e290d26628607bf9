import { MpirunError } from '../../base/errors.ts'
import { parseHostfile } from '../../placement/hostfile.ts'
import { parseLsf } from '../../placement/lsf.ts'
import { nodesOfPbs } from '../../placement/pbs.ts'
import type { Allocation } from '../../placement/placement.ts'
import { parseSgeHostfile } from '../../placement/sge.ts'
import { nodesOfSlurm } from '../../placement/slurm.ts'
import { quote } from '../../placement/host-name.ts'
import { type ReadText, textOf } from '../arguments/app-file.ts'
import { usageError } from '../arguments/values.ts'
import type { Rmk } from '../arguments/command-line.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** The nodes that a scheduler gives. */
export type Scheduled = Allocation

export interface ScheduledOptions {
  /** The user has named nodes: a scheduler's file that cannot be read here is passed over. */
  readonly isExplicit: boolean
  /** The nodes that the user has named are those of the scheduler's own file. */
  readonly isItsFile: boolean
  /** The number of ranks is given. */
  readonly isCounted: boolean
  /** -rmk: the one scheduler to ask. */
  readonly rmk: Rmk | undefined
}

type Source = (environment: Environment, readText: ReadText, isCounted: boolean) => Scheduled | undefined

/** In the order in which they are asked, with the variable that tells of each. */
const SOURCES: Readonly<Record<Exclude<Rmk, 'user'>, readonly [variable: string, source: Source]>> = {
  pbs: ['PBS_NODEFILE', ofPbs],
  slurm: ['SLURM_JOB_NODELIST', ofSlurm],
  sge: ['PE_HOSTFILE', ofSge],
  lsf: ['LSB_MCPU_HOSTS', ofLsf],
  cobalt: ['COBALT_NODEFILE', ofCobalt],
}

/**
 * The nodes of the PBS, Slurm, SGE, LSF or Cobalt job around this process, or `undefined` outside of one.
 * Throws ERR_HOSTFILE or ERR_USAGE (exit status 2), also where the one that -rmk names is not around.
 */
export function findScheduled(
  environment: Environment,
  readText: ReadText,
  { isExplicit, isItsFile, isCounted, rmk }: ScheduledOptions,
): Scheduled | undefined {
  if (rmk === 'user') return undefined
  const sources = rmk === undefined ? Object.values(SOURCES) : [SOURCES[rmk]]
  try {
    for (const [, source] of sources) {
      const found = source(environment, readText, isCounted || (isExplicit && !isItsFile))
      if (found !== undefined) return found
    }
  } catch (thrown) {
    if (isExplicit && thrown instanceof MpirunError) return undefined
    throw thrown
  }
  if (rmk === undefined || isExplicit) return undefined
  throw usageError(`-rmk ${rmk}: there is no such job around this command ($${SOURCES[rmk][0]} is not set).`)
}

function ofPbs(environment: Environment, readText: ReadText, isCounted: boolean): Scheduled | undefined {
  const nodefile = environment['PBS_NODEFILE']
  if (!nodefile || isGroupOfSlurm(environment)) return undefined
  const table = parseHostfile(textOf(nodefile, readText, '$PBS_NODEFILE'), nodefile)
  return { ...nodesOfPbs(table, environment['NCPUS'], isCounted), source: `$PBS_NODEFILE ${quote(nodefile)}` }
}

/** Slurm's plugin for PBS's commands writes a nodefile too, in a heterogeneous job that of the first group alone. */
function isGroupOfSlurm(environment: Environment): boolean {
  const groups = Number(environment['SLURM_HET_SIZE'] ?? environment['SLURM_PACK_SIZE'] ?? 0)
  return groups > 1 && environment['PBS_JOBID'] === environment['SLURM_JOB_ID']
}

function ofSlurm(environment: Environment, _readText: ReadText, isCounted: boolean): Scheduled | undefined {
  const slurm = nodesOfSlurm(environment, isCounted)
  if (slurm === undefined) return undefined
  const notes = [...severalCommands(environment), ...(slurm.notes ?? [])]
  const source = `Slurm job ${environment['SLURM_JOB_ID'] ?? ''}`.trimEnd()
  return { ...slurm, source, ...(notes.length === 0 ? {} : { notes }) }
}

/** Where `srun -n2 mpirun-ts` starts two whole jobs: said once, by the first of them. */
function severalCommands(environment: Environment): string[] {
  const count = Number(environment['SLURM_STEP_ID'] ? environment['SLURM_STEP_NUM_TASKS'] : 1)
  if (!(count > 1) || environment['SLURM_PROCID'] !== '0') return []
  return [
    `warning: srun starts mpirun-ts ${count} times, and each of them is a whole job. Write mpirun-ts without srun, or srun -n1 mpirun-ts.`,
  ]
}

function ofSge(environment: Environment, readText: ReadText): Scheduled | undefined {
  const file = environment['PE_HOSTFILE']
  if (!file) return undefined
  return {
    ...parseSgeHostfile(textOf(file, readText, '$PE_HOSTFILE'), file),
    source: `$PE_HOSTFILE ${quote(file)}`,
  }
}

function ofLsf(environment: Environment): Scheduled | undefined {
  const lsf = parseLsf(environment)
  return lsf && { ...lsf, source: 'the LSF job' }
}

function ofCobalt(environment: Environment, readText: ReadText): Scheduled | undefined {
  const file = environment['COBALT_NODEFILE']
  if (!file) return undefined
  const table = parseHostfile(textOf(file, readText, '$COBALT_NODEFILE'), file)
  return { ...nodesOfPbs(table, undefined, true), source: `$COBALT_NODEFILE ${quote(file)}` }
}
