import { hostKey, isSameHost } from './host-name.ts'
import type { Allocation, Node, ProgramNodes } from './placement.ts'

/**
 * All nodes that several allocations name. Of one that two of them name the larger number of slots counts; where these are hosts that each
 * program asks for by itself (`areWishes`), a given number of ranks may use the sum.
 */
export function unite(allocations: readonly Allocation[], areWishes: boolean): Allocation {
  const [only, ...others] = allocations
  if (only !== undefined && others.length === 0) return only
  const nodes = new Map<string, Node>()
  for (const node of allocations.flatMap((allocation) => allocation.nodes)) {
    const key = hostKey(node.name)
    const known = nodes.get(key)
    if (known === undefined) nodes.set(key, node)
    else {
      nodes.set(key, {
        ...known,
        slots: Math.max(known.slots, node.slots),
        slotsDeclared: known.slotsDeclared && node.slotsDeclared,
        ...(areWishes ? { mayUse: (known.mayUse ?? known.slots) + node.slots } : {}),
      })
    }
  }
  return {
    nodes: [...nodes.values()],
    source: [...new Set(allocations.map(({ source }) => source))].join(' and '),
    ...withNotes(allocations),
  }
}

/** `job` with the nodes that each program has of its own; `isAlias` says of two names whether both are this machine. */
export function forPrograms(
  job: Allocation,
  own: readonly (Allocation | undefined)[],
  isAlias: (left: string, right: string) => boolean,
): Allocation {
  const indexOf = (node: Node): number => {
    const exact = job.nodes.findIndex(({ name }) => hostKey(name) === hostKey(node.name))
    if (exact >= 0) return exact
    return job.nodes.findIndex(({ name }) => isSameHost(name, node.name) || isAlias(name, node.name))
  }
  const perProgram = own.map((allocation): ProgramNodes | undefined => {
    if (allocation === undefined) return undefined
    const indices = allocation.nodes.map(indexOf)
    const nodes = new Map(allocation.nodes.map((node, at) => [indices[at] ?? -1, node]))
    const sequence = allocation.sequence?.map((at) => indices[at] ?? -1)
    return { nodes, source: allocation.source, ...(sequence === undefined ? {} : { sequence }) }
  })
  return { ...job, ...withNotes([job, ...own.filter((one) => one !== undefined)]), perProgram }
}

function withNotes(allocations: readonly Allocation[]): Pick<Allocation, 'notes'> {
  const notes = [...new Set(allocations.flatMap((allocation) => allocation.notes ?? []))]
  return notes.length === 0 ? {} : { notes }
}
