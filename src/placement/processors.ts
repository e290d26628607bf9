import type { Allocation, Node, NodeTable } from './placement.ts'

/**
 * Nodes whose scheduler gives them more processors than slots. `ranks` says how many ranks there will be: `given`, by the user, who may use the
 * processors; `all`, one for each processor; else one for each slot, and this is the note that says how to get more.
 */
export function withProcessors(
  table: NodeTable,
  cpusOf: (node: Node) => number,
  ranks: 'given' | 'all' | (string & {}),
): NodeTable & Pick<Allocation, 'notes'> {
  const { nodes } = table
  if (nodes.every((node) => cpusOf(node) <= node.slots)) return table
  if (ranks === 'all') return { nodes: nodes.map((node) => ({ ...node, slots: Math.max(node.slots, cpusOf(node)) })) }
  const withCpus = nodes.map((node) => ({ ...node, mayUse: Math.max(node.slots, cpusOf(node)) }))
  return { ...table, nodes: withCpus, ...(ranks === 'given' ? {} : { notes: [ranks] }) }
}
