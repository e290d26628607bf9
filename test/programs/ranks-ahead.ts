// Ranks that run ahead: who waits for one rank has messages of others that it wants later, in whatever way. MPI_TEST_SEED repeats a run.
import assert from 'node:assert/strict'
import { MPI } from 'mpirun-ts'
import { Random, testSeed } from '../support/random.ts'

const comm = MPI.COMM_WORLD
const ROUNDS = 30
const TAGS = 3
const seed = comm.bcast(testSeed())
/** Of this rank alone: in which order and in which way it receives. */
const own = new Random(seed + 1 + comm.rank)
const others = [...Array(comm.size).keys()].filter((rank) => rank !== comm.rank)

/** Lengths of what `source` sends to `dest`, round by round, which both know. */
function lengthsOf(source: number, dest: number): number[][] {
  const random = new Random(seed + 1000 * (source + 1) + dest)
  return Array.from({ length: ROUNDS }, () => {
    const count = random.below(12)
    return Array.from({ length: count }, () => (random.chance(0.02) ? 100_000 : random.below(2000)))
  })
}

class Stream {
  readonly source: number
  readonly rounds: number[][]
  /** Messages received of all rounds. */
  private count = 0

  constructor(source: number) {
    this.source = source
    this.rounds = lengthsOf(source, comm.rank)
  }

  /** Messages that are to be received until the end of a round. */
  leftOf(round: number): number {
    return this.rounds.slice(0, round + 1).flat().length - this.count
  }

  tag(ahead: number = 0): number {
    return (this.count + ahead) % TAGS
  }

  /** Checks the next message of this source. */
  take(view: Uint16Array, tag: number): void {
    const length = this.rounds.flat()[this.count]
    const where = `message ${this.count} of rank ${this.source} for rank ${comm.rank} (MPI_TEST_SEED=${seed})`
    assert.equal(tag, this.tag(), where)
    assert.equal(view.length, length, where)
    assert.ok(
      view.every((element) => element === (this.count & 0xffff)),
      where,
    )
    this.count += 1
  }
}

const streams = new Map(others.map((source) => [source, new Stream(source)]))
const into = Array.from({ length: 4 }, () => new Uint16Array(100_000))

/** Receives one message of a stream, or a few, or one of whoever comes first. */
async function receive(stream: Stream, round: number): Promise<void> {
  const { source } = stream
  const [view = new Uint16Array(0)] = into
  switch (own.below(7)) {
    case 0:
      return stream.take(comm.recv<Uint16Array>(source, stream.tag()), stream.tag())
    case 1: {
      const { count, tag } = comm.recvInto(view, source)
      return stream.take(view.subarray(0, count), tag)
    }
    case 2: {
      const requests = into.slice(0, stream.leftOf(round)).map((one, i) => comm.irecvInto(one, source, stream.tag(i)))
      for (const [i, { count, tag }] of MPI.waitAll(requests).entries()) {
        stream.take((into[i] ?? view).subarray(0, count), tag)
      }
      return
    }
    case 3: {
      const status = comm.probe(source)
      return stream.take(comm.recv<Uint16Array>(source, status.tag), status.tag)
    }
    case 4: {
      let message = comm.improbe(source)
      while (message === null) message = comm.improbe(source)
      const { tag } = message.status
      return stream.take(message.recv<Uint16Array>(), tag)
    }
    case 5: {
      const request = comm.irecv<Uint16Array>(source, stream.tag())
      const tag = stream.tag()
      return stream.take(await request, tag)
    }
    default: {
      const status = new MPI.Status()
      const first = comm.recv<Uint16Array>(MPI.ANY_SOURCE, MPI.ANY_TAG, { status })
      return streams.get(status.source)?.take(first, status.tag)
    }
  }
}

const lengths = others.map((dest) => lengthsOf(comm.rank, dest))
const counts = others.map(() => 0)
for (let round = 0; round < ROUNDS; round += 1) {
  for (const [i, dest] of others.entries()) {
    for (const length of lengths[i]?.[round] ?? []) {
      const count = counts[i] ?? 0
      void comm.isend(new Uint16Array(length).fill(count), dest, count % TAGS)
      counts[i] = count + 1
    }
  }
  for (const stream of own.shuffle([...streams.values()])) while (stream.leftOf(round) > 0) await receive(stream, round)
  // Messages of a collective come behind some that nobody wants yet.
  if (round % 10 === 9) assert.equal(await comm.iallreduce(1), comm.size)
}
comm.barrier()
assert.equal(comm.iprobe(), null)
