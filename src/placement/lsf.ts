import { parseCount, quote } from './host-name.ts'
import { mergeNodes, scheduledNode, schedulerError } from './node-table.ts'
import type { Node, NodeTable } from './placement.ts'

/**
 * Nodes of an LSF job from its environment, or `undefined` outside of one: LSB_MCPU_HOSTS (`hostA 20 hostB 10`), else
 * LSB_HOSTS (a name for each slot). Throws ERR_HOSTFILE (exit status 2).
 */
export function parseLsf(environment: Readonly<Record<string, string | undefined>>): NodeTable | undefined {
  const counted = wordsOf(environment['LSB_MCPU_HOSTS'])
  if (counted.length > 0) return mergeNodes(countedNodes(counted))
  const repeated = wordsOf(environment['LSB_HOSTS'])
  if (repeated.length > 0) return mergeNodes(repeated.map((name) => scheduledNode(name, 1, 'LSB_HOSTS')))
  return undefined
}

function countedNodes(words: readonly string[]): Node[] {
  const nodes: Node[] = []
  for (let index = 0; index < words.length; index += 2) {
    const [name = '', slotsText = ''] = words.slice(index, index + 2)
    const slots = parseCount(slotsText)
    if (slots === undefined) throw schedulerError('LSB_MCPU_HOSTS', `no number of slots follows ${quote(name)}`)
    nodes.push(scheduledNode(name, slots, 'LSB_MCPU_HOSTS'))
  }
  return nodes
}

function wordsOf(text: string | undefined): string[] {
  return (text ?? '').split(/\s+/).filter((word) => word !== '')
}
