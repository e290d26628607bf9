import { assertNever } from '../base/assert-never.ts'
import { deferred } from '../base/deferred.ts'
import { MpirunError } from '../base/errors.ts'
import type { Logger } from '../base/logger.ts'
import type { PlacedNode } from '../placement/placement.ts'
import type { ControlLink } from '../transport/control-link.ts'
import type { FromAgent, PeerAddress, ToAgent } from '../wire/control-messages.ts'
import type { AgentConnection, ConnectAgent } from './agent-connection.ts'
import { DeadlockFinder } from './deadlock-finder.ts'
import type { JobRequest } from './job-request.ts'
import type { JobCause, JobResult } from './job-result.ts'
import { initialState, type JobCommand, type JobEvent, type JobState, step } from './job-state.ts'

/** The user's side of a job. */
export interface JobHost {
  readonly connect: ConnectAgent
  /** Output of a rank; `written` is called when it has left this process, which lets the rank go on. */
  readonly onOutput: (rank: number, stream: 1 | 2, bytes: Uint8Array, written: () => void) => void
  /** A rank wants to read standard input: answered by any number of `reply`, null at the end. */
  readonly onStdinWanted: (rank: number, reply: (bytes: Uint8Array | null) => void) => void
  /** A node is lost, and the job goes on without it. */
  readonly onNodeLost: (cause: Extract<JobCause, { type: 'nodeLost' }>) => void
  readonly logger: Logger
}

type Hello = Extract<FromAgent, { type: 'hello' }>

interface AgentHandle {
  readonly node: PlacedNode
  readonly connection: AgentConnection
  link: ControlLink<ToAgent, FromAgent> | undefined
  hello: Hello | undefined
}

/**
 * One job, from request to result. START READING HERE: run() starts an agent on each node; when all have said hello the ranks
 * start; then messages of agents become events of job-state.ts, which says what to do.
 */
export class Job {
  readonly #request: JobRequest
  readonly #host: JobHost
  readonly #agents = new Map<number, AgentHandle>()
  readonly #result = deferred<JobResult>()
  readonly #timers = new Set<NodeJS.Timeout>()
  readonly #deadlocks: DeadlockFinder
  #state: JobState

