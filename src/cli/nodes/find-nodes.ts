import { hostname, networkInterfaces, userInfo } from 'node:os'
import { place } from '../../placement/map-by.ts'
import type { Allocation, Node, Placement } from '../../placement/placement.ts'
import { type LocalMachine, resolveAllocation } from './allocation.ts'
import type { CommandLine } from '../arguments/command-line.ts'
import { isHere } from './local-host.ts'
import { readText } from './read-text.ts'

/** The nodes of a job, as seen from this machine. */
export interface FoundNodes {
  readonly local: LocalMachine
  readonly allocation: Allocation
  /** Whether the ranks of a node run in this machine's own agent. */
  readonly isLocal: (node: Node) => boolean
  /** Places the ranks. Throws ERR_SLOTS or ERR_USAGE (exit status 2). */
  readonly place: () => Placement
}

/** Finds the nodes that a command line means in this process's environment. Throws ERR_HOSTFILE or ERR_USAGE (exit status 2). */
export function findNodes(commandLine: CommandLine, cores: number): FoundNodes {
  const local = { hostname: hostname(), interfaces: addresses(), user: ownName(), cores }
  const allocation = resolveAllocation(commandLine, process.env, readText, local)
  const names = allocation.nodes.map((node) => node.name)
  const isLocal = (node: Node): boolean => isHere(node, local, names)
  const { noLocal, ...options } = commandLine
  return {
    local,
    allocation,
    isLocal,
    place: () => place(allocation, commandLine.apps, { ...options, ...(noLocal ? { noLocal: isLocal } : {}) }),
  }
}

function addresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map(({ address }) => address))
}

/** Empty where the system has no name for this user, as in some containers. */
function ownName(): string {
  try {
    return userInfo().username
  } catch {
    return ''
  }
}
