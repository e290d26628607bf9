import { expect } from 'chai'
import { Doorbell } from '../../../src/shm/doorbell.ts'
import {
  BELL,
  endpointOffset,
  HEAD,
  type NodeMemory,
  pairOffset,
  SLEEPING,
  TAIL,
  WANTED,
} from '../../../src/shm/layout.ts'
import { RingReader, RingWriter } from '../../../src/shm/ring.ts'
import { RecordKind } from '../../../src/wire/record.ts'
import { describeModel } from '../../support/describe-model.ts'
import { consumer, type Mistake, owner, publisher, type Wishes } from './doorbell-model.ts'
import { explore, type Program } from './interleavings.ts'
import { smallNode } from './small-node.ts'
import { traceAtomics } from './trace-atomics.ts'

function wordsOf(node: NodeMemory, endpoint: number): { bell: number; sleeping: number } {
  const words = new Int32Array(node.memory.buffer, endpointOffset(endpoint))
  return { bell: words[BELL] ?? -1, sleeping: words[SLEEPING] ?? -1 }
}

describe('Doorbell', () => {
  it('ring() does nothing while the owner is awake', () => {
    const node = smallNode(512)
    new Doorbell(node, 1).ring()
    expect(wordsOf(node, 1)).to.deep.equal({ bell: 0, sleeping: 0 })
  })

  it('ring() after prepare() changes the bell once and leaves other endpoints alone', () => {
    const node = smallNode(512, 3)
    const bell = new Doorbell(node, 1)
    expect(bell.prepare()).to.equal(0)
    for (let count = 0; count < 3; count += 1) new Doorbell(node, 1).ring()
    expect([0, 1, 2].map((endpoint) => wordsOf(node, endpoint).bell)).to.deep.equal([0, 1, 0])
    expect(bell.prepare()).to.equal(1)
  })

  it('sleep() returns at once when the bell rang after prepare()', () => {
    const node = smallNode(512)
    const bell = new Doorbell(node, 0)
    const seen = bell.prepare()
    bell.ring()
    bell.sleep(seen, Number.POSITIVE_INFINITY)
    expect(wordsOf(node, 0)).to.deep.equal({ bell: 1, sleeping: 0 })
  })

  it('awake() takes prepare() back', () => {
    const node = smallNode(512)
    const bell = new Doorbell(node, 0)
    bell.prepare()
    bell.awake()
    bell.ring()
    expect(wordsOf(node, 0)).to.deep.equal({ bell: 0, sleeping: 0 })
  })

  it('sleepAsync() resolves when the bell rang before it or rings after it', async () => {
    const bell = new Doorbell(smallNode(512), 0)
    let seen = bell.prepare()
    bell.ring()
    await bell.sleepAsync(seen)
    seen = bell.prepare()
    const slept = bell.sleepAsync(seen)
    bell.ring()
    await slept
  })
})

/** A waiting rank and those who wake it. */
interface Scene {
  readonly wishes: Wishes
  readonly wakers: (mistake?: Mistake) => Program[]
}

const SCENES: Readonly<Record<string, Scene>> = {
  'one sender': { wishes: { reads: [0], needs: {} }, wakers: (mistake) => [publisher(0, mistake)] },
  'two senders': {
    wishes: { reads: [0, 1], needs: {} },
    wakers: (mistake) => [publisher(0, mistake), publisher(1, mistake)],
  },
  'three senders': {
    wishes: { reads: [0, 1, 2], needs: {} },
    wakers: (mistake) => [publisher(0, mistake), publisher(1, mistake), publisher(2, mistake)],
  },
  'a full ring': { wishes: { reads: [], needs: { 0: 1 } }, wakers: (mistake) => [consumer(0, 1, mistake)] },
  'a full ring of which three records must go': {
    wishes: { reads: [], needs: { 0: 3 } },
    wakers: (mistake) => [consumer(0, 3, mistake)],
  },
  'two full rings': {
    wishes: { reads: [], needs: { 0: 1, 1: 1 } },
    wakers: (mistake) => [consumer(0, 1, mistake), consumer(1, 1, mistake)],
  },
  'a sender and a full ring': {
    wishes: { reads: [0], needs: { 1: 2 } },
    wakers: (mistake) => [publisher(0, mistake), consumer(1, 2, mistake)],
  },
}

