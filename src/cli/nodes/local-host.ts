import { hostKey, isIpv4, isIpv6 } from '../../placement/host-name.ts'

/** What this machine is called. */
export interface LocalNames {
  /** os.hostname(). */
  readonly hostname: string
  /** Who this process belongs to. */
  readonly user?: string
  /** Addresses of its interfaces. */
  readonly interfaces?: readonly string[]
}

const LOOPBACK: ReadonlySet<string> = new Set(['localhost', 'localhost.localdomain', '127.0.0.1', '127.0.1.1', '::1'])

/**
 * Whether the ranks of a node run in this machine's own agent: it is this machine, and no other user or port of ssh is named, behind
 * which another machine or another account may be. `others` as in isThisMachine().
 */
export function isHere(
  node: { readonly name: string; readonly user?: string; readonly port?: number },
  local: LocalNames,
  others: readonly string[] = [],
): boolean {
  const isOwnUser = node.user === undefined || node.user === local.user
  return isOwnUser && node.port === undefined && isThisMachine(node.name, local, others)
}

/**
 * Whether `name`, as written in a hostfile, is this machine: loopback names, its own host name, one of its addresses. Nothing is
 * looked up in DNS. Other loopback addresses (127.0.0.2) may well be another machine's, behind a tunnel or in a test.
 *
 * A host name matches with and without its domain, but two domains stay two hosts: where this machine only knows itself as `w`,
 * `w.1.net` is taken for it unless `others` of the allocation has another `w`.
 */
export function isThisMachine(name: string, local: LocalNames, others: readonly string[] = []): boolean {
  const wanted = plainAddress(hostKey(name))
  if (LOOPBACK.has(wanted)) return true
  if (wanted.startsWith('127.') && isIpv4(wanted)) return false
  if (isIpv4(wanted) || isIpv6(wanted)) {
    return (local.interfaces ?? []).some((address) => plainAddress(hostKey(address)) === wanted)
  }
  const own = hostKey(local.hostname)
  if (wanted === own) return true
  if (!wanted.includes('.')) return own.startsWith(`${wanted}.`)
  if (own.includes('.') || !wanted.startsWith(`${own}.`)) return false
  return others.map(hostKey).every((other) => other === wanted || !other.startsWith(`${own}.`))
}

/** Without brackets, zone, and the IPv6 form of an IPv4 address. */
function plainAddress(name: string): string {
  return name
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/%.*$/, '')
    .replace(/^::ffff:(?=[0-9.]+$)/, '')
}
