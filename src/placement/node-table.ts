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

function addSlots(known: Node, entry: Node): Node {
  const slots = Math.min(known.slots + entry.slots, MAX_COUNT)
  return { ...known, slots, slotsDeclared: known.slotsDeclared || entry.slotsDeclared }
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
