import { deferred } from '../../src/base/deferred.ts'
import { MpirunError } from '../../src/base/errors.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { Job } from '../../src/coordinator/job.ts'
import type { JobRequest } from '../../src/coordinator/job-request.ts'
import type { JobResult } from '../../src/coordinator/job-result.ts'
import type { LaunchedAgent, Launcher, LaunchTarget } from '../../src/launch/launcher.ts'
import { Branch } from '../../src/launch/branch.ts'
import { TreeLauncher } from '../../src/launch/tree-launcher.ts'
import type { Placement } from '../../src/placement/placement.ts'
import type { Channel } from '../../src/transport/channel.ts'
import { channelControlLink } from '../../src/transport/control-link.ts'
import { coordinatorCodec } from '../../src/wire/control-codec.ts'
import { Clock } from './clock.ts'
import { Machine, MODEL, SimulatedChannel } from './machine.ts'
import { SimulatedAgent } from './simulated-agent.ts'

export interface SimulationOptions {
  readonly nodes: number
  readonly fanout: number
  /** Of the random numbers. */
  readonly seed?: number
  /** Nodes that cannot log in on others. */
  readonly cannotStart?: ReadonlySet<number>
  /** Nodes on which nobody can log in. */
  readonly cannotBeReached?: ReadonlySet<number>
  /** This node dies when its ranks run. */
  readonly dies?: number
  readonly outlives?: JobRequest['outlives']
}

export interface Simulated {
  readonly result: JobResult
  /** Simulated time until all have said hello, and until the job is over. */
  readonly startMs: number
  readonly endMs: number
  /** Frames and bytes that the coordinator has sent and received. */
  readonly frames: number
  readonly bytes: number
  /** Programs that it has started. */
  readonly started: number
  /** Bytes of this process's heap that the whole simulation has taken, agents too, when all were up; 0 where the heap cannot be collected (--expose-gc). */
  readonly heapBytes: number
  readonly notices: readonly string[]
  readonly lost: number
  /** Ranks that have been told of the deadlock. */
  readonly toldOfDeadlock: number
}

/** One job, from its launch to its result: votes of all ranks, then a deadlock, of which they fail. */
export async function simulate(options: SimulationOptions): Promise<Simulated> {
  const clock = new Clock()
  const uninstall = clock.install()
  try {
    return await new Simulation(clock, options).run()
  } finally {
    uninstall()
  }
}

class Simulation {
  readonly #clock: Clock
  readonly #options: SimulationOptions
  readonly #coordinator: Machine
  #random: number
  #started = 0
  #told = 0

  constructor(clock: Clock, options: SimulationOptions) {
    this.#clock = clock
    this.#options = options
    this.#coordinator = new Machine(clock)
    this.#random = options.seed ?? 1
  }

  async run(): Promise<Simulated> {
    const { nodes, fanout, outlives = 'nothing' } = this.#options
    const heapBefore = heapBytes()
    const placement = placementOf(nodes)
    const notices: string[] = []
    const targets = placement.nodes.map(({ id, name }) => ({ nodeId: id, name }))
    const launcher = this.#launcher(this.#coordinator, -1)
    const launchTimeoutMs = 10_000 + 250 * nodes
    const tree = new TreeLauncher({
      launcher,
      targets,
      fanout,
      parents: new Map(),
      launchTimeoutMs,
      onNotice: (notice) => void notices.push(notice),
      logger: silentLogger,
    })
    const bounds = { size: nodes, nodeCount: nodes, nodeOfRank: placement.nodes.map(({ id }) => id) }
    let [startMs, heap, lost] = [0, 0, 0]
    const job = new Job(requestOf(placement, launchTimeoutMs, outlives), {
      connect: (node) => {
        const launched = tree.launch({ nodeId: node.id, name: node.name })
        const codec = coordinatorCodec(node.name, { ...bounds, nodeId: node.id })
        const connected = launched.connected.then((channel) => channelControlLink(channel, codec))
        return { connected, launcherEnded: launched.launcherEnded, kill: () => launched.kill() }
      },
      sealedKey: () => '',
      beforeRanks: () => {
        startMs = this.#clock.now
        heap = heapBytes() - heapBefore
        return undefined
      },
      onOutput: () => undefined,
      onStdinWanted: () => undefined,
      onLost: () => {
        lost += 1
      },
      onQuiet: () => undefined,
      logger: silentLogger,
    })
    let result: JobResult | undefined
    void job.run().then((ended) => {
      result = ended
    })
    await this.#clock.runUntil(() => result !== undefined)
    if (result === undefined) throw new Error('nothing happens any more, and the job is not over')
    const { frames, bytes } = this.#coordinator
    const endMs = this.#clock.now
    return {
      result,
      startMs,
      endMs,
      frames,
      bytes,
      started: this.#started,
      heapBytes: heap,
      notices,
      lost,
      toldOfDeadlock: this.#told,
    }
  }

