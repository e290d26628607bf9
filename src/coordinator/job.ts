import { assertNever } from '../base/assert-never.ts'
import { deferred } from '../base/deferred.ts'
import type { Logger } from '../base/logger.ts'
import { afterOwnTime } from '../base/own-time.ts'
import type { PlacedNode } from '../placement/placement.ts'
import type { FromAgent, ToAgent } from '../wire/control-messages.ts'
import type { ConnectAgent } from './agents/agent-connection.ts'
import { Council, type Verdict } from './council.ts'
import { DeadlockFinder } from './deadlocks/deadlock-finder.ts'
import { JobAgent } from './agents/job-agent.ts'
import type { JobRequest } from './job-request.ts'
import type { JobResult, NodeLost, OutputBroken, RankLost } from './job-result.ts'
import type { JobCommand, JobEvent } from './state/job-events.ts'
import { initialState, type JobState } from './state/job-state.ts'
import { step } from './state/job-step.ts'
import { startMessage } from './agents/start-agents.ts'

/** The user's side of a job. */
export interface JobHost {
  readonly connect: ConnectAgent
  /** The key of the data channel of two nodes, sealed for the one of the higher id. */
  readonly sealedKey: (higher: number, lower: number) => string
  /** All agents are up, and no rank runs yet. What it returns ends the job. */
  readonly beforeRanks: () => OutputBroken | undefined
  /** Output of a rank; `written` is called when it has left this process, which lets the rank go on. */
  readonly onOutput: (rank: number, stream: 1 | 2, bytes: Uint8Array, written: () => void) => void
  /** A rank wants to read standard input: answered by any number of `reply`, null at the end. */
  readonly onStdinWanted: (rank: number, reply: (bytes: Uint8Array | null) => void) => void
  /** A node or a rank is lost, and the job goes on without it. */
  readonly onLost: (cause: NodeLost | RankLost) => void
  /** The job waits for a node whose agent is stopped, or (false) need not any longer. */
  readonly onQuiet: (node: PlacedNode, isQuiet: boolean) => void
  readonly logger: Logger
}

/**
 * One job, from request to result. START READING HERE: run() starts an agent on each node; when all have said hello the ranks
 * start; then messages of agents become events of job-step.ts, which says what to do.
 */
export class Job {
  readonly #request: JobRequest
  readonly #host: JobHost
  readonly #agents = new Map<number, JobAgent>()
  readonly #result = deferred<JobResult>()
  readonly #timers = new Set<NodeJS.Timeout>()
  readonly #deadlocks: DeadlockFinder
  readonly #council = new Council()
  #state: JobState

