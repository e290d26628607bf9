import {
  bytesOf,
  copyOfView,
  datatypeName,
  datatypeOf,
  isView,
  type View,
  viewOfBytes,
} from '../../datatypes/datatype.ts'
import { type ReduceLoop, reduceLoop } from '../../operations/reduce-loops.ts'
import { type Op, toOp } from '../../operations/reduce-op.ts'
import { combineValues, isDefinedOnValue } from '../../operations/reduce-values.ts'
import type { SendRequest } from '../../sending/send-request.ts'
import { argumentError } from './arguments.ts'
import { whatIs, withArticle } from '../../terms/in-words.ts'
import type { CollectiveReceive } from './collective-receive.ts'
import type { Collective } from './collective.ts'
import type { Members } from './members.ts'
import { packetOf, valueOf } from './packet.ts'
import { valueTypes } from './signature.ts'

/** How one reduction handles what it reduces: values, or views element by element. `X` is a value or a view. */
export interface Reduction<X> {
  readonly op: Op
  /** Type in the signature of the call. */
  readonly type: number
  /** `x` in memory that may be written to: in `into`, or new. */
  own(x: X, into?: X): X
  /** Returns the request that is done when `x` may be written to; null: now. */
  send(collective: Collective, dest: number, x: X): SendRequest | null
  receive(collective: Collective, source: number): CollectiveReceive
  /** What a receive has brought, in memory that may be written to. */
  received(receive: CollectiveReceive): X
  /** `lower op higher`. Both may be written to; the result lies in the memory of the one that `mine` names. */
  combine(lower: X, higher: X, mine: 'lower' | 'higher'): X
}

/** The reduction of what this rank was given. Throws ERR_OP and ERR_TYPE. */
export function reductionOf<X>(members: Members, call: string, x: X, givenOp: unknown): Reduction<X> {
  const op = toOp(givenOp, members.collectives.engine.rank, call)
  // A reduction of views is one of X where X is a view.
  if (isView(x)) return reductionOfViews(members, call, x, op) as unknown as Reduction<X>
  return reductionOfValues(members, call, x, op)
}

function reductionOfValues<X>(members: Members, call: string, x: X, op: Op): Reduction<X> {
  if (!isDefinedOnValue(op, x)) {
    const advice = `it combines ${takenBy(op)}; a function combines anything`
    throw argumentError(members, 'ERR_TYPE', call, `${op.name} is not defined on ${whatIs(x)}; ${advice}`)
  }
  const rank = members.collectives.engine.rank
  return {
    op,
    type: op.fn === null ? valueTypeOf(x) : 0,
    own: (value) => value,
    send: (collective, dest, value) => collective.send(dest, packetOf(value)),
    receive: (collective, source) => collective.receive(source),
    received: (receive) => valueOf<X>(receive.packet),
    // Operations return what they take.
    combine: (lower, higher) => combineValues(op, lower, higher, rank, call) as X,
  }
}

function takenBy({ name }: Op): string {
  if (name.endsWith('LOC')) return 'objects { value, loc }'
  return `${name.startsWith('B') ? 'integers' : 'numbers'}, bigints, booleans and the elements of typed arrays`
}

function valueTypeOf(x: unknown): number {
  if (typeof x === 'number') return valueTypes.number
  if (typeof x === 'bigint') return valueTypes.bigint
  return typeof x === 'boolean' ? valueTypes.boolean : valueTypes.location
}

/** The loop of an operation over views like this one. Throws ERR_OP where it is not defined on them. */
export function loopFor(members: Members, call: string, view: View, op: Op): ReduceLoop {
  const loop = reduceLoop(op, datatypeOf(view))
  if (loop === null) {
    throw argumentError(
      members,
      'ERR_OP',
      call,
      `${op.name} is not defined on ${withArticle(datatypeName(datatypeOf(view)))}${op.name.endsWith('LOC') ? ', but on { value, loc }' : ''}`,
    )
  }
  return loop
}

/** The reduction of views like `like`. Throws ERR_OP. */
export function reductionOfViews(members: Members, call: string, like: View, op: Op): Reduction<View> {
  const loop = loopFor(members, call, like, op)
  const datatype = datatypeOf(like)
  let scratch: Uint8Array | null = null
  return {
    op,
    type: datatype,
    own: (view, into) => {
      if (into === undefined) return copyOfView(view)
      if (into !== view) bytesOf(into).set(bytesOf(view))
      return into
    },
    send: (collective, dest, view) => collective.send(dest, { datatype, bytes: bytesOf(view) }),
    receive: (collective, source) => {
      // One piece of memory serves all rounds: each is combined before the next is received.
      scratch ??= collective.borrow(like.byteLength)
      return collective.receiveLike(source, like, scratch)
    },
    received: (receive) => viewOfBytes(datatype, receive.packet.bytes),
    combine: (lower, higher, mine) => {
      const into = mine === 'lower' ? lower : higher
      loop(into, 0, lower, 0, higher, 0, into.length)
      return into
    },
  }
}
