import { inQuotes } from '../base/visible-text.ts'

/** Slots, ranks and counts above this are taken for a typing mistake. */
export const MAX_COUNT = 1_000_000

/** A host as written in a hostfile or after --host: `[user@]host[:slots]`. */
export interface HostSpec {
  /** Without the brackets of an IPv6 address. */
  readonly name: string
  readonly user?: string
  readonly slots?: number
}

/** Why a word cannot be used: a clause for the middle of a sentence, and what to do. */
export interface Problem {
  readonly problem: string
}

/**
 * Reads `[user@]host[:slots]`; `host` is a name, an IPv4 address, or an IPv6 address, in brackets where slots follow. Names reach
 * ssh's command line, so whatever ssh could take for an option, or a shell for its own, is refused.
 */
export function parseHostSpec(token: string): HostSpec | Problem {
  const at = token.lastIndexOf('@')
  const user = at < 0 ? undefined : token.slice(0, at)
  if (user !== undefined && !isUserName(user)) {
    return { problem: `the user name ${quote(user)} is not one: use letters, digits, ".", "_" and "-", not "-" first` }
  }
  const host = splitSlots(token.slice(at + 1))
  if ('problem' in host) return host
  return user === undefined ? host : { ...host, user }
}

function splitSlots(text: string): HostSpec | Problem {
  const bracketed = /^\[([^\]]*)\](?::(.*))?$/.exec(text)
  if (bracketed !== null) return checked(bracketed[1] ?? '', bracketed[2], isIpv6(bracketed[1] ?? ''))
  if (isIpv6(text)) return { name: text }
  const colon = text.indexOf(':')
  const name = colon < 0 ? text : text.slice(0, colon)
  return checked(name, colon < 0 ? undefined : text.slice(colon + 1), isHostName(name))
}

function checked(name: string, slotsText: string | undefined, isValid: boolean): HostSpec | Problem {
  if (!isValid) {
    return {
      problem: `${quote(name)} is not a host: use letters, digits, ".", "_" and "-", not "-" first, or an address`,
    }
  }
  if (slotsText === undefined) return { name }
  const slots = parseCount(slotsText)
  if (slots === undefined) return { problem: `${quote(slotsText)} is not a number of slots: write ${name}:4` }
  return { name, slots }
}

/** A whole number from 1 to MAX_COUNT in plain digits, else `undefined`. */
export function parseCount(text: string): number | undefined {
  if (!/^[0-9]{1,7}$/.test(text)) return undefined
  const count = Number(text)
  return count >= 1 && count <= MAX_COUNT ? count : undefined
}

/** Letters of DNS names, and `_`, which clusters use; at most 253 of them (RFC 1035 §2.3.4). */
function isHostName(text: string): boolean {
  return text.length <= 253 && /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(text)
}

export function isUserName(text: string): boolean {
  return text.length <= 255 && /^[A-Za-z0-9_][A-Za-z0-9_.@+-]*$/.test(text)
}

/** IPv6 in any of its spellings, with an optional zone (`fe80::1%eth0`); by hand, because node:net is slow to load. */
export function isIpv6(text: string): boolean {
  const [address = '', zone, ...rest] = text.split('%')
  if (rest.length > 0 || (zone !== undefined && !isHostName(zone))) return false
  const halves = address.split('::')
  if (halves.length > 2) return false
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')))
  const ipv4 = groups.at(-1)?.includes('.') === true ? groups.pop() : undefined
  if (ipv4 !== undefined && (address.endsWith('::') || !isIpv4(ipv4))) return false
  if (!groups.every((group) => /^[0-9A-Fa-f]{1,4}$/.test(group))) return false
  const length = groups.length + (ipv4 === undefined ? 0 : 2)
  return halves.length === 2 ? length <= 7 : length === 8
}

export function isIpv4(text: string): boolean {
  return /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.|$)){4}$/.test(text) && !text.endsWith('.')
}

/** `n1` and `n1.cluster` are the same host, `w.1.net` and `w.2.net` are two; case does not count. */
export function isSameHost(left: string, right: string): boolean {
  const a = hostKey(left)
  const b = hostKey(right)
  if (a === b) return true
  if (isIpv4(a) || isIpv4(b)) return false
  return a.startsWith(`${b}.`) ? !b.includes('.') : b.startsWith(`${a}.`) && !a.includes('.')
}

/** What two spellings of the same name have in common; of an IPv6 address the shortest one (RFC 5952). */
export function hostKey(name: string): string {
  const lower = name.toLowerCase()
  const [address = '', zone] = lower.split('%')
  if (isIpv6(lower) && !address.includes('.')) {
    const shortest = new URL(`http://[${address}]`).hostname.slice(1, -1)
    return zone === undefined ? shortest : `${shortest}%${zone}`
  }
  return lower.length > 1 && lower.endsWith('.') ? lower.slice(0, -1) : lower
}

/** A word of the user's in a message: in quotes, control characters visible, cut where it is very long. */
export function quote(text: string): string {
  return inQuotes(text.length > 60 ? `${text.slice(0, 57)}...` : text)
}
