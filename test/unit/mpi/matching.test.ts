import { expect } from 'chai'
import { ANY_SOURCE, ANY_TAG } from '../../../src/mpi/terms/constants.ts'
import { type Arrived, type Lane, MatchQueues, type Posted } from '../../../src/mpi/matching/matching.ts'
import type { Envelope } from '../../../src/wire/envelope.ts'
import { Random, testSeed } from '../../support/random.ts'

class Receive implements Posted<Receive> {
  order = 0
  lane: Lane<Receive> | null = null
  next: Receive | null = null
  previous: Receive | null = null
  readonly name: number
  readonly source: number
  readonly tag: number

  constructor(name: number, source: number, tag: number) {
    this.name = name
    this.source = source
    this.tag = tag
  }
}

class Message implements Arrived<Message> {
  laneNext: Message | null = null
  next: Message | null = null
  previous: Message | null = null
  isQueued = false
  readonly name: number
  readonly envelope: Envelope

  constructor(name: number, source: number, tag: number) {
    this.name = name
    this.envelope = { source, dest: 0, context: 0, tag, datatype: 0, flags: 0, extra: 0, byteLength: 0 }
  }
}

/** What MPI says, without any index: two lists that are searched from the front. */
class SlowModel {
  readonly posted: { name: number; source: number; tag: number }[] = []
  readonly messages: { name: number; source: number; tag: number }[] = []

  arrive(name: number, source: number, tag: number): number | null {
    const at = this.posted.findIndex((receive) => fits(receive, source, tag))
    if (at !== -1) return this.posted.splice(at, 1)[0]?.name ?? null
    this.messages.push({ name, source, tag })
    return null
  }

  receive(name: number, source: number, tag: number): number | null {
    const at = this.messages.findIndex((message) => fits({ source, tag }, message.source, message.tag))
    if (at !== -1) return this.messages.splice(at, 1)[0]?.name ?? null
    this.posted.push({ name, source, tag })
    return null
  }

  cancel(name: number): boolean {
    const at = this.posted.findIndex((receive) => receive.name === name)
    if (at === -1) return false
    this.posted.splice(at, 1)
    return true
  }
}

function fits(receive: { source: number; tag: number }, source: number, tag: number): boolean {
  return (
    (receive.source === ANY_SOURCE || receive.source === source) && (receive.tag === ANY_TAG || receive.tag === tag)
  )
}

/** The same steps on the queues and on the model. */
class Comparison {
  readonly queues = new MatchQueues<Receive, Message>(0)
  readonly model = new SlowModel()
  readonly receives: Receive[] = []
  private names = 0

  arrive(source: number, tag: number): void {
    const message = new Message(this.names++, source, tag)
    const receive = this.queues.match(message.envelope)
    if (receive === null) this.queues.arrive(message)
    expect(receive?.name ?? null).to.equal(this.model.arrive(message.name, source, tag))
  }

  receive(source: number, tag: number): void {
    const receive = new Receive(this.names++, source, tag)
    const message = this.queues.find(source, tag)
    if (message === null) this.queues.post(receive)
    else this.queues.take(message)
    this.receives.push(receive)
    expect(message?.name ?? null).to.equal(this.model.receive(receive.name, source, tag))
  }

  cancel(receive: Receive): void {
    expect(this.queues.withdraw(receive)).to.equal(this.model.cancel(receive.name))
  }

  checkCounts(): void {
    expect(this.queues.postedCount).to.equal(this.model.posted.length)
    expect(this.queues.unexpectedCount).to.equal(this.model.messages.length)
    expect(this.queues.unexpected().map(({ name }) => name)).to.deep.equal(this.model.messages.map(({ name }) => name))
  }
}

describe('Matching', () => {
  it('agrees with the slow model on random programs', () => {
    const seed = testSeed()
    const random = new Random(seed)
    for (let round = 0; round < 200; round += 1) {
      const comparison = new Comparison()
      // More tags than are kept as empty buckets, now and then.
      const tags = random.chance(0.1) ? 200 : 3
      try {
        for (let step = 0; step < 200; step += 1) {
          const [source, tag] = [random.below(4), random.below(tags)]
          const pick = random.next()
          if (pick < 0.45) comparison.arrive(source, tag)
          else if (pick < 0.9)
            comparison.receive(random.chance(0.3) ? ANY_SOURCE : source, random.chance(0.3) ? ANY_TAG : tag)
          else if (comparison.receives.length > 0) {
            const receive = comparison.receives[random.below(comparison.receives.length)]
            if (receive !== undefined) comparison.cancel(receive)
          }
        }
        comparison.checkCounts()
      } catch (error) {
        if (error instanceof Error) error.message += ` (round ${round}, seed ${seed})`
        throw error
      }
    }
  })

  it('finds receives by source and by tag', () => {
    const queues = new MatchQueues<Receive, Message>(0)
    const receives = [
      new Receive(0, 1, 5),
      new Receive(1, ANY_SOURCE, 5),
      new Receive(2, 1, ANY_TAG),
      new Receive(3, 2, 6),
    ]
    for (const receive of receives) queues.post(receive)
    expect(queues.postedFor(1).map(({ name }) => name)).to.deep.equal([0, 2])
    expect(queues.postedFor(ANY_SOURCE).map(({ name }) => name)).to.deep.equal([1])
    expect(queues.postedWithTag(5).map(({ name }) => name)).to.have.members([0, 1])
  })

  it('takes 100 000 messages in reverse order of their tags without searching', () => {
    const queues = new MatchQueues<Receive, Message>(0)
    const count = 100_000
    for (let tag = 0; tag < count; tag += 1) queues.arrive(new Message(tag, 0, tag))
    for (let tag = count - 1; tag >= 0; tag -= 1) {
      const message = queues.find(0, tag)
      expect(message?.name === tag).to.equal(true)
      if (message !== null) queues.take(message)
    }
    expect(queues.unexpectedCount).to.equal(0)
  })
})
