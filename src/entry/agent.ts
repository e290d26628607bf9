import { hostname } from 'node:os'
import { Agent } from '../agent/agent.ts'
import { NOT_CONNECTED_STATUS, takeAgentConfig } from '../agent/agent-config.ts'
import { openAgentNetwork } from '../agent/agent-network.ts'
import { Family } from '../agent/family.ts'
import { silentLogger } from '../base/logger.ts'
import { sharedBytes } from '../base/shared-bytes.ts'
import { Branch } from '../launch/branch.ts'
import { startBranch } from '../launch/start-branch.ts'
import { channelControlLink } from '../transport/control-link.ts'
import { agentCodec } from '../wire/control-codec.ts'
import type { FromAgent, ToAgent } from '../wire/control-messages.ts'
import { PROTOCOL_VERSION } from '../wire/version.ts'

/** Put in by scripts/build.mjs: the bundles of entry/rank.ts and entry/pool.ts. */
declare const MPIRUN_TS_RANK_PROGRAM: string
declare const MPIRUN_TS_POOL_PROGRAM: string

/** The program that is started on a node, by ssh or another means: dial the coordinator, be its agent, end with its channel. */
async function main(): Promise<void> {
  const config = takeAgentConfig()
  const { nodeId } = config
  const connections = openAgentNetwork(config, {
    onPeer: (peer, data) => agent.acceptPeer(peer, data),
    onControl: (child, channel) => {
      if (started?.accept(channel, child) !== true) channel.destroy()
    },
  })
  const started = startBranch(config, connections.endpoint)
  const family = new Family(true)
  const [control, endpoint] = await Promise.all([connections.control, connections.endpoint])
  const branch = started === undefined ? undefined : new Branch(nodeId, control, started.agents)
  const link = channelControlLink<FromAgent, ToAgent>(branch?.own ?? control, agentCodec(nodeId))
  const agent = new Agent({
    nodeId,
    link,
    rankProgram: { code: MPIRUN_TS_RANK_PROGRAM, pool: sharedBytes(Buffer.from(MPIRUN_TS_POOL_PROGRAM)) },
    hostname: hostname(),
    family,
    dial: (peer, askToDial) => connections.dial(peer, askToDial),
    relay: connections.relay,
    onSignals: (names, receive) => {
      for (const name of names) process.on(name, receive)
    },
    logger: silentLogger,
  })
  // Whatever ends the channel ends this process with all its ranks: nothing is orphaned.
  void link.closed.then(() => {
    connections.close()
    branch?.close()
    family.endGroup()
    process.exit(0)
  })
  link.send({
    type: 'hello',
    nodeId,
    hostname: hostname(),
    pid: process.pid,
    nodeVersion: process.versions.node,
    protocolVersion: PROTOCOL_VERSION,
    ...endpoint,
  })
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exit(NOT_CONNECTED_STATUS)
})
