import { fileURLToPath } from 'node:url'
import { Doorbell } from '../../src/shm/doorbell.ts'
import { allocateNodeMemory, type NodeMemory } from '../../src/shm/layout.ts'
import { RingReader, RingWriter } from '../../src/shm/ring.ts'
import { RecordKind } from '../../src/wire/record.ts'
import { randomNumbers } from './random.ts'
import { withSmallRings } from './small-rings.ts'
import { runStressThread, stressThreads } from './stress-threads.ts'

/** All endpoints send records of random length to all others at once, each with a running number and a checksum of its bytes. */
export interface RingStress {
  readonly threads: number
  readonly recordsPerPair: number
  /** Only endpoint 0 sends: a waiting producer is woken by room alone. */
  readonly isOneWay?: boolean
  readonly seed: number
}

interface ThreadData extends RingStress {
  readonly node: NodeMemory
  readonly endpoint: number
}

/** Runs the stress and returns the number of records read; rejects with what a thread found wrong or when one hangs for `timeoutMs`. */
export async function stressRings(stress: RingStress, timeoutMs: number): Promise<number> {
  const node = withSmallRings(allocateNodeMemory(stress.threads - 1))
  const data = Array.from({ length: stress.threads }, (_, endpoint): ThreadData => ({ ...stress, node, endpoint }))
  const counts = await stressThreads(fileURLToPath(import.meta.url), data, timeoutMs)
  return counts.reduce((sum, count) => sum + count, 0)
}

class StressThread {
  readonly #data: ThreadData
  readonly #random: () => number
  readonly #bell: Doorbell
  readonly #readers: RingReader[] = []
  readonly #writers: RingWriter[] = []
  readonly #sent: number[]
  readonly #seen: number[]
  readonly #readFrom: number

  constructor(data: ThreadData) {
    this.#data = data
    this.#random = randomNumbers(data.seed * 1000 + data.endpoint)
    this.#bell = new Doorbell(data.node, data.endpoint)
    for (let other = 0; other < data.threads; other++) {
      this.#readers.push(new RingReader(data.node, other, data.endpoint))
      this.#writers.push(new RingWriter(data.node, data.endpoint, other))
    }
    const { isOneWay = false, recordsPerPair } = data
    // What never comes counts as done.
    this.#sent = new Array<number>(data.threads).fill(isOneWay && data.endpoint > 0 ? recordsPerPair : 0)
    this.#seen = this.#readers.map((_, other) => (isOneWay && other > 0 ? recordsPerPair : 0))
    this.#readFrom = isOneWay ? 1 : data.threads
  }

  run(): number {
    const { recordsPerPair } = this.#data
    const isDone = (): boolean => [...this.#sent, ...this.#seen].every((count) => count === recordsPerPair)
    while (!isDone()) {
      const moved = this.#write()
      if (this.#read() || moved) continue
      const seen = this.#bell.prepare()
      const hasWork =
        this.#readers.some((reader) => reader.hasNext()) || this.#writers.some((writer) => writer.takeNewRoom())
      if (hasWork) this.#bell.awake()
      else this.#bell.sleep(seen, Number.POSITIVE_INFINITY)
    }
    return this.#seen.slice(0, this.#readFrom).reduce((sum, count) => sum + count, 0)
  }

  /** A burst to each ring; whether any record went out. */
  #write(): boolean {
    let any = false
    this.#writers.forEach((writer, other) => {
      const burst = 1 + Math.floor(this.#random() * 20)
      for (let i = 0; i < burst && (this.#sent[other] ?? 0) < this.#data.recordsPerPair; i++) {
        const length = 8 + Math.floor(this.#random() ** 3 * (this.#random() < 0.02 ? writer.largestBody - 8 : 3000))
        if (!writer.reserve(length, length)) break
        this.#fill(writer, other, length)
        any = true
      }
    })
    return any
  }

  #fill(writer: RingWriter, other: number, length: number): void {
    const number = this.#sent[other] ?? 0
    const salt = (number * 31 + this.#data.endpoint) & 0xff
    for (let i = 8; i < length; i++) writer.bytes[writer.bodyOffset + i] = (i + salt) & 0xff
    writer.words[writer.bodyOffset >> 2] = number
    writer.words[(writer.bodyOffset >> 2) + 1] = length
    writer.commit(RecordKind.part, this.#data.endpoint, other, length)
    this.#sent[other] = number + 1
  }

  #read(): boolean {
    let any = false
    this.#readers.forEach((reader, other) => {
      while (reader.next()) {
        any = true
        this.#verify(reader, other)
        reader.release()
        // Now and then stop in the middle, so that rings fill up.
        if (this.#random() < 0.01) break
      }
    })
    return any
  }

  #verify(reader: RingReader, other: number): void {
    const expected = this.#seen[other] ?? 0
    const number = reader.words[reader.bodyOffset >> 2] ?? -1
    const length = reader.words[(reader.bodyOffset >> 2) + 1] ?? -1
    const where = `record ${expected} of thread ${other} for thread ${this.#data.endpoint} (seed ${this.#data.seed})`
    if (number !== expected || length !== reader.bodyBytes || reader.source !== other) {
      throw new Error(
        `${where}: got number ${number}, length ${length} of ${reader.bodyBytes}, source ${reader.source}`,
      )
    }
    const salt = (number * 31 + other) & 0xff
    for (let i = 8; i < length; i++) {
      if (reader.bytes[reader.bodyOffset + i] !== ((i + salt) & 0xff)) throw new Error(`${where}: byte ${i} is torn`)
    }
    this.#seen[other] = expected + 1
  }
}

runStressThread<ThreadData>('recordsPerPair', (data) => new StressThread(data).run())
