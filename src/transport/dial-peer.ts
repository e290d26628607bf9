import type { PeerAddress } from '../wire/control-messages.ts'
import type { Channel, ChannelSecret } from './channel.ts'
import { dialChannel } from './websocket-dialer.ts'

const DIAL_TIMEOUT_MS = 10_000

/** Opens the data channel from the agent of node `own` to a peer's. Rejects with every address that was tried and why it failed. */
export function dialPeer(own: number, peer: PeerAddress, secret: ChannelSecret): Promise<Channel> {
  const { addresses, port, nodeId } = peer
  return dialChannel({ addresses, port, secret, purpose: `data:${own}:${nodeId}`, timeoutMs: DIAL_TIMEOUT_MS })
}