  /** Of a machine that starts others; `nodeId`: -1 is the coordinator's. */
  #launcher(machine: Machine, nodeId: number): Launcher {
    return {
      launch: (target) => this.#launch(machine, nodeId, target),
      accept: () => false,
      [Symbol.asyncDispose]: () => Promise.resolve(),
    }
  }

  #launch(machine: Machine, from: number, target: LaunchTarget): LaunchedAgent {
    const connected = deferred<Channel>()
    const agent = {
      target,
      connected: connected.promise,
      launcherEnded: new Promise<string>(() => undefined),
      kill: () => undefined,
    }
    const { cannotBeReached, cannotStart } = this.#options
    if (from === -1) this.#started += 1
    machine.work(MODEL.spawnMs, () => {
      this.#clock.after(this.#about(MODEL.loginMs), () => {
        if (cannotBeReached?.has(target.nodeId) === true || cannotStart?.has(from) === true) {
          connected.reject(new MpirunError('ERR_LAUNCH', `Cannot start the agent on node "${target.name}": refused.`))
          return
        }
        machine.transfer(MODEL.bundleBytes, () => {
          this.#clock.after(this.#about(MODEL.nodeMs), () => this.#startAgent(machine, target, connected.resolve))
        })
      })
    })
    return agent
  }

  #startAgent(parent: Machine, target: LaunchTarget, resolve: (channel: Channel) => void): void {
    const machine = new Machine(this.#clock)
    const [parentEnd, agentEnd] = SimulatedChannel.pair(parent, machine)
    const below = target.below ?? []
    const launcher = this.#launcher(machine, target.nodeId)
    const launched = below.map((child) => launcher.launch(child))
    machine.work(MODEL.handshakeMs, () => {
      parent.work(MODEL.handshakeMs, () => resolve(parentEnd))
      const own = below.length === 0 ? agentEnd : new Branch(target.nodeId, agentEnd, launched).own
      new SimulatedAgent(target.nodeId, machine, own, {
        dies: this.#options.dies === target.nodeId,
        onDeadlock: () => {
          this.#told += 1
        },
      })
    })
  }

  #about(ms: number): number {
    this.#random = (Math.imul(this.#random, 1_664_525) + 1_013_904_223) >>> 0
    return ms * (1 + (MODEL.jitter * this.#random) / 2 ** 32)
  }
}

function heapBytes(): number {
  if (globalThis.gc === undefined) return 0
  globalThis.gc()
  return process.memoryUsage().heapUsed
}

/** A rank on each node. */
function placementOf(count: number): Placement {
  const nodes = Array.from({ length: count }, (_, id) => ({
    id,
    name: `node${id}`,
    slots: 1,
    slotsDeclared: true,
    ranks: [{ rank: id, localRank: 0, app: 0 }],
  }))
  return { size: count, nodes }
}

function requestOf(placement: Placement, launchTimeoutMs: number, outlives: JobRequest['outlives']): JobRequest {
  return {
    jobId: 'simulated',
    placement,
    programs: [{ path: '/program.js', args: [] }],
    environment: { clean: false, set: { PATH: '/usr/bin:/bin' } },
    wdirs: ['/'],
    stdin: 'none',
    launchTimeoutMs,
    timeoutMs: Number.POSITIVE_INFINITY,
    graceMs: 3000,
    terminal: { stdoutIsTty: false, stderrIsTty: false, columns: 80 },
    syncSend: false,
    findsDeadlocks: true,
    sharesSockets: false,
    pool: false,
    outlives,
    forwardSignals: [],
    nodeFlags: [],
  }
}
