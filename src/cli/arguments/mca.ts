import { assignment, withRule } from './environment.ts'
import { agentValue } from './launcher.ts'
import { mapByValue, rankByValue } from './mapping.ts'
import { countValue, secondsValue, textValue } from './values.ts'
import { splitWords } from './words.ts'
import { withMapping, type Draft } from './draft.ts'
import { PORT_PARAMETERS } from './port-ranges.ts'

type Change = (value: string, option: string, draft: Draft) => Partial<Draft>

const agent: Change = (value, option) => agentValue(option, value)
const agentArgs: Change = (value, option) => ({ launcherArgs: splitWords(value, `the value of ${option}`) })
const only: Change = (value, option) => ({ interface: textValue(option, value) })
const except: Change = (value, option) => ({ interfaceExcept: textValue(option, value) })
const hostfile: Change = (value, option) => ({
  byDefault: { hostfile: textValue(option, value), option, goesFirst: false },
})
const hosts: Change = (value, option) => ({ byDefault: { hosts: textValue(option, value), option, goesFirst: false } })
const mapBy: Change = (value, option, draft) => withMapping(draft, mapByValue(option, value))
const rankBy: Change = (value, option) => ({ rankBy: rankByValue(option, value) })
const perNode: Change = (value, option) => ({ perNode: countValue(option, value) })
const cpus: Change = (value, option) => ({ slotsPerRank: countValue(option, value) })
const rankfile: Change = (value, option) => ({ mapBy: 'seq', rankfile: textValue(option, value) })
const nothing: Change = () => ({})
const portsOf = (key: string): [string, Change] => [
  key,
  (value, _option, { portParameters }) => ({ portParameters: { ...portParameters, [key]: value } }),
]

/** Open MPI 4's parameters that have a meaning here, and PRRTE's for them. */
const PARAMETERS: ReadonlyMap<string, Change> = new Map([
  ...named(agent, 'plm_rsh_agent', 'plm_ssh_agent', 'orte_rsh_agent', 'pls_rsh_agent'),
  ...named(agentArgs, 'plm_rsh_args', 'plm_ssh_args'),
  ...named(only, 'btl_tcp_if_include', 'oob_tcp_if_include', 'prte_if_include', 'ptl_tcp_if_include'),
  ...named(except, 'btl_tcp_if_exclude', 'oob_tcp_if_exclude', 'prte_if_exclude', 'ptl_tcp_if_exclude'),
  ...[...PORT_PARAMETERS].map(portsOf),
  ...named(hostfile, 'orte_default_hostfile', 'prte_default_hostfile'),
  ...named(hosts, 'orte_default_dash_host', 'prte_default_dash_host'),
  ...named(mapBy, 'rmaps_base_mapping_policy', 'rmaps_default_mapping_policy'),
  ...named(rankBy, 'rmaps_base_ranking_policy', 'rmaps_default_ranking_policy'),
  ...named(perNode, 'rmaps_base_n_pernode', 'rmaps_ppr_n_pernode'),
  ...named(cpus, 'rmaps_base_cpus_per_proc', 'rmaps_base_cpus_per_rank'),
  ...named(rankfile, 'rmaps_rank_file_path', 'orte_rankfile', 'prte_rankfile'),
  ...named(toggle({ oversubscribe: true }), 'rmaps_base_oversubscribe'),
  ...named(toggle({ oversubscribe: false }), 'rmaps_base_no_oversubscribe'),
  ...named(toggle({ perNode: 1 }), 'rmaps_base_pernode', 'rmaps_ppr_pernode'),
  ...named(toggle({ mapBy: 'node' }), 'rmaps_base_bynode'),
  ...named(toggle({ mapBy: 'slot' }), 'rmaps_base_byslot', 'rmaps_base_bycore'),
  ...named(toggle({ noLocal: true }), 'rmaps_base_no_schedule_local'),
  ...named(toggle({ displayMap: true }), 'rmaps_base_display_map'),
  ...named(toggle({ displayAllocation: true }), 'orte_display_alloc', 'ras_base_display_alloc'),
  ...named(toggle({ dryRun: true }), 'orte_do_not_launch'),
  ...named(toggle({ outputPrefix: { type: 'tag' } }), 'orte_tag_output'),
  ...named(toggle({ timestampOutput: true }), 'orte_timestamp_output'),
  ...named(toggle({ mergeStderr: true }), 'iof_base_redirect_app_stderr_to_stdout'),
  [
    'orte_startup_timeout',
    (value, option): Partial<Draft> =>
      /^-?0*$|^-/.test(value) ? {} : { launchTimeoutMs: secondsValue(option, value, 'above zero') },
  ],
  [
    'mca_base_env_list',
    (value, option, { environment }): Partial<Draft> => ({
      environment: value
        .split(';')
        .filter((word) => word !== '')
        .reduce((before, word) => withRule(before, assignment(option, [word])), environment),
    }),
  ],
  // They say how ranks are bound and how Open MPI itself goes about it: the job is the same without.
  ...named(nothing, 'hwloc_base_binding_policy', 'orte_base_help_aggregate', 'prte_base_help_aggregate'),
  ...named(nothing, 'plm_rsh_no_tree_spawn', 'plm_ssh_no_tree_spawn', 'hwloc_default_binding_policy'),
])

/** What a parameter of Open MPI changes; those without a meaning here join `ignoredMcaKeys`. Throws ERR_USAGE (exit status 2). */
export function mcaEffect(option: string, key: string, value: string, draft: Draft): Partial<Draft> {
  const change = PARAMETERS.get(key)
  if (change !== undefined) return change(value, option, draft)
  const { ignoredMcaKeys } = draft
  return { ignoredMcaKeys: ignoredMcaKeys.includes(key) ? ignoredMcaKeys : [...ignoredMcaKeys, key] }
}

export function isMcaKey(key: string): boolean {
  return PARAMETERS.has(key)
}

/** A parameter that is 1 or 0, true or false. */
function toggle(change: Partial<Draft>): Change {
  return (value) => (/^(0|false|no|n|off|disabled?)?$/i.test(value.trim()) ? {} : change)
}

function named(change: Change, ...keys: string[]): [string, Change][] {
  return keys.map((key) => [key, change])
}
