import type { Allocation } from '../../placement/placement.ts'
import { mergeWhere } from '../../placement/node-table.ts'
import { listHosts, narrow, parseHostList } from '../../placement/host-list.ts'
import { parseHostfile } from '../../placement/hostfile.ts'
import { forPrograms, unite } from '../../placement/program-nodes.ts'
import { isSameHost, quote } from '../../placement/host-name.ts'
import { parseRankfile, rankfileError } from '../../placement/rankfile.ts'
import { type ReadText, textOf } from '../arguments/app-file.ts'
import type { DefaultNodes, ProgramOptions, Rmk } from '../arguments/command-line.ts'
import { isHere, type LocalNames } from './local-host.ts'
import { findScheduled, type Scheduled } from './scheduled-nodes.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** This machine: its names, and how many ranks run on it side by side. */
export interface LocalMachine extends LocalNames {
  /** os.availableParallelism(). */
  readonly cores: number
}

/** What the user says of nodes and ranks. */
export interface Wishes {
  readonly apps: readonly Pick<ProgramOptions, 'np' | 'hostfile' | 'hosts'>[]
  readonly perNode?: number
  readonly rankfile?: string
  readonly byDefault?: DefaultNodes
  readonly rmk?: Rmk | undefined
}

/**
 * Finds the nodes of the job: --hostfile, --host, $PBS_NODEFILE, Slurm, SGE, LSF, else this machine. Within a scheduler's job,
 * --hostfile and --host choose among its nodes; with a hostfile, --host chooses among the hostfile's. Each program may have its own;
 * one that names no hostfile has those of the others, one that names nothing has every node of the job (as in Open MPI). Names of this
 * machine are one node. `readText` reads a file, or stdin for `-`. Throws ERR_HOSTFILE or ERR_USAGE (exit status 2).
 */
export function resolveAllocation(
  wishes: Wishes,
  environment: Environment,
  readText: ReadText,
  local: LocalMachine,
): Allocation {
  const { rankfile } = wishes
  if (rankfile === undefined) return nodesOf(wishes, environment, readText, local)
  const hosts = parseRankfile(textOf(rankfile, readText, '--rankfile'), rankfile)
  const named = nodesOf(wishes, environment, readText, local)
  // No nodes but those of the rankfile.
  const isAlone = named.source === HERE && hosts.every((host) => !host.startsWith('+'))
  const allocation = isAlone ? withOneHere({ ...parseHostList(hosts.join(',')), source: '--rankfile' }, local) : named
  return inOrderOf(hosts, isAlone ? undeclared(allocation) : allocation, rankfile, local)
}

function nodesOf(
  { apps, perNode, byDefault, rmk }: Wishes,
  environment: Environment,
  readText: ReadText,
  local: LocalMachine,
  hostfileOption = '--hostfile',
): Allocation {
  const isExplicit = apps.some(({ hostfile, hosts }) => hostfile !== undefined || hosts !== undefined)
  const isCounted = perNode !== undefined || apps.every(({ np }) => np !== undefined)
  const nodefile = environment['PBS_NODEFILE']
  const isItsFile = nodefile ? apps.every(({ hostfile, hosts }) => hosts === undefined && hostfile === nodefile) : false
  const found = findScheduled(environment, readText, { isExplicit, isItsFile, isCounted, rmk })
  const scheduled = found === undefined ? undefined : withOneHere(found, local)
  if (!isExplicit && byDefault !== undefined && (byDefault.goesFirst || scheduled === undefined)) {
    const { hostfile, hosts, option } = byDefault
    const named = apps.map((app) => ({
      ...app,
      ...(hostfile === undefined ? {} : { hostfile }),
      ...(hosts === undefined ? {} : { hosts }),
    }))
    const wishes = { apps: named, ...(perNode === undefined ? {} : { perNode }), rmk }
    return nodesOf(wishes, environment, readText, local, option)
  }
  const resolver = new Resolver(scheduled, readText, local)
  const hostfiles = [...new Set(apps.flatMap(({ hostfile }) => hostfile ?? []))]
  const files = hostfiles.map((path) => resolver.hostfile(path, hostfileOption))
  const outer = files.length > 0 ? unite(files, false) : scheduled
  const own = apps.map(({ hostfile, hosts }) => {
    const base = hostfile === undefined ? outer : files[hostfiles.indexOf(hostfile)]
    if (hosts !== undefined) return resolver.hosts(hosts, base)
    return hostfiles.length > 1 && hostfile !== undefined ? base : undefined
  })
  const [first] = own
  if (own.length === 1 && first !== undefined) return first
  const named = own.filter((allocation) => allocation !== undefined)
  if (named.length === 0) return outer ?? thisMachine(local)
  return forPrograms(withOneHere(outer ?? unite(named, true), local), own, resolver.isAlias)
}

const HERE = 'this machine'

class Resolver {
  readonly #scheduled: Scheduled | undefined
  readonly #readText: ReadText
  readonly #local: LocalMachine

  constructor(scheduled: Scheduled | undefined, readText: ReadText, local: LocalMachine) {
    this.#scheduled = scheduled
    this.#readText = readText
    this.#local = local
  }

  hostfile(path: string, option: string): Allocation {
    const source = path === '-' ? 'the hostfile on stdin' : `hostfile ${quote(path)}`
    const file = path === '-' ? 'stdin' : path
    const choice = { ...parseHostfile(textOf(path, this.#readText, option), file), source }
    return this.#within(this.#scheduled, choice)
  }

  hosts(text: string, outer: Allocation | undefined): Allocation {
    return this.#within(outer, { ...parseHostList(text), source: '--host' })
  }

  /** Whether both are this machine. */
  readonly isAlias = (left: string, right: string): boolean =>
    isHere({ name: left }, this.#local) && isHere({ name: right }, this.#local)

  #within(outer: Allocation | undefined, choice: Allocation): Allocation {
    const merged = withOneHere(choice, this.#local)
    return outer === undefined ? merged : narrow(outer, merged, this.isAlias)
  }
}

/** The allocation with all names of this machine as one node: two agents cannot be in one process. */
function withOneHere(allocation: Allocation, local: LocalMachine): Allocation {
  const names = allocation.nodes.map(({ name }) => name)
  return { ...allocation, ...mergeWhere(allocation, (node) => isHere(node, local, names)) }
}

/** The allocation with the node of each rank as its sequence, for --map-by seq. */
function inOrderOf(hosts: readonly string[], allocation: Allocation, file: string, local: LocalMachine): Allocation {
  const { nodes, source } = allocation
  const isLocal = (name: string): boolean => isHere({ name }, local)
  const sequence = hosts.map((host) => {
    const relative = /^\+n(\d+)$/i.exec(host)?.[1]
    const name = host.replace(/^.*@/, '')
    const index =
      relative === undefined
        ? nodes.findIndex((node) => isSameHost(node.name, name) || (isLocal(node.name) && isLocal(name)))
        : Number(relative)
    if (nodes[index] !== undefined) return index
    const known = listHosts(nodes.map((node) => node.name))
    throw rankfileError(file, `${quote(host)} is not in ${source} (${known}). Name hosts of that list alone`)
  })
  return { ...allocation, sequence }
}

/** Nobody has said how many ranks these nodes may take. */
function undeclared(allocation: Allocation): Allocation {
  return { ...allocation, nodes: allocation.nodes.map((node) => ({ ...node, slotsDeclared: false })) }
}

function thisMachine(local: LocalMachine): Allocation {
  return { nodes: [{ name: local.hostname, slots: local.cores, slotsDeclared: false }], source: HERE }
}
