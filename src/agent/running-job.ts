import { assertNever } from '../base/assert-never.ts'
import { ExitStatus } from '../base/errors.ts'
import { ranksByNode } from '../base/ranks-by-node.ts'
import { loadCoreYield } from '../shm/core-yield.ts'
import { allocateNodeMemory } from '../shm/layout.ts'
import { SingleTurns } from '../shm/single-turns.ts'
import { allocateSocketLines } from '../shm/socket-line.ts'
import type { Channel } from '../transport/channel.ts'
import type { FromAgent, PeerAddress, RankFailure, StartAgent, ToAgent } from '../wire/control-messages.ts'
import { cutText } from '../wire/control-shapes.ts'
import type { Motion } from '../wire/council-messages.ts'
import type { MisfitNotice, RankProgram } from '../wire/rank-messages.ts'
import { RecordKind } from '../wire/record.ts'
import { ChildGuard } from './child-guard.ts'
import type { Family } from './family.ts'
import type { Room } from './ranks/limits.ts'
import { OutputCredit } from './ranks/output-credit.ts'
import { Peers } from './peers.ts'
import { hasCoreForAgent } from './ranks/rank-config.ts'
import { RankReports } from './ranks/rank-reports.ts'
import { RankThreads } from './ranks/rank-threads.ts'
import { Router } from './routing/router.ts'
import { textRecord } from './routing/text-record.ts'
import { WaitWatch } from './wait-watch.ts'
import { WindowService } from './window-service.ts'

export interface RunningJobOptions {
  readonly rankProgram: RankProgram
  readonly hostname: string
  /** What was there before the ranks. */
  readonly family: Family
  readonly dial: (peer: PeerAddress, askToRelay: () => void) => Promise<Channel>
  readonly relay: ((nodeId: number) => Promise<Channel>) | undefined
  readonly room: Room
  /** To the coordinator. */
  readonly send: (message: FromAgent) => void
  /** The time that a signal has left to the ranks is over. */
  readonly onTimeUp: () => void
}

/** What an agent has from the start message on: the ranks of its node and all that serves them. */
export class RunningJob {
  readonly peers: Peers
  readonly #start: StartAgent
  readonly #endpointOfRank: Int32Array
  readonly #onTimeUp: () => void
  readonly #send: (message: FromAgent) => void
  readonly #router: Router
  readonly #waits: WaitWatch
  readonly #windows: WindowService
  readonly #output: OutputCredit
  readonly #threads: RankThreads
  readonly #guard: ChildGuard
  readonly #family: Family
  readonly #reports = new RankReports()
  #isEnding = false
  /** Ranks end because they are told to, and the others need not hear of it. */
  #endsRanks = false

