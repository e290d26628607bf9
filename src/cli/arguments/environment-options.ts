import { MpirunError } from '../../base/errors.ts'
import { EFFECTS } from './effects.ts'
import { launcherValue } from './launcher.ts'
import { isMcaKey, mcaEffect } from './mca.ts'
import { changed, type Draft } from './draft.ts'
import type { OptionId } from '../options/option-id.ts'

type Change = (value: string, variable: string, draft: Draft) => Partial<Draft>

const hostfile: Change = (value, option) => ({ byDefault: { hostfile: value, option, goesFirst: true } })
const inherit: Change = (value, variable, draft) =>
  value === 'none'
    ? as('cleanEnv')(value, variable, draft)
    : value === 'all'
      ? as('exportAll')(value, variable, draft)
      : {}
/** Hydra takes 0 and negative numbers for no limit. */
const timeout: Change = (value, variable, draft) =>
  /^(-.*|0+)$/.test(value) ? {} : as('timeout')(value, variable, draft)
/** Intel MPI: also `all` and `allcores`, which say nothing new. */
const perNode: Change = (value, variable, draft) => (/^\d+$/.test(value) ? as('perNode')(value, variable, draft) : {})

/** Variables that Hydra, Intel MPI and the standard's mpiexec take for options; later ones go before earlier ones. */
const VARIABLES: readonly (readonly [name: string, change: Change])[] = [
  ['I_MPI_HYDRA_HOST_FILE', hostfile],
  ['I_MPI_HYDRA_HOSTS_FILE', hostfile],
  ['HYDRA_HOST_FILE', hostfile],
  ['I_MPI_HYDRA_BOOTSTRAP', as('bootstrap')],
  ['HYDRA_BOOTSTRAP', as('bootstrap')],
  ['HYDRA_LAUNCHER', as('bootstrap')],
  ['I_MPI_HYDRA_BOOTSTRAP_EXEC', as('launcherExec')],
  ['HYDRA_BOOTSTRAP_EXEC', as('launcherExec')],
  ['HYDRA_LAUNCHER_EXEC', as('launcherExec')],
  ['I_MPI_HYDRA_BOOTSTRAP_EXEC_EXTRA_ARGS', as('launcherArgs')],
  ['HYDRA_LAUNCHER_EXTRA_ARGS', as('launcherArgs')],
  ['I_MPI_HYDRA_RMK', as('rmk')],
  ['HYDRA_RMK', as('rmk')],
  ['I_MPI_HYDRA_IFACE', as('interface')],
  ['HYDRA_IFACE', as('interface')],
  ['I_MPI_HYDRA_ENV', inherit],
  ['HYDRA_ENV', inherit],
  ['I_MPI_PERHOST', perNode],
  ['I_MPI_JOB_TIMEOUT', timeout],
  ['MPIEXEC_TIMEOUT', timeout],
  ['MPIEXEC_PREFIX_DEFAULT', as('prependRank')],
]

/** Open MPI 4 and 5 take a parameter from the variables of these names. */
const OF_PARAMETERS = /^(?:OMPI|PRTE|PMIX)_MCA_(.+)$/

/**
 * What the environment says in place of options: all of these variables that are set and not empty, also parameters of Open MPI that have a
 * meaning here. Those without one are passed over, and those with a value that is not understood are a warning, since many a site sets them
 * for all programs. Throws ERR_USAGE for a variable of ours, MPIRUN_TS_LAUNCHER.
 */
export function effectsOfVariables(defaults: Draft, environment: Readonly<Record<string, string | undefined>>): Draft {
  let draft = defaults
  for (const [name, value] of Object.entries(environment)) {
    const key = OF_PARAMETERS.exec(name)?.[1]
    if (key === undefined || !value || !isMcaKey(key)) continue
    draft = changed(
      draft,
      orWarning(() => mcaEffect(`$${name}`, key, value, draft)),
    )
  }
  for (const [name, change] of VARIABLES) {
    const value = environment[name]
    if (value)
      draft = changed(
        draft,
        orWarning(() => change(value, `$${name}`, draft)),
      )
  }
  const launcher = environment['MPIRUN_TS_LAUNCHER']
  if (launcher) draft = changed(draft, { launcherExec: '', ...launcherValue('$MPIRUN_TS_LAUNCHER', launcher) })
  return draft
}

function orWarning(change: () => Partial<Draft>): Partial<Draft> {
  try {
    return change()
  } catch (thrown) {
    if (!(thrown instanceof MpirunError)) throw thrown
    return { warnings: [`Passed over: ${thrown.message}`] }
  }
}

function as(id: Exclude<OptionId, 'help' | 'version'>): Change {
  return (value, variable, draft) => EFFECTS[id]([value], variable, draft)
}
