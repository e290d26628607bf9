import { accessSync, constants, existsSync, statSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { resolve } from 'node:path'
import { assertNever } from '../base/assert-never.ts'
import { ExitStatus, MpirunError } from '../base/errors.ts'
import type { Logger } from '../base/logger.ts'
import { hearsSignal } from '../shm/heard-signals.ts'
import { allocateNodeMemory, type NodeMemory } from '../shm/layout.ts'
import type { Channel } from '../transport/channel.ts'
import type { ControlLink } from '../transport/control-link.ts'
import type {
  CollectiveSummary,
  FromAgent,
  PeerAddress,
  ProgramSpec,
  RankFailure,
  ToAgent,
} from '../wire/control-messages.ts'
import type { RankProgram } from '../wire/rank-messages.ts'
import { RecordKind } from '../wire/record.ts'
import { ChildGuard } from './child-guard.ts'
import { endChildren } from './end-children.ts'
import { OutputCredit } from './output-credit.ts'
import { Peers } from './peers.ts'
import { rankEnvironment } from './rank-environment.ts'
import { RankThread } from './rank-thread.ts'
import { Router } from './router.ts'
import { WaitWatch } from './wait-watch.ts'
import { WindowService } from './window-service.ts'

export interface AgentOptions {
  readonly link: ControlLink<FromAgent, ToAgent>
  readonly rankProgram: RankProgram
  readonly hostname: string
  readonly dial: (peer: PeerAddress) => Promise<Channel>
  readonly logger: Logger
}

const NO_BYTES = new Uint8Array()

type Start = Extract<ToAgent, { type: 'start' }>

/** What exists from the start message on. */
interface Running {
  readonly start: Start
  readonly node: NodeMemory
  /** Local endpoint of each world rank, -1 for ranks of other nodes. */
  readonly endpointOfRank: Int32Array
  readonly router: Router
  readonly peers: Peers
  readonly output: OutputCredit
  readonly waits: WaitWatch
  readonly windows: WindowService
  /** Ranks that are not over. */
  readonly threads: Map<number, RankThread>
  /** What ranks have said of their failures so far: RankFailure as JSON. */
  readonly failures: Map<number, Uint8Array>
  /** Which collectives ranks have called: CollectiveSummary as JSON. */
  readonly collectives: Map<number, Uint8Array>
}

/**
 * One node of a job: hosts the rank threads, routes their messages, forwards their output and ends them. The same class runs in
 * the coordinator's process for its own node and in a process of its own, started over ssh, on every other.
 */
export class Agent {
  readonly #options: AgentOptions
  readonly #link: ControlLink<FromAgent, ToAgent>
  /** Channels of agents that were told to start before this one. */
  readonly #earlyPeers = new Map<number, Channel>()
  readonly #guard = new ChildGuard()
  #running: Running | undefined
  #ending = false
  #ended: Promise<void> | undefined

  constructor(options: AgentOptions) {
    this.#options = options
    this.#link = options.link
    this.#link.onMessage((message) => this.#receive(message))
  }

  /** A data channel that another node's agent has dialled. */
  acceptPeer(nodeId: number, channel: Channel): void {
    if (this.#running !== undefined) this.#running.peers.accept(nodeId, channel)
    else if (this.#ending) channel.destroy()
    else this.#earlyPeers.set(nodeId, channel)
  }

  #receive(message: ToAgent): void {
    if (message.type === 'start') this.#start(message)
    else if (message.type === 'end') void this.end()
    else if (this.#running !== undefined) this.#receiveRunning(this.#running, message)
  }

  #receiveRunning(running: Running, message: Exclude<ToAgent, { type: 'start' | 'end' }>): void {
    switch (message.type) {
      case 'signal':
        this.#signal(running, message.signal, message.endAfterMs)
        break
      case 'stdin':
        running.threads.get(message.rank)?.tell({ type: 'stdin', bytes: message.bytes })
        break
      case 'outputDone':
        running.output.done(message.rank, message.bytes)
        break
      case 'rankFinished':
        running.router.rankFinished(message.rank)
        break
      case 'nodeLost':
        running.peers.drop(message.nodeId)
        running.router.nodeLost(message.nodeId)
        break
      case 'dial':
        running.peers.dialNow(message.nodeId)
        break
      case 'askWaits':
        running.waits.asked(message.question, message.wantsDetails)
        break
      case 'deadlock':
        running.waits.deadlock(message.table)
        break
      default:
        assertNever(message)
    }
  }

  #start(start: Start): void {
    const { hostname } = this.#options
    const problem =
      enterFolder(start.wdir, hostname) ?? start.programs.map((p) => unreadable(p, start.wdir, hostname)).find((p) => p)
    if (problem !== undefined) {
      this.#fail(problem.message, problem.exitStatus)
      return
    }
    let running: Running
    try {
      running = this.#prepare(start)
    } catch (error) {
      const { message, exitStatus } = MpirunError.from(error)
      this.#fail(message, exitStatus)
      return
    }
    this.#running = running
    running.router.start()
    for (const [nodeId, channel] of this.#earlyPeers) running.peers.accept(nodeId, channel)
    this.#earlyPeers.clear()
    for (const spec of start.ranks) this.#startRank(running, spec)
    if (start.findsDeadlocks) running.waits.start()
  }

  #fail(message: string, exitStatus: number): void {
    this.#link.send({ type: 'agentFailure', message, exitStatus })
  }

  #prepare(start: Start): Running {
    const node = allocateNodeMemory(start.ranks.length, largestLocalSize(start.nodeOfRank))
    const endpointOfRank = endpoints(start)
    const peers = new Peers({
      nodeId: start.nodeId,
      addresses: start.peers,
      dial: this.#options.dial,
      askToDial: (nodeId) => this.#link.send({ type: 'askDial', nodeId }),
      receiver: (nodeId) => waits.countReceived(router.receiver(nodeId)),
      onDrain: (nodeId) => router.drained(nodeId),
      onFailure: (message, peer) => {
        if (!this.#ending) this.#link.send({ type: 'agentFailure', message, exitStatus: ExitStatus.nodeLost, peer })
      },
    })
    const threads = new Map<number, RankThread>()
    const waits = new WaitWatch({
      node,
      endpointOfRank,
      living: () => [...threads.keys()],
      isIdle: () => windows.isIdle() && router.isIdle(),
      tellRank: (rank, record) => router.tellRank(rank, record),
      send: (message) => this.#link.send(message),
    })
    const lines = waits.countSent(peers)
    const router = new Router({
      node,
      nodeId: start.nodeId,
      endpointOfRank,
      nodeOfRank: start.nodeOfRank,
      lines,
      mayPoll: hasCoreForAgent(start),
      onRankRecord: (rank, kind, body) => this.#rankRecord(rank, kind, body),
      onAgentRecord: (source, kind, body) => {
        if (kind === RecordKind.windowRequest) windows.serve(source, body)
      },
      onFinished: (rank) => windows.rankEnded(rank),
    })
    const windows = new WindowService({
      node,
      endpointOfRank,
      nodeOfRank: start.nodeOfRank,
      sendToNode: (nodeId, record) => lines.send(nodeId, record),
    })
    const output = new OutputCredit(node, endpointOfRank)
    return {
      start,
      node,
      endpointOfRank,
      router,
      peers,
      output,
      waits,
      windows,
      threads,
      failures: new Map(),
      collectives: new Map(),
    }
  }

  #startRank(running: Running, spec: Start['ranks'][number]): void {
    const { start, node } = running
    const program = start.programs[spec.app]
    if (program === undefined) return
    const config = {
      node,
      rank: spec.rank,
      size: start.size,
      localRank: spec.localRank,
      nodeId: start.nodeId,
      nodeCount: start.nodeCount,
      endpointOfRank: running.endpointOfRank,
      hostname: this.#options.hostname,
      epochMs: start.epochMs,
      syncSend: start.syncSend,
      ...(start.pool ? { nodeOfRank: start.nodeOfRank } : {}),
      maySpin: maySpin(start),
      program: { ...program, path: resolve(start.wdir, program.path) },
      terminal: start.terminal,
    }
    const thread = new RankThread(this.#options.rankProgram, config, rankEnvironment(start, spec, process.env), {
      onStdinWanted: () => this.#link.send({ type: 'stdinWanted', rank: spec.rank }),
      onBuffer: (notice) => {
        if ('part' in notice) running.windows.notice(notice)
        else running.threads.get(notice.to)?.passBuffer(notice)
      },
      onExit: (status, failure) => this.#rankExit(running, spec.rank, status, failure),
    })
    running.threads.set(spec.rank, thread)
  }

  #rankRecord(rank: number, kind: number, body: Uint8Array): void {
    if (kind === RecordKind.stdout || kind === RecordKind.stderr) {
      this.#link.send({ type: 'output', rank, stream: kind === RecordKind.stdout ? 1 : 2, bytes: body })
    } else if (kind === RecordKind.failure) {
      this.#running?.failures.set(rank, Buffer.concat([this.#running.failures.get(rank) ?? NO_BYTES, body]))
    } else if (kind === RecordKind.waits) {
      this.#running?.waits.answered(rank, body)
    } else if (kind === RecordKind.windowRequest) {
      this.#running?.windows.forward(rank, body)
    } else if (kind === RecordKind.collectives) {
      this.#running?.collectives.set(rank, body)
    } else if (kind === RecordKind.child) {
      this.#guard.lookSoon()
    } else if (kind === RecordKind.abort) {
      const status = new DataView(body.buffer, body.byteOffset).getFloat64(0, true)
      this.#link.send({ type: 'abort', rank, status })
    }
  }

  #rankExit(running: Running, rank: number, status: number, ownFailure: RankFailure | undefined): void {
    running.threads.delete(rank)
    const others = new Set(running.start.nodeOfRank)
    others.delete(running.start.nodeId)
    const nodesToTell = (): number[] => [...others].filter((nodeId) => running.peers.has(nodeId))
    const toldNodes = running.router.rankEnded(rank, status === 0, nodesToTell)
    const failure = parse<RankFailure>(running.failures.get(rank)) ?? ownFailure
    const collectives = status === 0 ? parse<CollectiveSummary>(running.collectives.get(rank)) : undefined
    this.#link.send({
      type: 'rankExit',
      rank,
      status,
      toldNodes,
      ...(failure === undefined ? {} : { failure }),
      ...(collectives === undefined ? {} : { collectives }),
    })
  }

  #signal(running: Running, signal: string, endAfterMs: number | undefined): void {
    for (const [rank, thread] of running.threads) {
      const endpoint = running.endpointOfRank[rank] ?? -1
      if (endAfterMs === undefined || hearsSignal(running.node, endpoint, signal))
        thread.tell({ type: 'signal', signal })
      // A rank without a handler of its own ends as a process would.
      else void thread.terminate()
    }
    if (endAfterMs !== undefined) setTimeout(() => void this.end(), endAfterMs)
  }

  /** Ends all ranks at once and says goodbye. */
  end(): Promise<void> {
    this.#ended ??= this.#end()
    return this.#ended
  }

  async #end(): Promise<void> {
    this.#ending = true
    for (const channel of this.#earlyPeers.values()) channel.destroy()
    const running = this.#running
    if (running !== undefined) {
      // Before a thread ends in the middle of what this one would wait for.
      running.windows.close()
      const ended = Promise.all([...running.threads.values()].map((thread) => thread.terminate()))
      // Before the threads: one that waits for its child in a system call (execSync) ends with the child only.
      endChildren()
      await ended
      running.waits.stop()
      running.router.stop()
      running.peers.close()
      endChildren()
    }
    this.#guard.close()
    this.#link.send({ type: 'bye' })
  }
}