  /** Throws ERR_SLOTS for more ranks than a node can have. Nothing runs before run(). */
  constructor(start: StartAgent, options: RunningJobOptions) {
    const { nodeId, nodeOfRank } = start
    const { send } = options
    this.#start = start
    this.#onTimeUp = options.onTimeUp
    this.#send = send
    this.#family = options.family
    const node = allocateNodeMemory(
      start.ranks.length,
      largestLocalSize(nodeOfRank),
      start.nodeCount > 1,
      options.room.isLow,
    )
    const endpointOfRank = endpoints(start)
    const socketLines = start.sharesSockets ? allocateSocketLines(start.nodeCount) : null
    this.#endpointOfRank = endpointOfRank
    this.peers = new Peers({
      nodeId,
      socketLines,
      dial: (peer) => options.dial(peer, () => send({ type: 'askRelay', nodeId: peer.nodeId })),
      relay: options.relay,
      askToDial: (nodeId) => send({ type: 'askDial', nodeId }),
      receiver: (nodeId) => this.#waits.countReceived(nodeId, this.#router.receiver(nodeId)),
      place: (nodeId) => this.#waits.countPlaced(nodeId, this.#router.place(nodeId)),
      onDrain: (nodeId) => this.#router.drained(nodeId),
      onFailure: (message, peer, isUnreached) => {
        if (!this.#isEnding) send({ type: 'agentFailure', message, exitStatus: ExitStatus.nodeLost, peer, isUnreached })
      },
    })
    this.#waits = new WaitWatch({
      node,
      endpointOfRank,
      living: () => this.#threads.living(),
      isIdle: () => this.#windows.isIdle() && this.#router.isIdle(),
      tellRank: (rank, record) => this.#router.tellRank(rank, record),
      sentByRanks: () => this.peers.sentByRanks,
      send,
    })
    const turns = new SingleTurns(() => loadCoreYield(node))
    const lines = this.#waits.countSent(this.peers)
    this.#router = new Router({
      node,
      nodeId,
      endpointOfRank,
      nodeOfRank,
      lines,
      mayPoll: hasCoreForAgent(start),
      // Of ranks of this node alone an agent gets no streams.
      giveTurn: start.nodeCount > 1 ? () => turns.give() : () => undefined,
      outlivesRanks: start.outlivesRanks,
      onRankRecord: (rank, kind, body) => this.#onRankRecord[kind]?.(rank, body),
      onAgentRecord: (source, kind, body) => {
        if (kind === RecordKind.windowRequest) this.#windows.serve(source, body)
      },
      onMisfit: (nodeId, what) => this.#misfit(nodeId, what),
      onFinished: (rank) => this.#windows.rankEnded(rank),
    })
    this.#windows = new WindowService({
      node,
      endpointOfRank,
      nodeOfRank,
      sendToNode: (nodeId, record) => lines.send(nodeId, record),
      onMisfit: (rank, what) => this.#misfit(nodeOfRank[rank] ?? -1, what),
    })
    this.#output = new OutputCredit(node, endpointOfRank)
    this.#threads = new RankThreads({
      start,
      surroundings: { node, endpointOfRank, socketLines, hostname: options.hostname },
      rankProgram: options.rankProgram,
      room: options.room,
      onStdinWanted: (rank) => send({ type: 'stdinWanted', rank }),
      onWindow: (notice) => this.#windows.notice(notice),
      onExit: (rank, status, failure) => this.#rankExit(rank, status, failure),
    })
    this.#guard = new ChildGuard(this.#family)
  }

  /** `earlyPeers`: channels of agents that were told to start before this one. */
  run(earlyPeers: ReadonlyMap<number, Channel>): void {
    this.#router.start()
    for (const [nodeId, channel] of earlyPeers) this.peers.accept(nodeId, channel)
    this.#threads.start()
    if (this.#start.findsDeadlocks) this.#waits.start()
  }

  /** From the coordinator. */
  receive(message: Exclude<ToAgent, { type: 'start' | 'end' }>): void {
    switch (message.type) {
      case 'signal':
        if (message.endAfterMs !== undefined) this.#endsRanks = true
        this.#threads.signal(message.signal, message.endAfterMs !== undefined)
        if (message.endAfterMs !== undefined) setTimeout(this.#onTimeUp, message.endAfterMs)
        break
      case 'stdin':
        this.#threads.tell(message.rank, { type: 'stdin', bytes: message.bytes })
        break
      case 'outputDone':
        this.#output.done(message.rank, message.bytes)
        break
      case 'rankFinished':
        if (!message.exceptNodes.includes(this.#start.nodeId)) this.#router.rankFinished(message.rank)
        break
      case 'rankLost':
        if (!message.exceptNodes.includes(this.#start.nodeId)) this.#router.rankLost(message.rank)
        break
      case 'ruling': {
        const text = JSON.stringify(message.ruling)
        for (const rank of message.ranks) this.#router.tellRank(rank, textRecord(RecordKind.ruling, rank, text))
        break
      }
      case 'nodeLost':
        this.peers.drop(message.nodeId)
        this.#waits.nodeLost(message.nodeId)
        this.#router.nodeLost(message.nodeId)
        break
      case 'dial':
        this.peers.dialNow(message)
        break
      case 'relay':
        this.peers.relayNow(message.nodeId)
        break
      case 'askWaits':
        this.#waits.asked(message.question, message.wantsDetails)
        break
      case 'deadlock':
        this.#waits.deadlock(message.table)
        break
      default:
        assertNever(message)
    }
  }

  /** What is done with the records that ranks have for their agent, by kind. */
  readonly #onRankRecord: Readonly<Record<number, (rank: number, body: Uint8Array) => void>> = {
    [RecordKind.stdout]: (rank, bytes) => this.#send({ type: 'output', rank, stream: 1, bytes }),
    [RecordKind.stderr]: (rank, bytes) => this.#send({ type: 'output', rank, stream: 2, bytes }),
    [RecordKind.failure]: (rank, body) => this.#reports.addFailure(rank, body),
    [RecordKind.collectives]: (rank, body) => this.#reports.setCollectives(rank, body),
    [RecordKind.waits]: (rank, body) => this.#waits.answered(rank, body),
    [RecordKind.windowRequest]: (rank, body) => this.#windows.forward(rank, body),
    [RecordKind.motion]: (rank, body) => {
      // Written by ShmLink of the same program.
      this.#send({ type: 'motion', rank, motion: JSON.parse(Buffer.from(body).toString()) as Motion })
    },
    [RecordKind.misfit]: (_rank, body) => {
      // Written by ShmLink of the same program.
      const { source, what } = JSON.parse(Buffer.from(body).toString()) as MisfitNotice
      this.#misfit(this.#start.nodeOfRank[source] ?? -1, what)
    },
    [RecordKind.child]: () => this.#guard.lookSoon(),
    [RecordKind.abort]: (rank, body) => {
      const status = new DataView(body.buffer, body.byteOffset).getFloat64(0, true)
      this.#send({ type: 'abort', rank, status })
    },
  }

  /** What another node's agent has sent does not fit, as this agent or a rank of it has found. */
  #misfit(peer: number, what: string): void {
    if (!this.#isEnding && this.peers.refuse(peer)) this.#send({ type: 'peerMisfit', peer, what: cutText(what) })
  }

  #rankExit(rank: number, status: number, ownFailure: RankFailure | undefined): void {
    const others = new Set(this.#start.nodeOfRank)
    others.delete(this.#start.nodeId)
    const nodesToTell = (): number[] => [...others].filter((nodeId) => this.peers.has(nodeId))
    const isLost = this.#start.outlivesRanks && !this.#endsRanks
    const how = status === 0 ? RecordKind.finished : isLost ? RecordKind.lost : null
    const toldNodes = this.#router.rankEnded(rank, how, nodesToTell)
    this.peers.rankEnded(this.#endpointOfRank[rank] ?? -1)
    this.#send({ type: 'rankExit', rank, status, toldNodes, ...this.#reports.of(rank, status, ownFailure) })
  }

  /** A signal that ends nothing has reached this process: for its ranks. */
  raise(signal: string): void {
    this.#threads.signal(signal, false)
  }

  /** Ends all ranks at once. */
  async end(): Promise<void> {
    this.#isEnding = true
    this.#endsRanks = true
    // Before a thread ends in the middle of what this one would wait for.
    this.#windows.close()
    const ended = this.#threads.terminate()
    // Before the threads: one that waits for its child in a system call (execSync) ends with the child only.
    this.#family.endDescendants()
    await ended
    this.#waits.stop()
    this.#router.stop()
    this.peers.close()
    this.#family.endDescendants()
    this.#guard.close()
  }
}

function largestLocalSize(nodeOfRank: readonly number[]): number {
  const nodes = ranksByNode(nodeOfRank.length, (rank) => nodeOfRank[rank] ?? 0)
  return nodes.reduce((largest, { length }) => Math.max(largest, length), 0)
}

function endpoints(start: StartAgent): Int32Array {
  const endpointOfRank = new Int32Array(start.size).fill(-1)
  start.ranks.forEach((spec, endpoint) => {
    endpointOfRank[spec.rank] = endpoint
  })
  return endpointOfRank
}
