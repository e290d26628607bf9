import { ENVELOPE_FLAG_ACK } from './envelope.ts'

/*
 * Flags of an envelope that the mpi layer alone sets, beside those of wire/envelope.ts.
 */

/** The sender reports that a collective has failed; the payload says why (mpi/collectives/call/failure.ts). */
export const ENVELOPE_FLAG_FAILED = 4
/** An announcement: the payload of the message stays at the sender until it is matched (rendezvous.ts). */
export const ENVELOPE_FLAG_ANNOUNCED = 8
/** The payload of an announced message; `extra` is the number of the announcement. */
export const ENVELOPE_FLAG_PAYLOAD = 16
/** The answer to an announcement, whose number is `extra`. `tag` 0: the payload may come; 1: nobody will ever ask for it. */
export const ENVELOPE_FLAG_ANSWER = 32
/** `extra` bytes of credit come back (credit.ts). */
export const ENVELOPE_FLAG_CREDIT = 64
/** Messages that tell a sender something about one of its own. */
export const REPLIES: number = ENVELOPE_FLAG_ACK | ENVELOPE_FLAG_ANSWER | ENVELOPE_FLAG_CREDIT
/** All flags that there are. */
export const KNOWN_FLAGS = 0x7f
