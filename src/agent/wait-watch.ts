import { Doorbell } from '../shm/doorbell.ts'
import type { NodeMemory } from '../shm/layout.ts'
import { ask, isAsleep, lookAt, modeOf, WaitMode } from '../shm/wait-word.ts'
import type { Place } from '../transport/channel.ts'
import type { FromAgent, NodeWaits, RankWait } from '../wire/control-messages.ts'
import type { WaitAnswer } from '../wire/rank-messages.ts'
import type { NodeLines } from './routing/router-options.ts'
import { textRecord } from './routing/text-record.ts'
import { RecordKind } from '../wire/record.ts'

export interface WaitWatchOptions {
  readonly node: NodeMemory
  readonly endpointOfRank: Int32Array
  /** Ranks of the node that are not over. */
  readonly living: () => readonly number[]
  /** Whether the router and the windows could move nothing just now. */
  readonly isIdle: () => boolean
  /** Puts a record of this agent's own into the ring of a rank. */
  readonly tellRank: (rank: number, record: Uint8Array) => void
  /** Bytes of records that ranks have written to other nodes' sockets themselves, by node. */
  readonly sentByRanks: () => readonly number[]
  readonly send: (message: FromAgent) => void
}

/** How often the ranks' wait words are looked at. */
const LOOK_MS = 250
/** Ranks have this long to answer, and then to fall asleep again. */
const ANSWER_MS = 1000
const SLEEP_LOOK_MS = 10

interface Question {
  readonly number: number
  readonly answers: Map<number, RankWait>
  readonly deadline: NodeJS.Timeout
}

/**
 * Looks whether all ranks of the node wait for others, for the coordinator, which knows the other nodes (coordinator/deadlocks/deadlock-state.ts).
 * Ranks say in their wait word whether they wait; nothing is asked of them before all of them do.
 */
export class WaitWatch {
  readonly #options: WaitWatchOptions
  readonly #words: Int32Array
  #timer: NodeJS.Timeout | undefined
  /** Bytes sent to other nodes and received from them, by node. */
  readonly #sent: number[] = []
  readonly #received: number[] = []
  readonly #lostNodes = new Set<number>()
  #seen = -1
  #isStalled = false
  #question: Question | undefined

  constructor(options: WaitWatchOptions) {
    this.#options = options
    this.#words = new Int32Array(options.node.memory.buffer)
  }

  /** `lines`, with a count of what is sent. */
  countSent(lines: NodeLines): NodeLines {
    return {
      canTake: (nodeId) => lines.canTake(nodeId),
      send: (nodeId, frame) => {
        this.#sent[nodeId] = (this.#sent[nodeId] ?? 0) + frame.length
        lines.send(nodeId, frame)
      },
      lend: (nodeId, frame) => {
        this.#sent[nodeId] = (this.#sent[nodeId] ?? 0) + frame.length
        return lines.lend(nodeId, frame)
      },
      // Counted by the rank that has begun the frame.
      lendRest: (nodeId, rest) => lines.lendRest(nodeId, rest),
      hasTurn: () => lines.hasTurn(),
      goOn: () => lines.goOn(),
    }
  }

  /** `take`, with a count of what comes from that node. */
  countReceived(nodeId: number, take: (piece: Uint8Array) => void): (piece: Uint8Array) => void {
    return (piece) => {
      this.#received[nodeId] = (this.#received[nodeId] ?? 0) + piece.length
      take(piece)
    }
  }

  /** `place`, with the same count. */
  countPlaced(nodeId: number, place: Place): Place {
    return {
      next: () => place.next(),
      came: (count) => {
        this.#received[nodeId] = (this.#received[nodeId] ?? 0) + count
        place.came(count)
      },
    }
  }

  /** That node is lost: nobody will ever say what it has sent and received. */
  nodeLost(nodeId: number): void {
    this.#lostNodes.add(nodeId)
  }

  start(): void {
    this.#timer = setInterval(() => this.#look(), LOOK_MS)
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#forget()
  }

  #look(): void {
    const activity = this.#activity()
    const isStalled = activity === this.#seen && this.#allWait()
    this.#seen = activity
    if (isStalled === this.#isStalled) return
    this.#isStalled = isStalled
    this.#options.send({ type: 'stalled', isStalled })
  }

