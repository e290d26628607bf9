import { fileURLToPath } from 'node:url'
import { AgentLine, allocateSocketLines, NO_SOCKET, RankLine } from '../../src/shm/socket-line.ts'
import { Delays } from './delays.ts'
import { Random } from './random.ts'
import { runStressThread, stressThreads } from './stress-threads.ts'

/** Threads of ranks and one of their agent take turns at one socket; each writes whole frames, or leaves the rest of one to the agent. */
export interface LineStress {
  readonly ranks: number
  /** Turns of each rank. */
  readonly turns: number
  readonly seed: number
}

interface ThreadData extends LineStress {
  readonly lines: SharedArrayBuffer
  readonly shared: SharedArrayBuffer
  /** -1: the agent. */
  readonly endpoint: number
}

/** Words that all threads share. What is written in a turn is written without Atomics, so that two at a time lose something. */
const WRITER = 0
const WRITTEN = 1
const REST = 2
const RANKS_DONE = 3
/** The rank of whose frame the rest is to come. */
const IN_FRAME = 4
const FRAME_BYTES = 16

/** Turns of all threads together, and bytes that ranks have counted. Rejects when two write at a time, or none gets on for `timeoutMs`. */
export async function stressLine(stress: LineStress, timeoutMs: number): Promise<{ turns: number; bytes: number }> {
  const lines = allocateSocketLines(2)
  const shared = new SharedArrayBuffer(64)
  const agent = new AgentLine(lines, 1)
  agent.open(7, false)
  const endpoints = [-1, ...Array.from({ length: stress.ranks }, (_, endpoint) => endpoint)]
  const data = endpoints.map((endpoint): ThreadData => ({ ...stress, lines, shared, endpoint }))
  const turns = await stressThreads(fileURLToPath(import.meta.url), data, timeoutMs)
  const sum = turns.reduce((total, count) => total + count, 0)
  const written = new Int32Array(shared)[WRITTEN]
  if (written !== sum) throw new Error(`${sum} turns have written ${written} times (seed ${stress.seed})`)
  return { turns: sum, bytes: agent.sent }
}

class StressThread {
  readonly #data: ThreadData
  readonly #words: Int32Array
  readonly #random: Random
  readonly #delays: Delays
  #turns = 0

  constructor(data: ThreadData) {
    this.#data = data
    this.#words = new Int32Array(data.shared)
    this.#random = new Random(data.seed * 1000 + data.endpoint + 1)
    this.#delays = new Delays(data.seed * 1000 + data.endpoint + 1)
    this.#delays.delayAtomics()
  }

  run(): number {
    if (this.#data.endpoint < 0) this.#runAgent()
    else this.#runRank()
    return this.#turns
  }

  #runRank(): void {
    const { endpoint, lines, turns } = this.#data
    const line = new RankLine(lines, 1, endpoint)
    while (this.#turns < turns) {
      if (line.take() === NO_SOCKET) continue
      this.#write(endpoint + 1)
      line.count(FRAME_BYTES)
      if (this.#random.chance(0.7)) line.pass()
      else {
        this.#words[IN_FRAME] = endpoint + 1
        line.passWithRest()
        // As the ring: the agent learns of it afterwards.
        Atomics.store(this.#words, REST, endpoint + 1)
      }
    }
    Atomics.add(this.#words, RANKS_DONE, 1)
  }

  #runAgent(): void {
    const line = new AgentLine(this.#data.lines, 1)
    let wants = false
    while (Atomics.load(this.#words, RANKS_DONE) < this.#data.ranks || Atomics.load(this.#words, REST) !== 0) {
      const rest = Atomics.load(this.#words, REST)
      if (rest !== 0) {
        if (!line.isHeldBy(rest - 1)) throw new Error(`rank ${rest - 1} has not got the turn that it has left`)
        Atomics.store(this.#words, REST, 0)
        line.takeRest()
        if (this.#words[IN_FRAME] !== rest) throw new Error(`a rest comes in a frame of ${this.#words[IN_FRAME]}`)
        this.#words[IN_FRAME] = 0
        this.#write(-1)
        line.give()
        continue
      }
      if (wants ? !line.hasTurn : this.#random.chance(0.5)) continue
      wants = !line.take()
      if (wants) continue
      this.#write(-1)
      line.give()
    }
  }

  /** Nobody else may come in between. */
  #write(writer: number): void {
    const words = this.#words
    if (words[WRITER] !== 0) throw new Error(`${writer} writes while ${words[WRITER]} does`)
    if (words[IN_FRAME] !== 0) throw new Error(`${writer} begins a frame in that of ${words[IN_FRAME]}`)
    words[WRITER] = writer
    const written = words[WRITTEN] ?? 0
    this.#delays.pause(0.2)
    if (words[WRITER] !== writer) throw new Error(`${words[WRITER]} writes while ${writer} does`)
    words[WRITTEN] = written + 1
    words[WRITER] = 0
    this.#turns += 1
  }
}

runStressThread<ThreadData>('lines', (data) => new StressThread(data).run())
