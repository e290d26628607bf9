/** The sender reports that a collective has failed; the payload says why (collectives/failure.ts). Beside those of wire/envelope.ts. */
export const ENVELOPE_FLAG_FAILED = 4
