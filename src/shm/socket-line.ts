/*
 * The data channels of a node, for its rank threads: a rank may write whole frames to the socket of another node's channel itself, which
 * saves waking the agent. Each node of the job has a block of 64 bytes:
 *
 *   +0   turn      int32    who may write to the socket: one of Turn, and for ranks 4 × endpoint more
 *   +4   socket    int32    its file descriptor; -1: only the agent writes (not open, TLS, over)
 *   +8   masked    int32    1: frames carry a mask (RFC 6455 §5.3: those of the side that dialled)
 *   +16  sent      float64  bytes of records that ranks have written; changed by whoever has the turn
 */
const BLOCK_BYTES = 64
const TURN = 0
const SOCKET = 1
const MASKED = 2
const SENT = 2

const Turn = {
  free: 0,
  agent: 1,
  /** A rank writes. It never waits while it has the turn. */
  rank: 4,
  /** A rank writes; the agent has the next turn. */
  agentNext: 5,
  /** The agent's, and the system has taken a part of a rank's frame only: the rest lies in that rank's ring and must leave first. */
  agentAfterRest: 6,
} as const

/** The turn of the rank at `endpoint`. */
function turnOf(turn: number, endpoint: number): number {
  return turn + 4 * endpoint
}

/** A turn without the endpoint. */
function kindOf(turn: number): number {
  return turn < Turn.rank ? turn : Turn.rank + (turn % 4)
}

export const NO_SOCKET = -1

/** All zero but for the sockets: there are none. */
export function allocateSocketLines(nodeCount: number): SharedArrayBuffer {
  const memory = new SharedArrayBuffer(nodeCount * BLOCK_BYTES)
  const words = new Int32Array(memory)
  for (let nodeId = 0; nodeId < nodeCount; nodeId++) words[(nodeId * BLOCK_BYTES) / 4 + SOCKET] = NO_SOCKET
  return memory
}

/** A rank's side of the line to one node. */
export class RankLine {
  readonly #words: Int32Array
  readonly #floats: Float64Array
  readonly #base: number

  readonly #endpoint: number

  /** `endpoint`: the rank's own. */
  constructor(lines: SharedArrayBuffer, nodeId: number, endpoint: number) {
    this.#words = new Int32Array(lines)
    this.#floats = new Float64Array(lines)
    this.#base = (nodeId * BLOCK_BYTES) / 4
    this.#endpoint = endpoint
  }

