import { MpirunError } from '../base/errors.ts'
import { parseHostfile } from '../placement/hostfile.ts'
import { parseLsf } from '../placement/lsf.ts'
import { nodesOfPbs } from '../placement/pbs.ts'
import type { Allocation } from '../placement/placement.ts'
import { parseSgeHostfile } from '../placement/sge.ts'
import { parseSlurm } from '../placement/slurm.ts'
import { quote } from '../placement/host-name.ts'
import { type ReadText, textOf } from './arguments-app-file.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** The nodes that a scheduler gives. */
export type Scheduled = Allocation

/**
 * The nodes of the PBS, Slurm, SGE or LSF job around this process, or `undefined` outside of one. `isExplicit`: the user has named
 * nodes; a scheduler's file that cannot be read here is passed over then. `isCounted`: the number of ranks is given.
 * Throws ERR_HOSTFILE or ERR_USAGE (exit status 2).
 */
export function findScheduled(
  environment: Environment,
  readText: ReadText,
  isExplicit: boolean,
  isCounted: boolean,
): Scheduled | undefined {
  try {
    return scheduledBy(environment, readText, isExplicit || isCounted)
  } catch (thrown) {
    if (isExplicit && thrown instanceof MpirunError) return undefined
    throw thrown
  }
}

function scheduledBy(environment: Environment, readText: ReadText, isCounted: boolean): Scheduled | undefined {
  const nodefile = environment['PBS_NODEFILE']
  if (nodefile) {
    const table = parseHostfile(textOf(nodefile, readText, '$PBS_NODEFILE'), nodefile)
    return { ...nodesOfPbs(table, environment['NCPUS'], isCounted), source: `$PBS_NODEFILE ${quote(nodefile)}` }
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
