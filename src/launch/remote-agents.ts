import { networkInterfaces } from 'node:os'
import { setImmediate } from 'node:timers/promises'
import type { Logger } from '../base/logger.ts'
import type { PortRange } from '../base/port-range.ts'
import type { Channel, Endpoint } from '../transport/channel.ts'
import { interfaceChoice, localAddresses } from '../transport/endpoint.ts'
import type { JobKeys } from '../transport/job-keys.ts'
import { parsePurpose, type Purpose } from '../transport/purpose.ts'
import type { PeerAddress } from '../wire/control-messages.ts'
import type { OpenAccess } from './agent-access.ts'
import { AgentScripts } from './agent-scripts.ts'
import type { LaunchedAgent, LaunchTarget } from './launcher.ts'
import { type LauncherOptions, makeLauncher } from './make-launcher.ts'
import { Relay } from './relay.ts'
import { TreeLauncher } from './tree-launcher.ts'

export interface RemoteAgentsOptions {
  readonly transport: 'tls' | 'plain'
  /** Name or address of the interface that listeners are bound to; undefined: they listen at every address. */
  readonly interface: string | undefined
  /** Those that are not offered. */
  readonly interfaceExcept: string | undefined
  /** Ports that listeners may use; undefined: any. */
  readonly ports: readonly PortRange[] | undefined
  /** Agents come back through ssh, and what they cannot send each other directly goes the same way. */
  readonly isTunnel: boolean
  /** What starts agents, and how. */
  readonly launch: Omit<LauncherOptions, 'scripts' | 'isTunnel' | 'logger'>
  /** The agent, one CommonJS text in Brotli. Called once, when the first agent starts. */
  readonly agentBundle: () => Uint8Array
  /** All nodes of the job. */
  readonly targets: readonly LaunchTarget[]
  /** How many agents this machine and each agent start at most; Infinity: this machine starts all; undefined: that depends on what starts them. */
  readonly fanout: number | undefined
  /** Whether the agent of that node runs in this process. */
  readonly isHere: (nodeId: number) => boolean
  /** The agent of node `from` has dialled that of node `to`, which runs in this process. */
  readonly onPeer: (from: number, to: number, channel: Channel) => void
  readonly logger: Logger
}

/** Where ssh delivers what comes through a tunnel. */
const LOOPBACK = '127.0.0.1'
/** Nobody reaches the agents of this process but through the tunnel. */
const NOWHERE: Endpoint = { addresses: [], port: 0 }
/** Agents that one machine starts. */
const DEFAULT_FANOUT = 32
/** A listener waits at least so long for the next step of a dialer, however short the start is to be. */
const LEAST_STEP_TIMEOUT_MS = 10_000

export interface RemoteAgents {
  /** Where this machine's listener can be reached by agents. */
  readonly endpoint: Promise<Endpoint>
  launch(target: LaunchTarget): LaunchedAgent
  /** Opens a data channel from node `own` to a peer. `askToRelay`: asks the peer to dial instead. */
  dial(own: number, peer: Omit<PeerAddress, 'key'>, askToRelay: () => void): Promise<Channel>
  /** The key of two nodes for the one of the higher id, which alone can open it. Agents are up. */
  sealedKey(higher: number, lower: number): string
  close(): Promise<void>
}

/**
 * Gets ready to start agents on other machines. ssh and others take their time to log in, so they are started first; the listener, the job's keys and
 * its certificate are made meanwhile and follow on their stdin. Throws ERR_USAGE for an interface that does not exist.
 */
export function openRemoteAgents(options: RemoteAgentsOptions): RemoteAgents {
  const { interface: chosen, interfaceExcept, ports } = options
  const { isTunnel } = options
  const relay = new Relay()
  const parents = new Map<number, number>()
  const isBound = chosen !== undefined || interfaceExcept !== undefined
  const addresses = localAddresses(networkInterfaces(), chosen, interfaceExcept)
  const onChannel = (channel: Channel, purpose: string): void => {
    const parsed = parsePurpose(purpose)
    if (parsed?.kind === 'control') {
      if (!launcher.accept(channel, parsed.from)) channel.destroy()
    } else if (parsed !== undefined && options.isHere(parsed.to)) options.onPeer(parsed.from, parsed.to, channel)
    else if (parsed !== undefined) relay.accept(parsed.from, parsed.to, channel)
  }
  const isForMe = (purpose: Purpose): boolean =>
    purpose.kind === 'control' || options.isHere(purpose.to) || (isTunnel && purpose.to !== purpose.from)
  const open = async (): Promise<OpenAccess> => {
    // One turn of the event loop: that in which launch() starts ssh.
    await setImmediate()
    const { openAccess } = await import('./agent-access.ts')
    const { transport, launch, logger } = options
    const stepTimeoutMs = Math.max(launch.launchTimeoutMs, LEAST_STEP_TIMEOUT_MS)
    return openAccess({
      transport,
      addresses: isTunnel ? [LOOPBACK] : addresses,
      isTunnel,
      isBound: isBound || isTunnel,
      ports,
      isForMe,
      onChannel,
      stepTimeoutMs,
      parents,
      logger,
    })
  }
  const access = open()
  let keys: JobKeys | undefined
  void access.then(
    (opened) => {
      keys = opened.keys
    },
    () => undefined,
  )
  const { means, node, maxStarting, launchTimeoutMs, onNotice } = options.launch
  const targets = options.targets.filter(({ nodeId }) => !options.isHere(nodeId))
  const nodeCount = options.targets.length
  // Other means start all agents by themselves; through a tunnel nodes reach the launching machine alone.
  // A command of the user's need not be on the nodes.
  const fanout = options.fanout ?? (means.type === 'ssh' ? DEFAULT_FANOUT : Number.POSITIVE_INFINITY)
  const isTree = targets.length > fanout && !isTunnel && (means.type === 'ssh' || means.type === 'command')
  const scripts = new AgentScripts({
    access,
    nodeCount,
    ...(isTree ? { branch: { nodeCount, means: { ...means, type: means.type }, node, maxStarting } } : {}),
    network: isBound ? interfaceChoice(networkInterfaces(), chosen ?? '', addresses) : undefined,
    ports,
    agentBundle: options.agentBundle,
    launchTimeoutMs: options.launch.launchTimeoutMs,
  })
  const starter = makeLauncher({ ...options.launch, scripts, isTunnel, logger: options.logger })
  const { logger } = options
  const launcher = isTree
    ? new TreeLauncher({ launcher: starter, targets, fanout, parents, launchTimeoutMs, onNotice, logger })
    : starter
  return {
    endpoint: access.then(({ endpoint }) => (isTunnel ? NOWHERE : endpoint)),
    launch: (target) => launcher.launch(target),
    dial: async (own, peer, askToRelay) => {
      if (isTunnel) {
        askToRelay()
        // The peer dials, or says why it cannot.
        return new Promise(() => undefined)
      }
      const opened = await access
      const secret = opened.keys.secretOf({ kind: 'data', from: own, to: peer.nodeId })
      const timeoutMs = options.launch.launchTimeoutMs
      const { dialPeer } = await import('../transport/dial-peer.ts')
      return dialPeer({ own, secret, timeoutMs, interfaces: networkInterfaces }, peer)
    },
    sealedKey: (higher, lower) => keys?.sealedKey(higher, lower) ?? '',
    close: async () => {
      await launcher[Symbol.asyncDispose]()
      await access.then(
        (opened) => opened.close(),
        () => undefined,
      )
    },
  }
}
