import type { CollectiveReceive } from '../call/collective-receive.ts'
import type { Collective } from '../call/collective.ts'
import type { Packet } from '../call/packet.ts'
import type { Steps } from '../call/steps.ts'

/** How a packet gets to the other nodes: from its source to each of them, or round, from one node to the next, so that each sends to one. */
export type Way = 'direct' | 'ring'

/**
 * Brings each rank's packet to all others. Ranks of a node send to each other, beginning with the next, so that nobody is flooded. To each other
 * node a packet comes once, to one rank, which passes it on to the others there; who that is goes round, so that all have their share.
 * `receive`: posts the receive of what `source` gives, as `from` sends it. Returns the receives, by source.
 */
export function* exchange(
  collective: Collective,
  packet: Packet,
  way: Way,
  receive: (from: number, source: number) => CollectiveReceive,
): Steps<(CollectiveReceive | undefined)[]> {
  const { rank, size, nodes } = collective
  const here = nodes.of(rank)
  const others = Array.from({ length: size - 1 }, (_, i) => (rank + 1 + i) % size)
  const near = others.filter((other) => nodes.of(other) === here)
  const far = others.filter((other) => nodes.of(other) !== here)
  const receives: (CollectiveReceive | undefined)[] = new Array<undefined>(size).fill(undefined)
  // What one rank sends another comes in this order on every node: its own packet, then what it passes on, from the nearest nodes first.
  const hops = (source: number): number => (way === 'ring' ? (here - nodes.of(source) + nodes.count) % nodes.count : 1)
  const coming = far.sort((one, other) => hops(one) - hops(other) || one - other)
  const relayHere = (source: number): number => relayOf(collective, source, here)
  const isFirst = (source: number): boolean => way === 'direct' || hops(source) === 1
  const before = (here - 1 + nodes.count) % nodes.count
  for (const source of near) receives[source] = receive(source, source)
  for (const source of coming) {
    const fromAfar = isFirst(source) ? source : relayOf(collective, source, before)
    receives[source] = receive(relayHere(source) === rank ? fromAfar : relayHere(source), source)
  }
  const next = (here + 1) % nodes.count
  for (const dest of others) {
    const node = nodes.of(dest)
    const isOnWay = way === 'direct' || node === next
    if (node === here || (isOnWay && relayOf(collective, rank, node) === dest)) collective.send(dest, packet)
  }
  for (const source of coming) {
    const passed = receives[source]
    if (passed === undefined || relayHere(source) !== rank) continue
    yield passed
    const { datatype, bytes } = passed.packet
    if (way === 'ring' && next !== nodes.of(source))
      collective.send(relayOf(collective, source, next), { datatype, bytes })
    for (const dest of near) collective.send(dest, { datatype, bytes })
  }
  return receives
}

/** The rank of a node that what `source`, of another node, gives comes to first. */
function relayOf({ nodes }: Collective, source: number, node: number): number {
  const ranks = nodes.ranksOn(node)
  return ranks[nodes.placeOf(source) % ranks.length] ?? 0
}
