import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from '../../base/logger.ts'
import { type LocalAgent, startLocalAgent } from '../../launch/in-process-launcher.ts'
import type { LaunchTarget } from '../../launch/launcher.ts'
import type { RemoteAgents, RemoteAgentsOptions } from '../../launch/remote-agents.ts'
import type { PlacedNode, Placement } from '../../placement/placement.ts'
import type { Endpoint } from '../../transport/channel.ts'
import { channelControlLink } from '../../transport/control-link.ts'
import type { FromAgent, ToAgent } from '../../wire/control-messages.ts'
import type { RankProgram } from '../../wire/rank-messages.ts'
import type { Bounds } from '../../wire/shape.ts'
import type { AgentConnection, ConnectAgent } from './agent-connection.ts'
import { listOfNodes } from './start-agents.ts'

export type { LaunchMeans } from '../../launch/launch-means.ts'

export interface ConnectAgentsOptions extends Omit<RemoteAgentsOptions, 'onPeer' | 'isHere' | 'targets'> {
  readonly placement: Placement
  readonly isLocal: (node: PlacedNode) => boolean
  /** Read when ranks run on this machine. */
  readonly rankProgram: () => RankProgram
  readonly hostname: string
  readonly logger: Logger
}

export interface AgentConnections {
  readonly connect: ConnectAgent
  /** As JobHost.sealedKey. */
  readonly sealedKey: (higher: number, lower: number) => string
  /**
   * Ends all that is left. False: a rank of this process blocks in a system call, where neither its thread nor this process can be ended
   * by process.exit().
   */
  close(): Promise<boolean>
}

/** Threads that are told to end do so within milliseconds, or never. */
const STUCK_MS = 1000

/** The endpoint of a job that no other machine takes part in. */
const NOWHERE: Endpoint = { addresses: [], port: 0 }

/** Where agents of this machine's other nodes find the coordinator. */
const LOOPBACK = '127.0.0.1'

/**
 * Decides how each node's agent is started: in this process for the first node of this machine, in a child where programs with other
 * working directories make it several, over ssh elsewhere. What a network needs (listener, certificate, ssh) is loaded and opened only
 * when there is more than the agent of this process.
 */
export async function connectAgents(options: ConnectAgentsOptions): Promise<AgentConnections> {
  const { placement, isLocal } = options
  const bounds = boundsOf(placement)
  const localAgents = new Map<number, LocalAgent>()
  const inProcess = placement.nodes.find(isLocal)
  const isAlone = placement.nodes.every((node) => node === inProcess)
  const remote = isAlone ? undefined : await openRemote(options, localAgents)
  const endpoint = remote?.endpoint ?? Promise.resolve(NOWHERE)
  const startLocal = async (node: PlacedNode): Promise<LocalAgent['link']> => {
    const local = startLocalAgent(node.id, await endpoint, {
      rankProgram: options.rankProgram(),
      hostname: options.hostname,
      dial: async (peer, askToRelay) => requireRemote(remote).dial(node.id, peer, askToRelay),
      logger: options.logger,
    })
    localAgents.set(node.id, local)
    return local.link
  }
  const connect: ConnectAgent = (node) =>
    node.id === inProcess?.id
      ? {
          connected: startLocal(node),
          launcherEnded: new Promise(() => undefined),
          kill: () => void localAgents.get(node.id)?.agent.end(),
        }
      : connectRemote(remote, node, bounds, isLocal(node))
  const close = async (): Promise<boolean> => {
    const ended = Promise.all([...localAgents.values()].map(({ agent }) => agent.end())).then(() => true)
    const stuck = delay(STUCK_MS, false, { ref: false })
    const [areEnded] = await Promise.all([Promise.race([ended, stuck]), remote?.close()])
    return areEnded
  }
  return { connect, sealedKey: (higher, lower) => requireRemote(remote).sealedKey(higher, lower), close }
}

async function openRemote(options: ConnectAgentsOptions, localAgents: Map<number, LocalAgent>): Promise<RemoteAgents> {
  const { openRemoteAgents } = await import('../../launch/remote-agents.ts')
  const { placement, isLocal } = options
  return openRemoteAgents({
    ...options,
    interface: options.interface ?? (placement.nodes.every(isLocal) ? LOOPBACK : undefined),
    targets: placement.nodes.map((node) => targetOf(node, isLocal(node))),
    isHere: (nodeId) => nodeId === placement.nodes.find(isLocal)?.id,
    onPeer: (from, to, channel) => {
      const local = localAgents.get(to)
      if (local === undefined) channel.destroy()
      else local.agent.acceptPeer(from, channel)
    },
  })
}

function connectRemote(
  remote: RemoteAgents | undefined,
  node: PlacedNode,
  bounds: Omit<Bounds, 'nodeId'>,
  isHere: boolean,
): AgentConnection {
  const launched = requireRemote(remote).launch(targetOf(node, isHere))
  const connected = Promise.all([launched.connected, import('../../wire/control-codec.ts')]).then(([channel, codec]) =>
    channelControlLink<ToAgent, FromAgent>(channel, codec.coordinatorCodec(node.name, { ...bounds, nodeId: node.id })),
  )
  return { connected, launcherEnded: launched.launcherEnded, kill: () => launched.kill() }
}

function targetOf({ id, name, user, port }: PlacedNode, isHere: boolean): LaunchTarget {
  return { nodeId: id, name, isHere, ...(user === undefined ? {} : { user }), ...(port === undefined ? {} : { port }) }
}

function boundsOf(placement: Placement): Omit<Bounds, 'nodeId'> {
  const { size, nodes } = placement
  return { size, nodeCount: nodes.length, nodeOfRank: listOfNodes(placement) }
}

function requireRemote(remote: RemoteAgents | undefined): RemoteAgents {
  if (remote === undefined) throw new Error('no node is elsewhere, so nothing can be dialled')
  return remote
}