/**
 * Whether ranks spin before they sleep: where there is a core for each of them, and for this agent, which works when there are other
 * nodes. A rank alone on its node waits for the network only, which takes longer than a wake-up, and would take the agent's core.
 */
function maySpin(start: Start): boolean {
  const { ranks, nodeCount } = start
  return nodeCount === 1 ? ranks.length <= availableParallelism() : ranks.length > 1 && hasCoreForAgent(start)
}

function hasCoreForAgent({ ranks }: Start): boolean {
  return ranks.length < availableParallelism()
}

function largestLocalSize(nodeOfRank: readonly number[]): number {
  const sizes: number[] = []
  for (const nodeId of nodeOfRank) sizes[nodeId] = (sizes[nodeId] ?? 0) + 1
  return sizes.reduce((largest, size) => Math.max(largest, size), 0)
}

/** Undefined also for a rank that was ended while it spoke. */
function parse<T>(json: Uint8Array | undefined): T | undefined {
  try {
    // What a rank of the same program has written.
    return json === undefined ? undefined : (JSON.parse(Buffer.from(json).toString()) as T)
  } catch {
    return undefined
  }
}

function endpoints(start: Start): Int32Array {
  const endpointOfRank = new Int32Array(start.size).fill(-1)
  start.ranks.forEach((spec, endpoint) => {
    endpointOfRank[spec.rank] = endpoint
  })
  return endpointOfRank
}

interface Problem {
  readonly message: string
  readonly exitStatus: number
}

function enterFolder(wdir: string, hostname: string): Problem | undefined {
  try {
    if (process.cwd() !== wdir) process.chdir(wdir)
    return undefined
  } catch {
    const message = `the working directory "${wdir}" does not exist on ${hostname}. Use a folder that all nodes share, or name one with --wdir.`
    return { message, exitStatus: ExitStatus.nodeLost }
  }
}

/** 127: the program does not exist on this node, 126: it cannot be read. */
function unreadable(program: ProgramSpec, wdir: string, hostname: string): Problem | undefined {
  if (program.source !== undefined) return undefined
  const path = resolve(wdir, program.path)
  const where = `the program "${path}"`
  if (!existsSync(path)) {
    return { message: `${where} does not exist on ${hostname}.`, exitStatus: ExitStatus.notFound }
  }
  try {
    if (!statSync(path).isFile()) throw new Error('it is not a file')
    accessSync(path, constants.R_OK)
    return undefined
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return { message: `${where} cannot be read on ${hostname}: ${reason}.`, exitStatus: ExitStatus.notReadable }
  }
}
