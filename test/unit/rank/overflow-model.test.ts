import { describeModel } from '../../support/describe-model.ts'
import { type Exploration, explore } from '../shm/interleavings.ts'
import { type Mistake, OverflowModel, overflowWords } from './overflow-model.ts'

interface Scene {
  readonly messages: number
  readonly ring: number
  readonly overflow: number
  /** The sender goes back with less than this unread. */
  readonly nearlyRead: number
}

const SCENES: Readonly<Record<string, Scene>> = {
  'the least rings': { messages: 6, ring: 2, overflow: 2, nearlyRead: 1 },
  'an overflow ring that is left early': { messages: 6, ring: 2, overflow: 3, nearlyRead: 3 },
  'a larger ring': { messages: 7, ring: 3, overflow: 2, nearlyRead: 2 },
  'again and again': { messages: 8, ring: 2, overflow: 3, nearlyRead: 2 },
}

function exploreScene({ messages, ring, overflow, nearlyRead }: Scene, mistake?: Mistake): Exploration {
  const model = new OverflowModel({ ring, overflow }, nearlyRead, mistake)
  return explore([model.sender(messages), model.receiver(messages), model.clock()], overflowWords())
}

describeModel<Scene, Mistake>({
  title: 'all interleavings of a sender that changes to an overflow ring and back, and its receiver',
  holds: 'keep the order of messages and leave none behind',
  scenes: SCENES,
  leastStates: 1000,
  mistakes: [
    ['changes over without a mark'],
    ['goes back without a mark'],
    ['reads both rings'],
    ['looks again at the other ring'],
    ['does not look for room again'],
  ],
  explore: exploreScene,
})
