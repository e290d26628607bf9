import { revokedError } from '../losses/comm-failure.ts'
import { collectiveContext, type Context, groupContext, messageContext } from '../matching/context.ts'
import type { Delivery } from './delivery.ts'
import type { Engine } from './engine.ts'
import { REPLIES } from '../../wire/envelope-flags.ts'
import type { PendingRequest } from '../requests/pending-request.ts'
import type { SendRequest } from '../sending/send-request.ts'

/**
 * Makes every request of a communicator that is not done fail with ERR_REVOKED, and those to come: its contexts say that it is revoked. What
 * has begun to travel arrives all the same, and is thrown away. Nothing of a call's memory is used after the call has failed.
 */
export function revokeContexts(engine: Engine, delivery: Delivery, comm: number): void {
  const messages = engine.context(messageContext(comm))
  if (messages.isRevoked) return
  const contexts = [messages, engine.context(collectiveContext(comm)), engine.context(groupContext(comm))]
  for (const context of contexts) context.isRevoked = true
  for (const context of contexts) {
    // Collectives fail their own receives and sends.
    if (context.watch === null) failRequests(engine, delivery, context)
    else context.watch.broken()
    delivery.discardUnexpected(context)
  }
}

function failRequests(engine: Engine, delivery: Delivery, context: Context): void {
  const name = context.communicator?.name ?? 'the communicator'
  const fail = (request: PendingRequest<unknown>): void =>
    request.fail(revokedError(engine.rank, request.call, request.describe(), name))
  for (const receive of context.posted()) {
    context.withdraw(receive)
    fail(receive)
  }
  // Matched, while the payload is still at its sender, which will not send it any more.
  for (const message of engine.rendezvous.expectedIn(context.context)) {
    const { receive } = message
    message.detach()
    if (receive !== null) fail(receive)
  }
  // An answer to a message that has come is not the communicator's own.
  const isOurs = ({ envelope }: SendRequest): boolean =>
    envelope.context === context.context && (envelope.flags & REPLIES) === 0
  const sends = [...engine.outbox.queued(), ...delivery.dropUnmatched(isOurs), ...engine.rendezvous.dropIf(isOurs)]
  for (const request of sends.filter(isOurs)) {
    // It may have begun, and has used credit, so it goes on as a copy.
    request.detach()
    fail(request)
  }
  for (const request of engine.lending.dropIf(isOurs))
    request.abandon(revokedError(engine.rank, request.call, request.describe(), name))
}
