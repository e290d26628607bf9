import { bytesOf, datatypeOf, type View } from '../datatype.ts'
import { checkRoot, checkView } from './arguments.ts'
import { Collective, type Members } from './collective.ts'
import { type Packet, packetOf, valueOf } from './packet.ts'
import type { Plan } from './run.ts'
import type { Steps } from './steps.ts'

/** MPI_Bcast of a value (MPI 4.1 §6.4): root's `x` on every rank; on root `x` itself. Throws ERR_ROOT, and ERR_TYPE where `x` cannot travel. */
export function bcast<T>(members: Members, x: T, root: number): Plan<T> {
  checkRoot(members, 'bcast', root)
  const collective = new Collective(members, { call: 'bcast', root, op: null, type: 0 })
  return { collective, steps: bcastValue(collective, x, root) }
}

/** MPI_Bcast of a view: root's elements in `view` of every rank; all views have the same type and length. */
export function bcastInto(members: Members, view: View, root: number): Plan<void> {
  checkRoot(members, 'bcastInto', root)
  checkView(members, 'bcastInto', 'view', view)
  const collective = new Collective(members, { call: 'bcastInto', root, op: null, type: datatypeOf(view) })
  return { collective, steps: spreadView(collective, view, root) }
}

/** The value of rank `root` on every rank. */
export function* bcastValue<T>(collective: Collective, x: T, root: number): Steps<T> {
  const isRoot = collective.rank === root
  const packet = yield* spread(collective, isRoot ? packetOf(x) : null, root)
  return isRoot ? x : valueOf<T>(packet)
}

/** Brings root's packet to every rank by a binomial tree. */
function* spread(collective: Collective, packet: Packet | null, root: number): Steps<Packet> {
  let here = packet
  if (here === null) {
    const receive = collective.receive(parentOf(collective, root))
    yield receive
    here = receive.packet
  }
  for (const child of childrenOf(collective, root)) collective.send(child, here)
  return here
}

/** Brings root's elements into the view of every rank. */
export function* spreadView(collective: Collective, view: View, root: number): Steps<void> {
  if (collective.rank !== root) {
    const receive = collective.receiveInto(parentOf(collective, root), view)
    yield receive
    receive.check()
  }
  const packet = { datatype: datatypeOf(view), bytes: bytesOf(view) }
  for (const child of childrenOf(collective, root)) collective.send(child, packet)
}

/** The binomial tree is that of ranks counted from the root; a rank's parent lacks its lowest set bit. */
function parentOf({ rank, size }: Collective, root: number): number {
  const fromRoot = (rank - root + size) % size
  return ((fromRoot & (fromRoot - 1)) + root) % size
}

/** Children with the largest subtree first. */
function childrenOf({ rank, size }: Collective, root: number): number[] {
  const fromRoot = (rank - root + size) % size
  const lowestBit = fromRoot === 0 ? 2 ** Math.ceil(Math.log2(size)) : fromRoot & -fromRoot
  const children: number[] = []
  for (let bit = lowestBit / 2; bit >= 1; bit /= 2) {
    if (fromRoot + bit < size) children.push((fromRoot + bit + root) % size)
  }
  return children
}
