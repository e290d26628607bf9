import { ExitStatus, MpirunError } from '../base/errors.ts'
import { hostKey, quote } from './host-name.ts'
import { type HostLine, lineError, parseHostLine } from './hostfile-line.ts'
import type { Node, NodeTable } from './placement.ts'

/**
 * Reads a hostfile in the grammar of Open MPI (`host slots=4 max_slots=8`), of MPICH (`host:4`) or of PBS (a line for each slot),
 * mixed as one likes (docs: hostfile.example). `file` is its name for messages.
 *
 * A host that is named again gets the slots of that line on top; not so `slots=`, which says all of a host's slots at once.
 * Throws ERR_HOSTFILE (exit status 2) with file:line:column.
 */
export function parseHostfile(text: string, file: string): NodeTable {
  const hosts = new Map<string, HostDraft>()
  const sequence: number[] = []
  const lines = text.replace(/^\uFEFF/, '').split(/\r\n|\r|\n/)
  for (const [index, lineText] of lines.entries()) {
    const line = parseHostLine(lineText, { file, line: index + 1 })
    if (line !== null) sequence.push(addLine(hosts, line))
  }
  if (hosts.size === 0) {
    const message = `Cannot use hostfile ${quote(file)}: it names no host. Add a line for each node, such as: node1 slots=4`
    throw new MpirunError('ERR_HOSTFILE', message, { exitStatus: ExitStatus.usage })
  }
  return { nodes: Array.from(hosts.values(), toNode), sequence }
}

/** What is known of a host so far, and the line that was last to say something of it. */
interface HostDraft {
  readonly index: number
  readonly line: HostLine
  readonly slots: number
  readonly lines: number
  readonly isBare: boolean
}

/** Without any number. */
function isBare(line: HostLine): boolean {
  return line.slots === undefined && line.maxSlots === undefined
}

/** Adds a line to the host it names; returns the host's index. */
function addLine(hosts: Map<string, HostDraft>, line: HostLine): number {
  const known = hosts.get(hostKey(line.name))
  const draft =
    known === undefined
      ? { index: hosts.size, line, slots: line.slots ?? 1, lines: 1, isBare: isBare(line) }
      : { ...merge(known, line), index: known.index, lines: known.lines + 1, isBare: known.isBare && isBare(line) }
  const { maxSlots } = draft.line
  if (maxSlots !== undefined && maxSlots < draft.slots) {
    throw conflict(
      line,
      `it has ${draft.slots} slots, more than its max_slots=${maxSlots}. Raise max_slots or lower slots`,
    )
  }
  hosts.set(hostKey(line.name), draft)
  return draft.index
}

function merge(known: HostDraft, line: HostLine): Pick<HostDraft, 'line' | 'slots'> {
  const earlier = `line ${known.line.place.line}`
  if (known.line.isTotal || line.isTotal) {
    throw conflict(line, `${earlier} names it too, and slots= says all of a host's slots. Keep one line, with slots=`)
  }
  for (const field of ['user', 'port', 'maxSlots'] as const) {
    const [before, now] = [known.line[field], line[field]]
    if (before !== undefined && now !== undefined && before !== now) {
      throw conflict(line, `${earlier} gives it ${field} ${before}, this line ${now}. Keep one of them`)
    }
  }
  return { line: { ...known.line, ...line, name: known.line.name }, slots: known.slots + (line.slots ?? 1) }
}

function conflict(line: HostLine, reason: string): MpirunError {
  return lineError(line.place, { text: line.name, column: line.column }, reason)
}

function toNode({ line, slots, ...draft }: HostDraft): Node {
  return {
    name: line.name,
    ...(line.user === undefined ? {} : { user: line.user }),
    ...(line.port === undefined ? {} : { port: line.port }),
    // Open MPI: a host that may have so many and of which nothing else is said has as many.
    slots: draft.lines === 1 ? (line.slots ?? line.maxSlots ?? slots) : slots,
    slotsDeclared: true,
    ...(line.maxSlots === undefined ? {} : { maxSlots: line.maxSlots }),
    ...(draft.isBare ? { isBare: true } : {}),
  }
}
