/**
 * Version of everything that crosses a thread or a network: raised by every change of a message, an envelope or the shared
 * memory's layout. Both sides must have the same one; agents are shipped with the job, so they always do (docs/protocol.md).
 */
export const PROTOCOL_VERSION = 20
