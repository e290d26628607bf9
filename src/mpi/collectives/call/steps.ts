import type { PendingRequest } from '../../requests/pending-request.ts'

/** Yielded by a collective that computes for long: messages move, and in the awaitable form the event loop turns, before it goes on. */
export const PAUSE = 'pause'

/**
 * A collective, written once for its blocking and its awaitable form: it yields each request that it has to wait for, and is resumed when
 * the request is done.
 */
export type Steps<T> = Generator<PendingRequest<unknown> | typeof PAUSE, T, undefined>
