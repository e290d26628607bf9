import { hostname, networkInterfaces } from 'node:os'
import { Agent } from '../agent/agent.ts'
import { takeAgentConfig } from '../agent/agent-config.ts'
import { endOwnGroup } from '../agent/end-children.ts'
import { silentLogger } from '../base/logger.ts'
import { sharedBytes } from '../base/shared-bytes.ts'
import { channelControlLink } from '../transport/control-link.ts'
import { dialPeer } from '../transport/dial-peer.ts'
import { addressesToDial, localAddresses } from '../transport/endpoint.ts'
import { parsePurpose, purposeText } from '../transport/purpose.ts'
import { dialChannel } from '../transport/websocket-dialer.ts'
import { listenForChannels } from '../transport/websocket-listener.ts'
import { agentCodec } from '../wire/control-codec.ts'
import type { FromAgent, ToAgent } from '../wire/control-messages.ts'
import { PROTOCOL_VERSION } from '../wire/version.ts'

/** Put in by scripts/build.mjs: the bundles of entry/rank.ts and entry/pool.ts. */
declare const MPIRUN_TS_RANK_PROGRAM: string
declare const MPIRUN_TS_POOL_PROGRAM: string

/** The program that ssh starts on a node: dial the coordinator, be its agent, end with its channel. */
async function main(): Promise<void> {
  const { nodeId, secret, tls, addresses, port, isAddressChosen, dialTimeoutMs } = takeAgentConfig()
  // ssh came from there, so it is the most likely way back; the coordinator's own list follows.
  const [client] = isAddressChosen ? [] : (process.env['SSH_CONNECTION'] ?? '').split(' ')
  const known = client ? [client, ...addresses.filter((address) => address !== client)] : addresses
  const sourceOf = (purpose: string): number | undefined => {
    const parsed = parsePurpose(purpose)
    return parsed?.kind === 'data' && parsed.to === nodeId && parsed.from !== nodeId ? parsed.from : undefined
  }
  const [channel, listener] = await Promise.all([
    dialChannel({
      addresses: addressesToDial(known, networkInterfaces()),
      port,
      secret,
      purpose: purposeText({ kind: 'control', from: nodeId }),
      timeoutMs: dialTimeoutMs,
      // ssh brings it to the user, should the time for the start be over before this has an end.
      onSlow: (message) => void process.stderr.write(`${message}\n`),
    }),
    listenForChannels({
      secret,
      ...(tls === undefined ? {} : { tls }),
      logger: silentLogger,
      stepTimeoutMs: dialTimeoutMs,
      isForMe: (purpose) => sourceOf(purpose) !== undefined,
      onChannel: (data, purpose) => agent.acceptPeer(sourceOf(purpose) ?? nodeId, data),
    }),
  ])
  const link = channelControlLink<FromAgent, ToAgent>(channel, agentCodec(nodeId))
  const agent = new Agent({
    link,
    rankProgram: { code: MPIRUN_TS_RANK_PROGRAM, pool: sharedBytes(Buffer.from(MPIRUN_TS_POOL_PROGRAM)) },
    hostname: hostname(),
    dial: (peer) => dialPeer({ own: nodeId, secret, timeoutMs: dialTimeoutMs, interfaces: networkInterfaces }, peer),
    onSignals: (names, receive) => {
      for (const name of names) process.on(name, receive)
    },
    logger: silentLogger,
  })
  // Whatever ends the channel ends this process with all its ranks: nothing is orphaned.
  void link.closed.then(() => {
    endOwnGroup()
    process.exit(0)
  })
  link.send({
    type: 'hello',
    nodeId,
    hostname: hostname(),
    pid: process.pid,
    nodeVersion: process.versions.node,
    protocolVersion: PROTOCOL_VERSION,
    addresses: localAddresses(networkInterfaces()),
    port: listener.port,
  })
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exit(1)
})
