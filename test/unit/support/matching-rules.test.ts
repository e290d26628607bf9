import { expect } from 'chai'
import { ANY, contradiction, type ReceiveEvent, type SentMessage } from '../../support/matching-rules.ts'

const message = (source: number, number: number, tag = 0): SentMessage => ({ source, number, tag })
const one = message(0, 0)
const two = message(0, 1)
const other = message(1, 0)

/** A receive that was posted at a step and done by another one. */
function receive(
  source: number,
  tag: number,
  [posted, latest]: readonly [number, number],
  got: SentMessage | null,
): ReceiveEvent {
  return { source, tag, posted, earliest: got === null ? latest : posted, latest, got }
}

describe('contradiction()', () => {
  const cases: {
    name: string
    sent: readonly SentMessage[]
    events: readonly ReceiveEvent[]
    says: RegExp | undefined
  }[] = [
    {
      name: 'permits messages in order',
      sent: [one, two],
      events: [receive(0, 0, [1, 2], one), receive(0, 0, [3, 4], two)],
      says: undefined,
    },
    {
      name: 'forbids messages that overtake in later receives',
      sent: [one, two],
      events: [receive(0, 0, [1, 2], two), receive(0, 0, [3, 4], one)],
      says: /after the next/,
    },
    {
      name: 'forbids them in receives that were posted together',
      sent: [one, two],
      events: [receive(0, 0, [1, 9], two), receive(0, 0, [2, 9], one)],
      says: /after the next/,
    },
    {
      name: 'permits the second message to a receive that does not match the first',
      sent: [message(0, 0, 7), message(0, 1, 8)],
      events: [receive(0, 8, [1, 2], message(0, 1, 8)), receive(0, ANY, [3, 4], message(0, 0, 7))],
      says: undefined,
    },
    {
      name: 'permits any order of two senders',
      sent: [one, other],
      events: [receive(ANY, 0, [1, 9], other), receive(ANY, 0, [2, 9], one)],
      says: undefined,
    },
    {
      name: 'forbids a receive to take what an earlier one waits for',
      sent: [one],
      events: [receive(0, 0, [2, 3], one), receive(ANY, ANY, [1, 9], null)],
      says: /after the next/,
    },
    {
      name: 'permits it after the earlier one was cancelled',
      sent: [one],
      events: [receive(ANY, ANY, [1, 2], null), receive(0, 0, [3, 4], one)],
      says: undefined,
    },
    {
      name: 'forbids an order of two senders that a wildcard and two exact receives rule out',
      sent: [one, other],
      // The wildcard is still there when the exact receive is done, so it had to take that message itself.
      events: [receive(ANY, 0, [1, 9], other), receive(0, 0, [2, 3], one), receive(1, 0, [4, 5], null)].map(
        (event, index) => (index === 0 ? { ...event, earliest: 6 } : event),
      ),
      says: /after the next/,
    },
    { name: 'forbids losses', sent: [one], events: [], says: /not received/ },
    {
      name: 'forbids doubles',
      sent: [one],
      events: [receive(0, 0, [1, 2], one), receive(0, 0, [3, 4], one)],
      says: /twice/,
    },
    {
      name: 'forbids a message of another tag',
      sent: [one],
      events: [receive(0, 5, [1, 2], one)],
      says: /must not match/,
    },
  ]
  for (const { name, sent, events, says } of cases) {
    it(name, () => {
      const found = contradiction(sent, events)
      if (says === undefined) expect(found).to.equal(undefined)
      else expect(found).to.match(says)
    })
  }
})
