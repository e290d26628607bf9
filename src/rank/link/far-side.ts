import type { RemoteCredit } from './remote-credit.ts'
import type { SocketSender } from './socket-sender.ts'

/** What belongs to a message of another node beside its record in the ring to or from the agent. */
export interface FarSide {
  /** Whether a small message goes to the agent now, through the ring: all of it is allowed, and the rank does not write it to a socket itself. */
  mayBegin(dest: number, bytes: number): boolean
  /** It has been given to the agent. */
  sent(dest: number, bytes: number): void
  /** A message has been read. */
  read(source: number, bytes: number): void
}

export function makeFarSide(credit: RemoteCredit, sockets: SocketSender | null): FarSide {
  return {
    mayBegin: (dest, bytes) => credit.allowance(dest, bytes) === bytes && (sockets === null || sockets.isStream(dest)),
    sent: (dest, bytes) => credit.sent(dest, bytes),
    read: (source, bytes) => {
      credit.read(source, bytes)
      credit.giveBack()
      sockets?.heard()
    },
  }
}
