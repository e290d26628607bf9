import { revokedError } from '../losses/comm-failure.ts'
import { collectiveContext, type Context, groupContext, messageContext } from '../matching/context.ts'
import type { Delivery } from './delivery.ts'
import { REPLIES } from '../../wire/envelope-flags.ts'
import type { PendingRequest } from '../requests/pending-request.ts'
import type { SendRequest } from '../sending/send-request.ts'
import type { Sending } from '../sending/sending.ts'

/**
 * Makes every request of a communicator that is not done fail with ERR_REVOKED, and those to come: its contexts say that it is revoked. What
 * has begun to travel arrives all the same, and is thrown away. Nothing of a call's memory is used after the call has failed.
 */
export function revokeContexts(rank: number, delivery: Delivery, sending: Sending, comm: number): void {
  const contexts = [messageContext, collectiveContext, groupContext].map((idOf) => delivery.context(idOf(comm)))
  if (contexts[0]?.isRevoked === true) return
  for (const context of contexts) context.isRevoked = true
  for (const context of contexts) {
    // Collectives fail their own receives and sends.
    if (context.watch === null) failRequests(rank, sending, context)
    else context.watch.broken()
    delivery.discardUnexpected(context)
  }
}

function failRequests(rank: number, sending: Sending, context: Context): void {
  const name = context.communicator?.name ?? 'the communicator'
  const fail = (request: PendingRequest<unknown>): void =>
    request.fail(revokedError(rank, request.call, request.describe(), name))
  for (const receive of context.posted()) {
    context.withdraw(receive)
    fail(receive)
  }
  // Matched, while the payload is still at its sender, which will not send it any more.
  for (const message of sending.rendezvous.expectedIn(context.context)) {
    const { receive } = message
    message.detach()
    if (receive !== null) fail(receive)
  }
  // An answer to a message that has come is not the communicator's own.
  const isOurs = ({ envelope }: SendRequest): boolean =>
    envelope.context === context.context && (envelope.flags & REPLIES) === 0
  const sends = [...sending.outbox.queued(), ...sending.dropUnmatched(isOurs), ...sending.rendezvous.dropIf(isOurs)]
  for (const request of sends.filter(isOurs)) {
    // It may have begun, and has used credit, so it goes on as a copy.
    request.detach()
    fail(request)
  }
  for (const request of sending.lending.dropIf(isOurs))
    request.abandon(revokedError(rank, request.call, request.describe(), name))
}
