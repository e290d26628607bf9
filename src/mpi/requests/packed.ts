import type { View } from '../datatypes/datatype.ts'
import { MappedRequest } from './mapped-request.ts'
import { PendingRequest, type Progress } from './pending-request.ts'
import type { Request } from '../terms/request.ts'
import { Strided } from '../datatypes/strided.ts'

/*
 * Elements that do not lie together, in calls that work on views: what is given is packed, and what comes is put into its places at the end. The
 * target is packed first, because not every call fills all of it.
 */

export function isStrided(x: unknown): x is Strided {
  return x instanceof Strided
}

/** What a call in value form was given: elements as the view that the others get. */
export function withoutStrides<T>(x: T): T {
  // For the caller T is what the other ranks get.
  return x instanceof Strided ? (x.pack() as T) : x
}

/** `call` of two views in place of `send` and `recv`. */
export function packed<S, R, T>(
  send: S,
  recv: R,
  call: (send: Exclude<S, Strided>, recv: Exclude<R, Strided>) => T,
): T {
  const into = withoutStrides(recv) as Exclude<R, Strided>
  const result = call(withoutStrides(send) as Exclude<S, Strided>, into)
  if (recv instanceof Strided) recv.unpack(into as View)
  return result
}

/** As `packed`, of an awaitable call: the elements are in their places when the request is done. */
export function ipacked<S, R, T>(
  engine: Progress,
  send: S,
  recv: R,
  call: (send: Exclude<S, Strided>, recv: Exclude<R, Strided>) => Request<T>,
): Request<T> {
  const into = withoutStrides(recv) as Exclude<R, Strided>
  const request = call(withoutStrides(send) as Exclude<S, Strided>, into)
  if (!(recv instanceof Strided) || !(request instanceof PendingRequest)) return request
  // What awaitable calls return.
  return new MappedRequest<T, T>(engine, request as PendingRequest<T>, (value) => {
    recv.unpack(into as View)
    return value
  })
}
