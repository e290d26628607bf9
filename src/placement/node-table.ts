import { MpirunError } from '../base/errors.ts'
import { hostKey, MAX_COUNT, parseHostSpec, quote } from './host-name.ts'
import type { Node, NodeTable } from './placement.ts'

/** Entries that name the same host as one node with the sum of their slots, in the order of first naming. */
export function mergeNodes(entries: readonly Node[]): NodeTable {
  const indexOf = new Map<string, number>()
  const nodes: Node[] = []
  const sequence: number[] = []
  for (const entry of entries) {
    const index = indexOf.get(hostKey(entry.name)) ?? nodes.length
    const known = nodes[index]
    indexOf.set(hostKey(entry.name), index)
    nodes[index] = known === undefined ? entry : addSlots(known, entry)
    sequence.push(index)
  }
  return { nodes, sequence }
}

/** The table with all nodes for which `isOne` holds as one, in the place of the first and with its name. */
export function mergeWhere(table: NodeTable, isOne: (node: Node) => boolean): NodeTable {
  const first = table.nodes.findIndex(isOne)
  if (table.nodes.filter(isOne).length < 2) return table
  const nodes: Node[] = []
  const newIndex = table.nodes.map((node, index) => {
    const known = isOne(node) && index !== first ? nodes[first] : undefined
    if (known === undefined) return nodes.push(node) - 1
    nodes[first] = addSlots(known, node)
    return first
  })
  const sequence = table.sequence?.map((index) => newIndex[index] ?? index)
  return { nodes, ...(sequence === undefined ? {} : { sequence }) }
}

function addSlots(known: Node, entry: Node): Node {
  const { isBare: _isBare, maxSlots: _maxSlots, ...node } = known
  const hasMax = known.maxSlots !== undefined || entry.maxSlots !== undefined
  return {
    ...node,
    slots: Math.min(known.slots + entry.slots, MAX_COUNT),
    slotsDeclared: known.slotsDeclared || entry.slotsDeclared,
    ...(hasMax ? { maxSlots: (known.maxSlots ?? known.slots) + (entry.maxSlots ?? entry.slots) } : {}),
    ...(known.isBare === true && entry.isBare === true ? { isBare: true } : {}),
  }
}

/**
 * A node as a scheduler names it. `source` names the variable or file, for the message.
 * Throws ERR_HOSTFILE (exit status 2) where `name` is no host.
 */
export function scheduledNode(name: string, slots: number, source: string): Node {
  const host = parseHostSpec(name)
  if ('problem' in host) throw schedulerError(source, host.problem)
  if (host.slots !== undefined || host.user !== undefined) throw schedulerError(source, `${quote(name)} is not a host`)
  return { name: host.name, slots, slotsDeclared: true }
}

/** ERR_HOSTFILE for what a scheduler left in its variables: rarely the user's own fault, so it says the way round. */
export function schedulerError(source: string, reason: string): MpirunError {
  const message = `Cannot read ${source}: ${reason}. Name the nodes with --hostfile or --host instead.`
  return new MpirunError('ERR_HOSTFILE', message, { exitStatus: 2 })
}
