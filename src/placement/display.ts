import type { Allocation, Node, Placement } from './placement.ts'

/** Text of --display-allocation: the nodes of the job and their slots, a line each. */
export function renderAllocation(allocation: Allocation): string {
  const slots = allocation.nodes.reduce((total, node) => total + node.slots, 0)
  const header = `Allocation from ${allocation.source}: ${plural(allocation.nodes.length, 'node')}, ${plural(slots, 'slot')}`
  const rows = allocation.nodes.map((node) => [
    login(node),
    String(node.slots),
    node.maxSlots === undefined ? '-' : String(node.maxSlots),
  ])
  return [header, ...table([['node', 'slots', 'max'], ...rows], [1, 2])].join('\n') + '\n'
}

/** Text of --display-map: a line for each rank, in rank order. `programs` holds the name of each program of the job. */
export function renderMap(placement: Placement, programs: readonly string[]): string {
  const header = `Map: ${plural(placement.size, 'rank')} on ${plural(placement.nodes.length, 'node')}`
  const rows = placement.nodes
    .flatMap((node) => node.ranks.map((rank) => ({ node, ...rank })))
    .sort((left, right) => left.rank - right.rank)
    .map(({ node, rank, localRank, app }) => [String(rank), login(node), String(localRank), programs[app] ?? ''])
  return [header, ...table([['rank', 'node', 'local rank', 'program'], ...rows], [0, 2])].join('\n') + '\n'
}

function login(node: Node): string {
  const host = node.user === undefined ? node.name : `${node.user}@${node.name}`
  return node.port === undefined ? host : `${host} port ${node.port}`
}

/** Rows as lines with aligned columns; numbers, the columns of `rightAligned`, end where their title ends. */
function table(rows: readonly (readonly string[])[], rightAligned: readonly number[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    rows.reduce((width, row) => Math.max(width, row[column]?.length ?? 0), 0),
  )
  return rows.map((row) => {
    const cells = row.map((cell, column) => {
      const width = widths[column] ?? 0
      return rightAligned.includes(column) ? cell.padStart(width) : cell.padEnd(width)
    })
    return `  ${cells.join('  ')}`.trimEnd()
  })
}

function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`
}
