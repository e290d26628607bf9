import { parseCount } from './host-name.ts'
import type { Allocation, NodeTable } from './placement.ts'
import { withProcessors } from './processors.ts'

/**
 * The nodes of a PBS job. Its nodefile has a line for each place (mpiprocs); `select=1:ncpus=4` gives one line all the same, and $NCPUS says
 * 4. So where every host has one line and there are more processors, a given number of ranks may use these; without one, a job of a
 * single node gets a rank for each processor, and one of several nodes a rank for each line and a note.
 */
export function nodesOfPbs(
  table: NodeTable,
  ncpus: string | undefined,
  isCounted: boolean,
): NodeTable & Pick<Allocation, 'notes'> {
  const cpus = parseCount(ncpus ?? '') ?? 1
  const nodes = table.nodes.map(({ isBare: _isBare, ...node }) => node)
  if (nodes.some(({ slots }) => slots > 1)) return { ...table, nodes }
  const note =
    `The PBS job has ${nodes.length} nodes with ${cpus} processors each (NCPUS) and one line in its nodefile for each: ` +
    `${nodes.length} ranks are started. For more write -np ${nodes.length * cpus}, or ask for mpiprocs=${cpus}.`
  return withProcessors({ ...table, nodes }, () => cpus, isCounted ? 'given' : nodes.length === 1 ? 'all' : note)
}
