import { BlockList } from 'node:net'
import type { NetworkInterfaceInfo } from 'node:os'
import { ExitStatus, MpirunError } from '../base/errors.ts'

/** What `os.networkInterfaces()` returns. */
export type NetworkInterfaces = Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>

/**
 * The addresses of this machine that others may dial, the most likely one first: IPv4 before IPv6, then loopback. Link-local
 * addresses are left out, because they mean nothing without the name of the dialer's interface.
 * `only`: the name of an interface or one address; then no others are given.
 * @throws MpirunError ERR_USAGE (exit status 2) that lists what exists, when `only` does not.
 */
export function localAddresses(interfaces: NetworkInterfaces, only?: string): readonly string[] {
  const usable = Object.entries(interfaces).flatMap(([name, entries = []]) =>
    entries.filter((entry) => !isLinkLocal(entry.address)).map((entry) => ({ name, ...entry })),
  )
  if (only === undefined) {
    return usable.toSorted((left, right) => rank(left) - rank(right)).map((entry) => entry.address)
  }
  const chosen = usable.filter((entry) => entry.name === only || entry.address === only)
  if (chosen.length > 0) return chosen.toSorted((left, right) => rank(left) - rank(right)).map((entry) => entry.address)
  const existing = usable.map((entry) => `${entry.name} (${entry.address})`).join(', ')
  throw new MpirunError(
    'ERR_USAGE',
    `--interface ${only}: this machine has no such interface or address. It has ${existing === '' ? 'none' : existing}.`,
    { exitStatus: ExitStatus.usage },
  )
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
  const near = new BlockList()
  for (const { address, cidr, family } of own) {
    const prefix = Number(cidr?.split('/')[1])
    if (Number.isInteger(prefix)) near.addSubnet(address, prefix, family === 'IPv6' ? 'ipv6' : 'ipv4')
  }
  const isNear = (address: string): boolean => near.check(address, address.includes(':') ? 'ipv6' : 'ipv4')
  return [...foreign.filter(isNear), ...foreign.filter((address) => !isNear(address))]
}

function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.')
}

function rank(entry: NetworkInterfaceInfo): number {
  return (entry.internal ? 2 : 0) + (entry.family === 'IPv4' ? 0 : 1)
}

function isLinkLocal(address: string): boolean {
  return /^fe[89ab]/i.test(address) || address.startsWith('169.254.')
}
