import { setImmediate as turn } from 'node:timers/promises'
import { expect } from 'chai'
import { type ControlLink, channelControlLink, directControlLinks } from '../../../src/transport/control-link.ts'
import { memoryChannelPair } from '../../support/memory-channel.ts'
import { decodeControl, encodeControl } from '../../../src/wire/codec.ts'

interface Message {
  readonly id: number
  readonly bytes?: Uint8Array
}
type Pair = [ControlLink<Message, Message>, ControlLink<Message, Message>]

const KINDS: readonly { name: string; make: () => Pair }[] = [
  { name: 'directControlLinks()', make: () => directControlLinks<Message, Message>() },
  {
    name: 'channelControlLink()',
    make: () => {
      const codec = { encode: encodeControl, decode: (bytes: Uint8Array) => decodeControl(bytes) as Message }
      const [left, right] = memoryChannelPair()
      return [channelControlLink<Message, Message>(left, codec), channelControlLink<Message, Message>(right, codec)]
    },
  },
]

for (const { name, make } of KINDS) {
  describe(name, () => {
    function collect(link: ControlLink<Message, Message>): number[] {
      const ids: number[] = []
      link.onMessage(({ id }) => void ids.push(id))
      return ids
    }

    it('carries messages in order, both ways', async () => {
      const [left, right] = make()
      const atLeft = collect(left)
      const atRight = collect(right)
      for (let id = 0; id < 50; id += 1) {
        left.send({ id })
        right.send({ id: id + 100 })
      }
      for (let turns = 0; turns < 5; turns += 1) await turn()
      expect(atRight).to.deep.equal(Array.from({ length: 50 }, (_, id) => id))
      expect(atLeft).to.deep.equal(Array.from({ length: 50 }, (_, id) => id + 100))
    })

    it('does not deliver while send() is running', async () => {
      const [left, right] = make()
      const ids = collect(right)
      left.send({ id: 1 })
      expect(ids).to.deep.equal([])
      await turn()
      await turn()
      expect(ids).to.deep.equal([1])
    })

    it('keeps messages that come before onMessage()', async () => {
      const [left, right] = make()
      left.send({ id: 1 })
      left.send({ id: 2 })
      for (let turns = 0; turns < 5; turns += 1) await turn()
      const ids = collect(right)
      left.send({ id: 3 })
      for (let turns = 0; turns < 5; turns += 1) await turn()
      expect(ids).to.deep.equal([1, 2, 3])
    })

    it('carries answers that a receiver sends, and answers to these', async () => {
      const [left, right] = make()
      const ids = collect(left)
      right.onMessage(({ id }) => {
        right.send({ id: id + 1 })
        right.send({ id: id + 2 })
      })
      left.send({ id: 1 })
      left.send({ id: 10 })
      for (let turns = 0; turns < 5; turns += 1) await turn()
      expect(ids).to.deep.equal([2, 3, 11, 12])
    })

    it('carries bytes', async () => {
      const [left, right] = make()
      const found: Message[] = []
      right.onMessage((message) => void found.push(message))
      left.send({ id: 1, bytes: Uint8Array.of(1, 0, 255) })
      for (let turns = 0; turns < 5; turns += 1) await turn()
      expect([...(found[0]?.bytes ?? [])]).to.deep.equal([1, 0, 255])
    })

    it('close() resolves closed at both ends', async () => {
      const [left, right] = make()
      left.close()
      left.close()
      expect((await left.closed).by).to.equal('local')
      await right.closed
    })
  })
}