describeModel<Scene, Mistake>({
  title: 'all interleavings of a waiting rank and its wakers',
  holds: 'lose no wake-up',
  scenes: SCENES,
  leastStates: 20,
  mistakes: [
    ['looks before it announces its sleep', 'one sender'],
    ['does not look again', 'one sender'],
    ['rings before it publishes', 'one sender'],
    ['rings without changing the bell', 'one sender'],
    ['does not look at its wish again', 'a full ring'],
    ['does not look again', 'a sender and a full ring'],
  ],
  explore: ({ wishes, wakers }, mistake) => explore([owner(wishes, mistake), ...wakers(mistake)]),
})

/** Words of the ring from endpoint 0 to endpoint 1, and of both bells. */
function namesOf(node: NodeMemory, sleeper: 0 | 1): Map<number, string> {
  const pair = pairOffset(node.endpoints, 0, 1) / 4
  const bell = endpointOffset(sleeper) / 4
  return new Map([
    [pair + TAIL, 'tail0'],
    [pair + WANTED, 'wanted0'],
    [pair + HEAD, 'head0'],
    [bell + BELL, 'bell'],
    [bell + SLEEPING, 'sleeping'],
  ])
}

/** Steps of a model's program in the form of a trace: values of counters are the code's own. */
function steps(program: Program): string[] {
  return program.map(({ does }) => does).filter((does) => !/^(goes on|is content)/.test(does))
}

function withoutCounters(trace: readonly string[]): string[] {
  return trace.map((line) => line.replace(/^(store (?:tail|head)0) .*/, '$1'))
}

/** The model says something of the code only as long as the code takes the model's steps. */
describe('the model takes the steps of the code', () => {
  it('RingWriter.commit() to a sleeping consumer', () => {
    const node = smallNode(512)
    const writer = new RingWriter(node, 0, 1)
    new Doorbell(node, 1).prepare()
    writer.reserve(16, 16)
    const trace = traceAtomics(namesOf(node, 1), () => writer.commit(RecordKind.part, 0, 1, 16))
    expect(withoutCounters(trace)).to.deep.equal(steps(publisher(0)))
  })

  it('RingReader.release() to a producer that sleeps because it found no room', () => {
    const node = smallNode(512)
    const reader = fullRing(node).reader
    new Doorbell(node, 0).prepare()
    reader.next()
    const trace = traceAtomics(namesOf(node, 0), () => reader.release())
    expect(withoutCounters(trace)).to.deep.equal(steps(consumer(0, 1)))
  })

  it('a consumer that finds nothing and sleeps', () => {
    const node = smallNode(512)
    const bell = new Doorbell(node, 1)
    const reader = new RingReader(node, 0, 1)
    const trace = traceAtomics(namesOf(node, 1), () => {
      reader.next()
      const seen = bell.prepare()
      if (!reader.hasNext()) bell.sleep(seen, 0)
    })
    // The model's last step is the other way out.
    expect(trace).to.deep.equal(steps(owner({ reads: [0], needs: {} })).slice(0, -1))
  })

  it('a producer that finds no room and sleeps', () => {
    const node = smallNode(512)
    const bell = new Doorbell(node, 0)
    const { writer } = fullRing(node)
    const trace = traceAtomics(namesOf(node, 0), () => {
      writer.reserve(16, 16)
      const seen = bell.prepare()
      if (!writer.takeNewRoom()) bell.sleep(seen, 0)
    })
    const model = steps(owner({ reads: [], needs: { 0: 1 } })).slice(0, -1)
    expect(trace).to.deep.equal(model.filter((step) => step !== 'store wanted0 0'))
  })

  it('a producer that finds room at the second look', () => {
    const node = smallNode(512)
    const { writer, reader } = fullRing(node)
    reader.next()
    reader.release()
    const trace = traceAtomics(namesOf(node, 0), () => {
      writer.reserve(16, 16)
    })
    expect(trace).to.deep.equal(steps(owner({ reads: [], needs: { 0: 1 } })).slice(0, 3))
  })
})

/** A full ring from endpoint 0 to endpoint 1 whose producer has found no room. */
function fullRing(node: NodeMemory): { writer: RingWriter; reader: RingReader } {
  const writer = new RingWriter(node, 0, 1)
  while (writer.tryWrite(RecordKind.part, 0, 1, new Uint8Array(16)));
  return { writer, reader: new RingReader(node, 0, 1) }
}
