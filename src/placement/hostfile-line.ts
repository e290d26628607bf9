import { MpirunError } from '../base/errors.ts'
import { type HostSpec, isUserName, MAX_COUNT, parseCount, parseHostSpec, quote } from './host-name.ts'
import { nearestSpelling } from '../base/nearest-spelling.ts'
import { visibleLine } from '../base/visible-text.ts'

/** Where a line stands, for messages. */
export interface LinePlace {
  readonly file: string
  readonly line: number
}

/** One line of a hostfile that names a host. */
export interface HostLine extends HostSpec {
  readonly place: LinePlace
  readonly column: number
  readonly port?: number
  readonly maxSlots?: number
  /** Whether `slots` came from `slots=`, which says all of the host's slots and so stands alone. */
  readonly isTotal: boolean
}

type Key = 'slots' | 'maxSlots' | 'user' | 'port' | 'ignored'

/** Open MPI's keys with their other names, and MPICH's `user=` and `binding=`. */
const KEYS: ReadonlyMap<string, Key> = new Map([
  ...alike('slots', 'slots', 'slot', 'cpu', 'count'),
  ...alike('maxSlots', 'max_slots', 'slots_max', 'max_cpu', 'cpu_max', 'max_count', 'count_max'),
  ...alike('user', 'user', 'username', 'user_name'),
  ...alike('port', 'port'),
  ...alike('ignored', 'binding'),
])

interface Token {
  readonly text: string
  readonly column: number
}

/**
 * Reads one line of a hostfile; `null` where it holds nothing but blanks and a comment.
 * Throws ERR_HOSTFILE (exit status 2) with file:line:column, the word, and how to put it right.
 */
export function parseHostLine(text: string, place: LinePlace): HostLine | null {
  const [first, ...rest] = tokenize(text)
  if (first === undefined) return null
  if (first.text.includes('=')) {
    throw lineError(place, first, 'it stands where a host is wanted. Begin the line with the host: node1 slots=4')
  }
  const host = parseHostSpec(first.text)
  if ('problem' in host) throw lineError(place, first, host.problem)
  const line: Draft = { ...host, place, column: first.column, isTotal: false }
  const seen = new Set<Key>()
  for (const token of rest) applyKey(line, token, seen)
  return line
}

type Draft = { -readonly [Field in keyof HostLine]: HostLine[Field] }

function applyKey(line: Draft, token: Token, seen: Set<Key>): void {
  const [name = '', value] = token.text.split('=').map((part) => part.trim())
  if (value === undefined) {
    throw lineError(line.place, token, `only key=value may follow a host. For slots write ${line.name} slots=4`)
  }
  const key = KEYS.get(name.toLowerCase())
  if (key === undefined) throw lineError(line.place, token, unknownKey(name))
  if (seen.has(key) || (key === 'slots' && line.slots !== undefined) || (key === 'user' && line.user !== undefined)) {
    throw lineError(line.place, token, `the line says it twice. Keep one ${name}`)
  }
  seen.add(key)
  if (key === 'user') line.user = userOf(line.place, token, value)
  else if (key === 'port') line.port = countOf(line.place, token, value, 65_535)
  else if (key === 'maxSlots') line.maxSlots = countOf(line.place, token, value, MAX_COUNT)
  else if (key === 'slots') {
    line.slots = countOf(line.place, token, value, MAX_COUNT)
    line.isTotal = true
  }
}

function countOf(place: LinePlace, token: Token, text: string, limit: number): number {
  const count = parseCount(text)
  if (count === undefined || count > limit) {
    throw lineError(place, token, `the value must be a whole number from 1 to ${limit}`)
  }
  return count
}

function userOf(place: LinePlace, token: Token, user: string): string {
  if (isUserName(user)) return user
  throw lineError(place, token, 'a user name has letters, digits, ".", "_" and "-", and "-" is not first')
}

function unknownKey(name: string): string {
  const nearest = nearestSpelling(name, KEYS.keys())
  const hint = nearest === undefined ? '' : ` Did you mean ${nearest}?`
  return `there is no key ${quote(name)}.${hint} Keys are slots, max_slots, user and port`
}

/** The words of a line, without its comment; `slots = 4` is one word. */
function tokenize(text: string): Token[] {
  const comment = text.search(/#|\/\//)
  const code = comment < 0 ? text : text.slice(0, comment)
  const tokens: Token[] = []
  for (const match of code.matchAll(/(?:[^\s=]+\s*)?=\s*[^\s=]*|[^\s=]+/g)) {
    tokens.push({ text: match[0].trimEnd(), column: match.index + 1 })
  }
  return tokens
}

function alike(key: Key, ...names: string[]): [string, Key][] {
  return names.flatMap((name): [string, Key][] => [
    [name, key],
    [name.replace('_', '-'), key],
  ])
}

/** ERR_HOSTFILE for one word of a line. */
export function lineError(place: LinePlace, token: Token, reason: string): MpirunError {
  const where = `${visibleLine(place.file)}:${place.line}:${token.column}`
  return new MpirunError('ERR_HOSTFILE', `Cannot read ${where}: ${quote(token.text)}: ${reason}.`, { exitStatus: 2 })
}
