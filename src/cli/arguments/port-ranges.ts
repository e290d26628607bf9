import type { PortRange } from '../../base/port-range.ts'
import { usageError, valueError } from './values.ts'

type Environment = Readonly<Record<string, string | undefined>>

const MOST = 65_535
/** What Open MPI takes where only the number of ports is given. */
const OPEN_MPI_FIRST = 1024
/** The first one that is set counts, as in Hydra: of mpiexec, of MPICH, of Intel MPI. */
const HYDRA_NAMES = [
  'MPIEXEC_PORTRANGE',
  'MPIEXEC_PORT_RANGE',
  'MPIR_CVAR_CH3_PORT_RANGE',
  'MPIR_PARAM_CH3_PORT_RANGE',
  'MPICH_PORT_RANGE',
  'I_MPI_PORT_RANGE',
]
const OPEN_MPI_PREFIXES = ['OMPI_MCA_', 'PRTE_MCA_', 'PMIX_MCA_']
const LISTS = ['oob_tcp_dynamic_ipv4_ports', 'oob_tcp_static_ipv4_ports']
const FIRST = 'btl_tcp_port_min_v4'
const COUNT = 'btl_tcp_port_range_v4'

/** Parameters of Open MPI that name ports. */
export const PORT_PARAMETERS: ReadonlySet<string> = new Set([...LISTS, FIRST, COUNT])

/** `A-B`, `A:B`, one port, or several of them with commas between. Throws ERR_USAGE (exit status 2). */
export function portRangesValue(option: string, text: string): readonly PortRange[] {
  return text.split(',').map((part) => {
    const [, from = '', to = from] = /^\s*(\d{1,5})(?:\s*[-:]\s*(\d{1,5}))?\s*$/.exec(part) ?? []
    const range = { first: Number(from), last: Number(to) }
    const isRange = from !== '' && range.first >= 1 && range.first <= range.last && range.last <= MOST
    if (!isRange) throw valueError(option, text, `it must be ports from 1 to ${MOST}, such as 40000-40100`)
    return range
  })
}

/**
 * The ports that listeners may use where --port-range does not say: `parameters` of --mca, then what the environment has for Open MPI, MPICH and
 * Intel MPI. Open MPI has ports of its own for messages and for control; all of them are open, so all may be used here. Undefined: any.
 * Throws ERR_USAGE (exit status 2).
 */
export function foundPortRanges(
  parameters: Readonly<Record<string, string>>,
  environment: Environment,
): readonly PortRange[] | undefined {
  const openMpi = openMpiRanges((key) => {
    if (parameters[key] !== undefined) return [`--mca ${key}`, parameters[key]]
    const name = OPEN_MPI_PREFIXES.map((prefix) => prefix + key).find((each) => environment[each])
    return name === undefined ? undefined : [name, environment[name] ?? '']
  })
  if (openMpi.length > 0) return openMpi
  const name = HYDRA_NAMES.find((each) => environment[each])
  return name === undefined ? undefined : portRangesValue(name, environment[name] ?? '')
}

/** `find`: the name by which the user knows a parameter, and its value. */
function openMpiRanges(find: (key: string) => readonly [name: string, text: string] | undefined): PortRange[] {
  const lists = LISTS.flatMap((key) => {
    const found = find(key)
    return found === undefined ? [] : portRangesValue(...found)
  })
  const first = find(FIRST)
  const count = find(COUNT)
  if (first === undefined && count === undefined) return lists
  const from = first === undefined ? OPEN_MPI_FIRST : wholeNumber(...first)
  const last = count === undefined ? MOST : from + wholeNumber(...count) - 1
  return [{ first: from, last: Math.min(last, MOST) }, ...lists]
}

function wholeNumber(name: string, text: string): number {
  const number = /^\d{1,5}$/.test(text) ? Number(text) : 0
  if (number >= 1 && number <= MOST) return number
  throw usageError(`Cannot use "${text}" as the value of ${name}: it must be a whole number from 1 to ${MOST}.`)
}