  /** The socket, whose next bytes are this rank's until pass() or passWithRest(); NO_SOCKET: it is not the rank's turn. */
  take(): number {
    const turn = this.#base + TURN
    // Pairs with the operations on the turn in AgentLine; most often there is no socket, so look before taking anything.
    if (Atomics.load(this.#words, this.#base + SOCKET) === NO_SOCKET) return NO_SOCKET
    const own = turnOf(Turn.rank, this.#endpoint)
    if (Atomics.compareExchange(this.#words, turn, Turn.free, own) !== Turn.free) return NO_SOCKET
    // Pairs with the store in AgentLine.close(): once it is seen the number may be another file's.
    const socket = Atomics.load(this.#words, this.#base + SOCKET)
    if (socket === NO_SOCKET) this.pass()
    return socket
  }

  /** Whether frames carry a mask; for the rank whose turn it is. */
  get isMasked(): boolean {
    return this.#words[this.#base + MASKED] === 1
  }

  /** Counts bytes of records that are going to be written; for the rank whose turn it is. */
  count(bytes: number): void {
    const word = this.#base / 2 + SENT
    this.#floats[word] = (this.#floats[word] ?? 0) + bytes
  }

  /** Ends the turn after a whole frame. True: the agent waits for its turn and must be woken. */
  pass(): boolean {
    const turn = this.#base + TURN
    // Pairs with the compareExchange in AgentLine.take().
    const own = turnOf(Turn.rank, this.#endpoint)
    if (Atomics.compareExchange(this.#words, turn, own, Turn.free) === own) return false
    Atomics.store(this.#words, turn, Turn.agent)
    return true
  }

  /** Ends the turn in the middle of a frame, whose rest the rank then writes into its ring to the agent. */
  passWithRest(): void {
    // Pairs with the operations on the turn in AgentLine.
    Atomics.store(this.#words, this.#base + TURN, turnOf(Turn.agentAfterRest, this.#endpoint))
  }
}

/** The agent's side of the line to one node. */
export class AgentLine {
  readonly #words: Int32Array
  readonly #floats: Float64Array
  readonly #base: number
  #isWanted = false

  constructor(lines: SharedArrayBuffer, nodeId: number) {
    this.#words = new Int32Array(lines)
    this.#floats = new Float64Array(lines)
    this.#base = (nodeId * BLOCK_BYTES) / 4
  }

  /** Lets ranks write to this socket from now on. */
  open(socket: number, isMasked: boolean): void {
    this.#words[this.#base + MASKED] = isMasked ? 1 : 0
    // Pairs with the load in RankLine.take().
    Atomics.store(this.#words, this.#base + SOCKET, socket)
  }

  /** Whether the agent may begin a frame; if not, the turn comes to it (hasTurn), and a rank rings its bell then. Keeps the turn until give(). */
  take(): boolean {
    const turn = this.#base + TURN
    for (;;) {
      // Pairs with the operations on the turn in RankLine.
      const before = Atomics.compareExchange(this.#words, turn, Turn.free, Turn.agent)
      if (before === Turn.free || before === Turn.agent) {
        this.#isWanted = false
        return true
      }
      this.#isWanted = true
      if (kindOf(before) !== Turn.rank) return false
      // The rank may have ended its turn meanwhile; then there is another look.
      if (Atomics.compareExchange(this.#words, turn, before, before - Turn.rank + Turn.agentNext) === before)
        return false
    }
  }

  /** Whether take() was in vain and would not be now. */
  get hasTurn(): boolean {
    if (!this.#isWanted) return false
    // Pairs with the stores in RankLine.
    const turn = Atomics.load(this.#words, this.#base + TURN)
    return turn === Turn.agent || turn === Turn.free
  }

  /** The channel is no more: nobody waits for the turn. */
  forget(): void {
    this.#isWanted = false
  }

  /** The rest of a rank's frame is going to be written: the turn goes on as the agent's own. */
  takeRest(): void {
    Atomics.store(this.#words, this.#base + TURN, Turn.agent)
  }

  /** Whether the rank at `endpoint` is in the middle of a frame. */
  isHeldBy(endpoint: number): boolean {
    // Pairs with the stores in RankLine; the rank is over, so it does not change any more.
    const turn = Atomics.load(this.#words, this.#base + TURN)
    return turn >= Turn.rank && turn >> 2 === (Turn.rank >> 2) + endpoint
  }

  /** Ends the agent's turn; everything it has written has been taken by the system. */
  give(): void {
    // Pairs with the compareExchange in RankLine.take(). In another state it is not the agent's turn.
    Atomics.compareExchange(this.#words, this.#base + TURN, Turn.agent, Turn.free)
  }

  /** No rank writes to the socket any more, which may be closed then. Waits for a write that has begun, but not for ever: its rank may be dead. */
  close(mostMs: number): void {
    // Pairs with the second load in RankLine.take(): a rank that takes its turn after this sees it.
    Atomics.store(this.#words, this.#base + SOCKET, NO_SOCKET)
    const until = performance.now() + mostMs
    do {
      // Pairs with the stores in RankLine; nobody notifies, so this looks again each millisecond.
      const turn = Atomics.load(this.#words, this.#base + TURN)
      const kind = kindOf(turn)
      if (kind !== Turn.rank && kind !== Turn.agentNext) return
      Atomics.wait(this.#words, this.#base + TURN, turn, 1)
    } while (performance.now() < until)
  }

  /** Bytes of records that ranks have written to this socket themselves. Exact when they all sleep. */
  get sent(): number {
    return this.#floats[this.#base / 2 + SENT] ?? 0
  }
}