  constructor(request: JobRequest, host: JobHost) {
    this.#request = request
    this.#host = host
    this.#state = initialState(request.placement, request.graceMs, request.outlivesNodes)
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
    const result = await this.#result.promise
    for (const timer of this.#timers) clearTimeout(timer)
    this.#deadlocks.stop()
    for (const { link, connection } of this.#agents.values()) {
      link?.close()
      connection.kill()
    }
    return result
  }

  /** A signal reached the launcher. */
  signal(name: string): void {
    this.#dispatch({ type: 'signal', signal: name })
  }

  /** Standard output or error cannot be written any more. */
  outputBroken(message: string, isClosed: boolean): void {
    this.#dispatch({ type: 'outputBroken', message, isClosed })
  }

  hostOf(rank: number): string {
    return this.#agentOf(rank)?.node.name ?? '?'
  }

  /** Process id of the agent in which the rank runs; 0 before it has said hello. */
  pidOf(rank: number): number {
    return this.#agentOf(rank)?.hello?.pid ?? 0
  }

  #agentOf(rank: number): AgentHandle | undefined {
    return [...this.#agents.values()].find(({ node }) => node.ranks.some((placed) => placed.rank === rank))
  }

  #startAgent(node: PlacedNode): void {
    const connection = this.#host.connect(node)
    const agent: AgentHandle = { node, connection, link: undefined, hello: undefined }
    this.#agents.set(node.id, agent)
    connection.connected.then(
      (link) => {
        this.#connected(agent, link)
        // Not before: where no agent came up, `connected` rejects with the reason, and the end of ssh adds nothing to it.
        void connection.launcherEnded.then((message) => this.#dispatch({ type: 'agentGone', nodeId: node.id, message }))
      },
      (error: unknown) =>
        this.#dispatch({ type: 'launchFailed', nodeId: node.id, message: MpirunError.from(error).message }),
    )
  }

  #connected(agent: AgentHandle, link: ControlLink<ToAgent, FromAgent>): void {
    agent.link = link
    link.onMessage((message) => this.#receive(agent, message))
    void link.closed.then(({ reason }) => this.#dispatch({ type: 'agentGone', nodeId: agent.node.id, message: reason }))
  }

  #receive(agent: AgentHandle, message: FromAgent): void {
    const nodeId = agent.node.id
    switch (message.type) {
      case 'hello':
        agent.hello = message
        this.#dispatch({ type: 'agentUp', nodeId })
        break
      case 'output': {
        const { rank, stream, bytes } = message
        const written = (): void => agent.link?.send({ type: 'outputDone', rank, bytes: bytes.length })
        this.#host.onOutput(rank, stream, bytes, written)
        break
      }
      case 'stdinWanted':
        this.#host.onStdinWanted(message.rank, (bytes) =>
          agent.link?.send({ type: 'stdin', rank: message.rank, bytes }),
        )
        break
      case 'rankExit':
        this.#host.logger.debug({ rank: message.rank, status: message.status, node: agent.node.name }, 'rank exited')
        if (message.status === 0) this.#tellFinished(message.rank, [nodeId, ...message.toldNodes])
        this.#dispatch(message)
        break
      case 'abort':
        this.#dispatch(message)
        break
      case 'agentFailure':
        this.#dispatch({ ...message, nodeId })
        break
      case 'stalled':
      case 'waits':
        if (this.#state.phase === 'running') this.#deadlocks.receive(nodeId, message)
        break
      case 'askDial':
        this.#agents.get(message.nodeId)?.link?.send({ type: 'dial', nodeId })
        break
      case 'bye':
        this.#dispatch({ type: 'agentGone', nodeId, message: 'the agent has ended' })
        break
      default:
        assertNever(message)
    }
  }

  #tellFinished(rank: number, exceptNodes: readonly number[]): void {
    for (const { node, link } of this.#agents.values()) {
      if (!exceptNodes.includes(node.id)) link?.send({ type: 'rankFinished', rank })
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
        this.#dropNode(command.nodeId)
        this.#host.onNodeLost(command.cause)
        break
      case 'signalRanks':
        this.#sendAll({ ...command, type: 'signal' })
        break
      case 'decideLoss':
        this.#after(command.ms, { type: 'lossDecided', nodeId: command.nodeId, message: command.message })
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

  #dropNode(nodeId: number): void {
    const agent = this.#agents.get(nodeId)
    // An agent that is still there ends when its channel does.
    agent?.link?.destroy()
    agent?.connection.kill()
    this.#sendAll({ type: 'nodeLost', nodeId })
  }

  #after(ms: number, event: JobEvent): void {
    this.#timers.add(setTimeout(() => this.#dispatch(event), ms))
  }

  #sendAll(message: ToAgent): void {
    for (const { link } of this.#agents.values()) link?.send(message)
  }

  #startRanks(): void {
    const request = this.#request
    const nodeOfRank = this.#nodeOfRank()
    for (const { node, link } of this.#agents.values()) {
      link?.send({
        type: 'start',
        jobId: request.jobId,
        nodeId: node.id,
        nodeCount: request.placement.nodes.length,
        size: request.placement.size,
        nodeOfRank,
        ranks: node.ranks,
        programs: request.programs,
        environment: request.environment,
        wdir: request.wdir,
        peers: this.#peersOf(node.id),
        terminal: request.terminal,
        syncSend: request.syncSend,
        pool: request.pool,
        findsDeadlocks: request.findsDeadlocks,
        epochMs: Date.now(),
      })
    }
  }

  #nodeOfRank(): number[] {
    const nodeOfRank: number[] = []
    for (const node of this.#request.placement.nodes) for (const { rank } of node.ranks) nodeOfRank[rank] = node.id
    return nodeOfRank
  }

  #peersOf(nodeId: number): PeerAddress[] {
    return [...this.#agents.values()].flatMap(({ node, hello }) =>
      hello === undefined || node.id === nodeId
        ? []
        : [{ nodeId: node.id, addresses: hello.addresses, port: hello.port }],
    )
  }
}
