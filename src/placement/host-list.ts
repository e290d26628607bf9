import { ExitStatus, MpirunError } from '../base/errors.ts'
import { hostKey, isSameHost, parseHostSpec, quote } from './host-name.ts'
import { mergeNodes } from './node-table.ts'
import type { Allocation, Node, NodeTable } from './placement.ts'

/**
 * Reads `a:2,b,user@c`: the hosts of --host. A host without a count has one slot that nobody declared; a host that is named again
 * gets more. Throws ERR_USAGE (exit status 2).
 */
export function parseHostList(text: string): NodeTable {
  const entries: Node[] = []
  for (const word of text.split(',')) {
    // Open MPI's node1:* is all that the node has, as node1 alone is.
    const host = parseHostSpec(word.trim().replace(/:\*$/, ''))
    if ('problem' in host) throw listError(text, host.problem)
    const { name, slots, user } = host
    const other = entries.find((entry) => hostKey(entry.name) === hostKey(name) && entry.user !== user)
    if (other !== undefined) throw listError(text, `it names ${name} for two users`)
    entries.push({
      name,
      ...(user === undefined ? {} : { user }),
      slots: slots ?? 1,
      slotsDeclared: slots !== undefined,
    })
  }
  return mergeNodes(entries)
}

/** What narrows an allocation: nodes, and who names them (`--host`, `hostfile "hosts"`). */
export interface NodeChoice extends NodeTable {
  readonly source: string
}

/**
 * The nodes of `outer` that `choice` names, in its order and with its user names and ports. A host of `choice` keeps the smaller
 * number of slots; one named once, without a declared number, has all that `outer` gives it.
 * `isAlso(outerName, chosenName)` adds to what counts as the same host (localhost for this machine).
 * Throws ERR_HOSTFILE (exit status 2) for a host that is not in `outer`.
 */
export function narrow(
  outer: Allocation,
  choice: NodeChoice,
  isAlso: (outerName: string, chosenName: string) => boolean = () => false,
): Allocation {
  const notes: string[] = [...(outer.notes ?? [])]
  const timesNamed = choice.nodes.map(() => 0)
  for (const index of choice.sequence ?? []) timesNamed[index] = (timesNamed[index] ?? 0) + 1
  const byKey = new Map(outer.nodes.map((node) => [hostKey(node.name), node]))
  const nodes = choice.nodes.map((chosen, index) => {
    const given =
      byKey.get(hostKey(chosen.name)) ??
      outer.nodes.find((node) => isSameHost(node.name, chosen.name)) ??
      outer.nodes.find((node) => isAlso(node.name, chosen.name))
    if (given === undefined) throw outsideError(outer, choice, chosen.name)
    const isNumbered = (chosen.slotsDeclared && chosen.isBare !== true) || (timesNamed[index] ?? 1) > 1
    if (isNumbered && chosen.slots > mostOf(given)) notes.push(cutNote(outer, choice, given, chosen))
    return narrowNode(given, chosen, isNumbered)
  })
  return {
    nodes,
    ...(choice.sequence === undefined ? {} : { sequence: choice.sequence }),
    source: `${choice.source} within ${outer.source}`,
    ...(notes.length === 0 ? {} : { notes }),
  }
}

function narrowNode(given: Node, chosen: Node, isNumbered: boolean): Node {
  const { isBare, mayUse, ...outer } = given
  const { isBare: _isBare, ...own } = chosen
  const maxSlots = Math.min(given.maxSlots ?? Number.POSITIVE_INFINITY, chosen.maxSlots ?? Number.POSITIVE_INFINITY)
  return {
    ...outer,
    ...own,
    slots: isNumbered ? Math.min(mostOf(given), chosen.slots) : given.slots,
    slotsDeclared: given.slotsDeclared || chosen.slotsDeclared,
    ...(Number.isFinite(maxSlots) ? { maxSlots } : {}),
    ...(isBare === true && !isNumbered ? { isBare } : {}),
    ...(mayUse === undefined || isNumbered ? {} : { mayUse }),
  }
}

function mostOf(node: Node): number {
  return Math.max(node.slots, node.mayUse ?? 0)
}

function cutNote(outer: Allocation, choice: NodeChoice, given: Node, chosen: Node): string {
  const wanted = `${choice.source} asks for ${chosen.slots} slots on ${chosen.name}`
  return `${wanted}, ${outer.source} has ${mostOf(given)}: ${mostOf(given)} are used.`
}

function outsideError(outer: Allocation, choice: NodeChoice, name: string): MpirunError {
  const hosts = listHosts(outer.nodes.map((node) => node.name))
  const message = `Cannot use host ${quote(name)} of ${choice.source}: it is not in ${outer.source} (${hosts}). Name hosts of that list alone.`
  return new MpirunError('ERR_HOSTFILE', message, { exitStatus: ExitStatus.usage })
}

function listError(text: string, problem: string): MpirunError {
  const message = `Cannot use ${quote(text)} as the value of --host: ${problem}. Write hosts as node1:4,node2:4.`
  return new MpirunError('ERR_USAGE', message, { exitStatus: ExitStatus.usage })
}

/** Words for the middle of a message; of many only the first eight. */
export function listHosts(words: readonly string[]): string {
  const shown = words.slice(0, 8).join(', ')
  return words.length > 8 ? `${shown} and ${words.length - 8} more` : shown
}
