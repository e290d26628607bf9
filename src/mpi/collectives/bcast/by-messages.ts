import { bytesOf, datatypeOf, subview, type View } from '../../datatypes/datatype.ts'
import { checkRoot, checkView } from '../call/arguments.ts'
import { isLong } from '../by-messages/choice.ts'
import { Collective } from '../call/collective.ts'
import type { Members } from '../call/members.ts'
import type { CollectiveReceive } from '../call/collective-receive.ts'
import { type Packet, packetOf, valueOf } from '../call/packet.ts'
import type { Plan } from '../call/run.ts'
import type { Steps } from '../call/steps.ts'
import { binomialTree, chains, type TreePlace } from '../by-messages/trees.ts'

/** A long view goes in pieces of so many bytes, each of which is passed on while the next one comes. */
const PIECE_BYTES = 64 * 1024
/** Receives of pieces that wait at a time: what comes finds its place in the view. */
const PIECES_AHEAD = 8

/** MPI_Bcast of a value (MPI 4.1 §6.4): root's `x` on every rank; on root `x` itself. Throws ERR_ROOT, and ERR_TYPE where `x` cannot travel. */
export function bcast<T>(members: Members, x: T, root: number): Plan<T> {
  checkRoot(members, 'bcast', root)
  const collective = new Collective(members, { call: 'bcast', root, op: null, type: 0 })
  return { collective, steps: bcastValue(collective, x, root) }
}

/** MPI_Bcast of a view: root's elements in `view` of every rank; all views have the same type and length. */
export function bcastInto(members: Members, view: View, root: number): Plan<void> {
  const call = 'bcastInto'
  checkRoot(members, call, root)
  checkView(members, call, 'view', view)
  const long = isLong(members, call, view.byteLength)
  const collective = new Collective(members, { call, root, op: null, type: datatypeOf(view), isLong: long })
  const tree = long ? chains(collective, root) : binomialTree(collective, root)
  return { collective, steps: spreadPieces(collective, view, tree, long ? PIECE_BYTES : view.byteLength) }
}

/** The value of rank `root` on every rank. */
export function* bcastValue<T>(collective: Collective, x: T, root: number): Steps<T> {
  const isRoot = collective.rank === root
  const packet = yield* spread(collective, isRoot ? packetOf(x) : null, root)
  return isRoot ? x : valueOf<T>(packet)
}

/** Brings root's packet, whose length the others do not know, to every rank. */
function* spread(collective: Collective, packet: Packet | null, root: number): Steps<Packet> {
  const { parent, children } = binomialTree(collective, root)
  let here = packet
  if (here === null) {
    const receive = collective.receive(parent)
    yield receive
    here = receive.packet
  }
  for (const child of children) collective.send(child, here)
  return here
}

/** Brings root's elements into the view of every rank, piece by piece. */
function* spreadPieces(collective: Collective, view: View, tree: TreePlace, pieceBytes: number): Steps<void> {
  const { parent, children } = tree
  const datatype = datatypeOf(view)
  const length = Math.max(1, Math.floor(pieceBytes / view.BYTES_PER_ELEMENT))
  // An empty view is one piece: those that wait for it learn that all have come.
  const count = Math.max(1, Math.ceil(view.length / length))
  const pieceAt = (i: number): View => subview(view, i * length, Math.min(view.length, (i + 1) * length))
  const receives: CollectiveReceive[] = []
  for (let i = 0; i < count; i += 1) {
    if (parent >= 0) {
      while (receives.length < Math.min(count, i + PIECES_AHEAD)) {
        receives.push(collective.receiveInto(parent, pieceAt(receives.length)))
      }
      const receive = receives[i]
      if (receive !== undefined) {
        yield receive
        receive.check()
      }
    }
    const packet = { datatype, bytes: bytesOf(pieceAt(i)) }
    for (const child of children) collective.send(child, packet)
  }
}
