import type { Allocation } from '../placement/placement.ts'
import { mergeWhere } from '../placement/node-table.ts'
import { narrow, parseHostList } from '../placement/host-list.ts'
import { parseHostfile } from '../placement/hostfile.ts'
import { forPrograms, unite } from '../placement/program-nodes.ts'
import { quote } from '../placement/host-name.ts'
import { type ReadText, textOf } from './arguments-app-file.ts'
import type { ProgramOptions } from './command-line.ts'
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
}

/**
 * Finds the nodes of the job: --hostfile, --host, $PBS_NODEFILE, Slurm, SGE, LSF, else this machine. Within a scheduler's job,
 * --hostfile and --host choose among its nodes; with a hostfile, --host chooses among the hostfile's. Each program may have its own;
 * one that names no hostfile has those of the others, one that names nothing has every node of the job (as in Open MPI). Names of this
 * machine are one node. `readText` reads a file, or stdin for `-`. Throws ERR_HOSTFILE or ERR_USAGE (exit status 2).
 */
export function resolveAllocation(
  { apps, perNode }: Wishes,
  environment: Environment,
  readText: ReadText,
  local: LocalMachine,
): Allocation {
  const isExplicit = apps.some(({ hostfile, hosts }) => hostfile !== undefined || hosts !== undefined)
  const isCounted = perNode !== undefined || apps.every(({ np }) => np !== undefined)
  const found = findScheduled(environment, readText, isExplicit, isCounted)
  const scheduled = found === undefined ? undefined : withOneHere(found, local)
  const resolver = new Resolver(scheduled, readText, local)
  const hostfiles = [...new Set(apps.flatMap(({ hostfile }) => hostfile ?? []))]
  const files = hostfiles.map((path) => resolver.hostfile(path))
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

class Resolver {
  readonly #scheduled: Scheduled | undefined
  readonly #readText: ReadText
  readonly #local: LocalMachine

  constructor(scheduled: Scheduled | undefined, readText: ReadText, local: LocalMachine) {
    this.#scheduled = scheduled
    this.#readText = readText
    this.#local = local
  }

  hostfile(path: string): Allocation {
    const source = path === '-' ? 'the hostfile on stdin' : `hostfile ${quote(path)}`
    const file = path === '-' ? 'stdin' : path
    const choice = { ...parseHostfile(textOf(path, this.#readText, '--hostfile'), file), source }
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

function thisMachine(local: LocalMachine): Allocation {
  return { nodes: [{ name: local.hostname, slots: local.cores, slotsDeclared: false }], source: 'this machine' }
}
