import { parseCount, quote } from './host-name.ts'
import { mergeNodes, scheduledNode, schedulerError } from './node-table.ts'
import type { Node, NodeTable } from './placement.ts'

/**
 * Reads the text of SGE's $PE_HOSTFILE: `host slots queue processors`, a line for each host and queue.
 * Throws ERR_HOSTFILE (exit status 2) with file:line. Source: sge_pe(5).
 */
export function parseSgeHostfile(text: string, file: string): NodeTable {
  const entries: Node[] = []
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const [name, slotsText = ''] = line.trim().split(/\s+/)
    if (name === undefined || name === '') continue
    const slots = parseCount(slotsText)
    const source = `$PE_HOSTFILE ${file}:${index + 1}`
    if (slots === undefined)
      throw schedulerError(source, `${quote(line)} does not have the form "host slots queue processors"`)
    entries.push(scheduledNode(name, slots, source))
  }
  if (entries.length === 0) throw schedulerError(`$PE_HOSTFILE ${quote(file)}`, 'it names no host')
  return mergeNodes(entries)
}
