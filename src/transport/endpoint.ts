import { BlockList, isIPv6 } from 'node:net'
import type { NetworkInterfaceInfo } from 'node:os'
import { ExitStatus, MpirunError } from '../base/errors.ts'

/** What `os.networkInterfaces()` returns. */
export type NetworkInterfaces = Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>

/**
 * The addresses of this machine that others may dial, the most likely one first: IPv4 before IPv6, then loopback. Link-local
 * addresses are left out, because they mean nothing without the name of the dialer's interface.
 * `only`: names of interfaces, addresses and networks (`10.0.0.0/8`) with commas between them; then no others are given. `except`: the same,
 * of what is not given.
 * @throws MpirunError ERR_USAGE (exit status 2) that lists what exists, when nothing of it is left.
 */
export function localAddresses(interfaces: NetworkInterfaces, only?: string, except?: string): readonly string[] {
  const usable = Object.entries(interfaces).flatMap(([name, entries = []]) =>
    entries.filter((entry) => !isLinkLocal(entry.address)).map((entry) => ({ name, ...entry })),
  )
  if (only === undefined && except === undefined) {
    return usable.toSorted((left, right) => rank(left) - rank(right)).map((entry) => entry.address)
  }
  const isWanted = only === undefined ? () => true : selects(only)
  const isUnwanted = except === undefined ? () => false : selects(except)
  const chosen = usable.filter((entry) => isWanted(entry) && !isUnwanted(entry))
  if (chosen.length > 0) return chosen.toSorted((left, right) => rank(left) - rank(right)).map((entry) => entry.address)
  const existing = usable.map((entry) => `${entry.name} (${entry.address})`).join(', ')
  throw new MpirunError(
    'ERR_USAGE',
    `${wish(only, except)}: this machine has no such interface or address. It has ${existing === '' ? 'none' : existing}.`,
    { exitStatus: ExitStatus.usage },
  )
}

/** The network that a user has chosen on one machine of the job (--interface), as the others see it. */
export interface InterfaceChoice {
  /** What the user has written; empty where that only says what is not to be used. */
  readonly name: string
  /** Networks of the addresses that this means there, such as '10.0.0.5/24'. */
  readonly networks: readonly string[]
}

/** What --interface means for other machines. `addresses`: those that it means here. */
export function interfaceChoice(
  interfaces: NetworkInterfaces,
  name: string,
  addresses: readonly string[],
): InterfaceChoice {
  const entries = Object.values(interfaces).flatMap((each) => each ?? [])
  return { name, networks: entries.flatMap(({ address, cidr }) => (cidr && addresses.includes(address) ? [cidr] : [])) }
}

/**
 * The addresses of this machine that a choice made on another one means: those in the same network, else those of the interface of that name; empty
 * where it has neither.
 */
export function chosenAddresses(interfaces: NetworkInterfaces, { name, networks }: InterfaceChoice): readonly string[] {
  const chosen = listOfNetworks(networks)
  const inNetwork = localAddresses(interfaces).filter((address) => chosen.check(address, familyOf(address)))
  if (inNetwork.length > 0 || name === '') return inNetwork
  try {
    return localAddresses(interfaces, name)
  } catch {
    return []
  }
}

function listOfNetworks(cidrs: readonly (string | null)[]): BlockList {
  const list = new BlockList()
  for (const cidr of cidrs) {
    const [address = '', prefix] = cidr?.split('/') ?? []
    if (prefix !== undefined) list.addSubnet(address, Number(prefix), familyOf(address))
  }
  return list
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return address.includes(':') ? 'ipv6' : 'ipv4'
}

/**
 * Which of the addresses that a peer offers are dialled, in this order: those in a network of this machine first. The own addresses of this machine
 * (loopback, the bridge of a container system) lead back to it, and to a wrong program where that listens on the peer's port. Only when all of
 * them are its own the peer is a program on this machine.
 */
export function addressesToDial(offered: readonly string[], interfaces: NetworkInterfaces): readonly string[] {
  const own = Object.values(interfaces).flatMap((entries) => entries ?? [])
  const ownAddresses = new Set(own.map(({ address }) => address))
  const foreign = offered.filter((address) => !ownAddresses.has(address) && !isLoopback(address))
  if (foreign.length === 0) return offered
  const near = listOfNetworks(own.map(({ cidr }) => cidr))
  const isNear = (address: string): boolean => near.check(address, familyOf(address))
  return [...foreign.filter(isNear), ...foreign.filter((address) => !isNear(address))]
}

function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.')
}

interface NamedAddress {
  readonly name: string
  readonly address: string
}

/** Whether an address is one of those in a list such as `eth0,192.0.2.7,10.0.0.0/8`. */
function selects(list: string): (entry: NamedAddress) => boolean {
  const words = list.split(',').map((word) => word.trim())
  const networks = words.flatMap((word) => networkOf(word) ?? [])
  return ({ name, address }) =>
    words.some((word) => word === name || word === address) || networks.some((network) => network(address))
}

/** `10.0.0.0/8`, `2001:db8::/32`, and Open MPI's short `10/8`; `undefined` for another word. */
function networkOf(word: string): ((address: string) => boolean) | undefined {
  const [, text = '', bits = ''] = /^([^/]+)\/(\d{1,3})$/.exec(word) ?? []
  const family = text.includes(':') ? 'ipv6' : 'ipv4'
  const address = family === 'ipv6' ? text : [...text.split('.'), '0', '0', '0'].slice(0, 4).join('.')
  const network = new BlockList()
  try {
    network.addSubnet(address, Number(bits), family)
    // Without the look at the family ::/0 would hold IPv4 too.
    return (entry) => isIPv6(entry) === (family === 'ipv6') && network.check(entry, family)
  } catch {
    return undefined
  }
}

/** The options that chose, as they are typed. */
function wish(only: string | undefined, except: string | undefined): string {
  const parts = [
    ...(only === undefined ? [] : [`--interface ${only}`]),
    ...(except === undefined ? [] : [`--mca btl_tcp_if_exclude ${except}`]),
  ]
  return parts.join(' and ')
}

function rank(entry: NetworkInterfaceInfo): number {
  return (entry.internal ? 2 : 0) + (entry.family === 'IPv4' ? 0 : 1)
}

function isLinkLocal(address: string): boolean {
  return /^fe[89ab]/i.test(address) || address.startsWith('169.254.')
}