  /** The coordinator asks how the ranks wait. */
  asked(question: number, wantsDetails: boolean): void {
    this.#forget()
    if (!wantsDetails) {
      this.#tell(question, this.#snapshot())
      return
    }
    const deadline = setTimeout(() => this.#giveUp(), ANSWER_MS)
    this.#question = { number: question, answers: new Map(), deadline }
    for (const rank of this.#options.living()) {
      ask(this.#words, this.#endpointOf(rank), question)
      new Doorbell(this.#options.node, this.#endpointOf(rank)).ring()
    }
    this.#conclude()
  }

  /** A rank says what it waits for: WaitAnswer as JSON. */
  answered(rank: number, body: Uint8Array): void {
    // Written by ShmLink of the same program.
    const { question, wait } = JSON.parse(Buffer.from(body).toString()) as WaitAnswer
    const asked = this.#question
    if (question !== asked?.number) return
    if (wait !== null) asked.answers.set(rank, wait)
    // Not here: this is called while the router reads the rank's ring, and what follows asks the router to read.
    setImmediate(() => {
      if (this.#question !== asked) return
      if (wait === null) this.#giveUp()
      else this.#conclude()
    })
  }

  /** No rank of the job can get on: what they have said that they wait for fails. */
  deadlock(table: string): void {
    for (const rank of this.#options.living()) {
      this.#options.tellRank(rank, textRecord(RecordKind.deadlock, rank, table))
    }
  }

  /** Tells when all have answered and sleep again. */
  #conclude(): void {
    const question = this.#question
    if (question === undefined || question.answers.size < this.#options.living().length) return
    if (!this.#allSleep()) {
      setTimeout(() => {
        if (this.#question === question) this.#conclude()
      }, SLEEP_LOOK_MS)
      return
    }
    this.#forget()
    this.#tell(question.number, { ...this.#snapshot(), ranks: [...question.answers.values()] })
  }

  #giveUp(): void {
    const question = this.#question
    this.#forget()
    if (question !== undefined) this.#tell(question.number, { ...this.#snapshot(), isStuck: false })
  }

  #forget(): void {
    clearTimeout(this.#question?.deadline)
    this.#question = undefined
  }

  #tell(question: number, waits: NodeWaits): void {
    this.#options.send({ type: 'waits', question, ...waits })
  }

  /**
   * How all ranks wait at one moment. Each of them was waiting from the first sum to the second one where the two are the same, so none
   * did anything between; a rank that sleeps with its bell unrung has read all there was (WaitWord.block()); and the router moved nothing.
   */
  #snapshot(): NodeWaits {
    const isIdle = this.#options.isIdle()
    const before = this.#activity()
    const isWaiting = this.#allWait() && this.#allSleep()
    const activity = this.#activity()
    const isStuck = isIdle && isWaiting && before === activity
    return {
      isStuck,
      activity,
      sent: this.#sum(this.#sent) + this.#sum(this.#options.sentByRanks()),
      received: this.#sum(this.#received),
    }
  }

  #sum(bytes: readonly number[]): number {
    return bytes.reduce((sum, ofNode, nodeId) => (this.#lostNodes.has(nodeId) ? sum : sum + ofNode), 0)
  }

  #allWait(): boolean {
    return this.#options.living().every((rank) => modeOf(lookAt(this.#words, this.#endpointOf(rank))) !== WaitMode.runs)
  }

  #allSleep(): boolean {
    return this.#options.living().every((rank) => isAsleep(this.#words, this.#endpointOf(rank)))
  }

  /** Every change of a wait word makes the sum larger, and so does the end of a rank. */
  #activity(): number {
    const { node, living } = this.#options
    const endpoints = node.endpoints - 1
    let sum = endpoints - living().length
    for (let endpoint = 0; endpoint < endpoints; endpoint++) sum += lookAt(this.#words, endpoint) >>> 0
    return sum
  }

  #endpointOf(rank: number): number {
    return this.#options.endpointOfRank[rank] ?? 0
  }
}