  constructor(request: JobRequest, host: JobHost) {
    this.#request = request
    this.#host = host
    this.#state = initialState(request.placement, request.graceMs, request.outlives)
    this.#deadlocks = new DeadlockFinder({
      placement: request.placement,
      sendAll: (message) => this.#sendAll(message),
      onDeadlock: (table) => host.logger.info({ table }, 'deadlock'),
    })
  }

  /** Resolves when the job is over and nothing of it runs any more. Never rejects: what goes wrong is the result's cause. */
  async run(): Promise<JobResult> {
    for (const node of this.#request.placement.nodes) this.#startAgent(node)
    if (this.#request.timeoutMs !== Number.POSITIVE_INFINITY) {
      this.#after(this.#request.timeoutMs, { type: 'timeout', seconds: this.#request.timeoutMs / 1000 })
    }
    const { launchTimeoutMs } = this.#request
    const stopClock = afterOwnTime(launchTimeoutMs, () => {
      for (const agent of this.#agents.values()) agent.launchTimeUp(launchTimeoutMs / 1000)
    })
    const result = await this.#result.promise
    stopClock()
    for (const timer of this.#timers) clearTimeout(timer)
    this.#deadlocks.stop()
    for (const agent of this.#agents.values()) agent.close()
    return result
  }

  /** A signal reached the launcher. */
  signal(name: string): void {
    this.#dispatch({ type: 'signal', signal: name })
  }

  /** An output cannot be written any more. */
  outputBroken({ message, status }: OutputBroken): void {
    this.#dispatch({ type: 'outputBroken', message, status })
  }

  /** Process id of the agent in which the rank runs; 0 before it has said hello. */
  pidOf(rank: number): number {
    return this.#agentOf(rank)?.hello?.pid ?? 0
  }

  #agentOf(rank: number): JobAgent | undefined {
    return [...this.#agents.values()].find(({ node }) => node.ranks.some((placed) => placed.rank === rank))
  }

  #startAgent(node: PlacedNode): void {
    const nodeId = node.id
    const agent = new JobAgent(node, this.#host.connect(node), {
      onMessage: (message) => this.#receive(agent, message),
      onLaunchFailed: (message) => this.#dispatch({ type: 'launchFailed', nodeId, message }),
      onQuiet: (isQuiet) => this.#dispatch({ type: 'agentQuiet', nodeId, isQuiet }),
      onGone: (message) => this.#dispatch({ type: 'agentGone', nodeId, message }),
    })
    this.#agents.set(nodeId, agent)
  }

  #receive(agent: JobAgent, message: FromAgent): void {
    const nodeId = agent.node.id
    switch (message.type) {
      case 'hello':
        agent.hello = message
        this.#dispatch({ type: 'agentUp', nodeId })
        break
      case 'output': {
        const { rank, stream, bytes } = message
        const written = (): void => agent.send({ type: 'outputDone', rank, bytes: bytes.length })
        this.#host.onOutput(rank, stream, bytes, written)
        break
      }
      case 'stdinWanted':
        this.#host.onStdinWanted(message.rank, (bytes) => agent.send({ type: 'stdin', rank: message.rank, bytes }))
        break
      case 'rankExit':
        this.#host.logger.debug({ rank: message.rank, status: message.status, node: agent.node.name }, 'rank exited')
        this.#tellEnded(message, [nodeId, ...message.toldNodes])
        this.#dispatch(message)
        this.#tell(this.#council.over([message.rank]))
        break
      case 'abort':
        this.#dispatch(message)
        break
      case 'agentFailure':
      case 'peerMisfit':
        this.#dispatch({ ...message, nodeId })
        break
      case 'stalled':
      case 'waits':
        if (this.#state.phase === 'running') this.#deadlocks.receive(nodeId, message)
        break
      case 'motion':
        this.#tell(this.#council.receive(message.rank, message.motion))
        break
      case 'askDial':
        this.#tellToDial(Math.max(nodeId, message.nodeId), Math.min(nodeId, message.nodeId))
        break
      case 'askRelay':
        this.#agents.get(message.nodeId)?.send({ type: 'relay', nodeId })
        break
      case 'bye':
        this.#dispatch({ type: 'agentGone', nodeId, message: 'the agent has ended' })
        break
      default:
        assertNever(message)
    }
  }

  /** Nodes of higher ids dial. */
  #tellToDial(higher: number, lower: number): void {
    const hello = this.#agents.get(lower)?.hello
    if (hello === undefined) return
    const { addresses, port } = hello
    const key = this.#host.sealedKey(higher, lower)
    this.#agents.get(higher)?.send({ type: 'dial', nodeId: lower, addresses, port, key })
  }

  #tellEnded({ rank, status }: { rank: number; status: number }, exceptNodes: readonly number[]): void {
    if (status !== 0 && (this.#request.outlives !== 'ranks' || this.#state.phase !== 'running')) return
    const type = status === 0 ? 'rankFinished' : 'rankLost'
    this.#sendAll({ type, rank, exceptNodes })
  }

  /** Tells ranks what has been settled. */
  #tell(verdicts: readonly Verdict[]): void {
    if (this.#state.phase !== 'running') return
    for (const { ruling, ranks } of verdicts) {
      const concerned = new Set(ranks)
      for (const agent of this.#agents.values()) {
        const here = agent.node.ranks.map(({ rank }) => rank).filter((rank) => concerned.has(rank))
        if (here.length > 0) agent.send({ type: 'ruling', ranks: here, ruling })
      }
    }
  }

  #dispatch(event: JobEvent): void {
    const [next, commands] = step(this.#state, event)
    if (next.phase !== this.#state.phase)
      this.#host.logger.info({ from: this.#state.phase, to: next.phase }, 'job phase')
    this.#state = next
    for (const command of commands) this.#perform(command)
  }

  #perform(command: JobCommand): void {
    switch (command.type) {
      case 'startRanks':
        this.#startRanks()
        break
      case 'endAgents':
        this.#sendAll({ type: 'end' })
        break
      case 'dropNode':
        this.#agents.get(command.nodeId)?.drop()
        this.#sendAll({ type: 'nodeLost', nodeId: command.nodeId })
        this.#deadlocks.nodeLost(command.nodeId)
        this.#tell(this.#council.over(this.#agents.get(command.nodeId)?.node.ranks.map(({ rank }) => rank) ?? []))
        this.#host.onLost(command.cause)
        break
      case 'dropRank':
        this.#deadlocks.ranksLost([command.cause.rank])
        this.#host.onLost(command.cause)
        break
      case 'tellQuiet': {
        const node = this.#agents.get(command.nodeId)?.node
        if (node !== undefined) this.#host.onQuiet(node, command.isQuiet)
        break
      }
      case 'signalRanks':
        this.#sendAll({ ...command, type: 'signal' })
        break
      case 'decideLoss':
        this.#after(command.ms, { ...command, type: 'lossDecided' })
        break
      case 'settle':
        this.#after(command.ms, { type: 'settled' })
        break
      case 'armDeadline':
        this.#after(command.ms, { type: 'deadline' })
        break
      case 'finish':
        this.#result.resolve(command.result)
        break
      default:
        assertNever(command)
    }
  }

  #startRanks(): void {
    const broken = this.#host.beforeRanks()
    if (broken === undefined) this.#sendAll(startMessage(this.#request))
    else this.outputBroken(broken)
  }

  #after(ms: number, event: JobEvent): void {
    this.#timers.add(setTimeout(() => this.#dispatch(event), ms))
  }

  #sendAll(message: ToAgent): void {
    for (const agent of this.#agents.values()) agent.sendAsAll(message)
  }
}
