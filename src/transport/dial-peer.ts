import type { PeerAddress } from '../wire/control-messages.ts'
import type { Channel, ChannelSecret } from './channel.ts'
import { addressesToDial, type NetworkInterfaces } from './endpoint.ts'
import { purposeText } from './purpose.ts'
import { dialChannel } from './websocket-dialer.ts'

export interface PeerDialer {
  /** Node id of this side. */
  readonly own: number
  /** Of this node and the peer. */
  readonly secret: ChannelSecret
  readonly timeoutMs: number
  readonly interfaces: () => NetworkInterfaces
}

/** Opens the data channel to a peer. Rejects with an UnreachableError: every address that was tried, and why it was not that one. */
export function dialPeer(
  { own, secret, timeoutMs, interfaces }: PeerDialer,
  peer: Omit<PeerAddress, 'key'>,
): Promise<Channel> {
  const addresses = addressesToDial(peer.addresses, interfaces())
  const purpose = purposeText({ kind: 'data', from: own, to: peer.nodeId })
  return dialChannel({ addresses, port: peer.port, secret, purpose, timeoutMs })
}
