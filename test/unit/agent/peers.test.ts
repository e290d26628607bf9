import { setImmediate as turn } from 'node:timers/promises'
import { expect } from 'chai'
import { Peers } from '../../../src/agent/peers.ts'
import { deferred } from '../../../src/base/deferred.ts'
import type { Channel, ChannelEnd, SharedSocket } from '../../../src/transport/channel.ts'
import type { PeerAddress } from '../../../src/wire/control-messages.ts'
import { allocateSocketLines } from '../../../src/shm/socket-line.ts'

const OWN = 3

function addressOf(nodeId: number): PeerAddress {
  return { nodeId, addresses: [`n${nodeId}`], port: nodeId, key: 'k' }
}

class FakeChannel implements Channel {
  readonly sent: number[] = []
  bufferedBytes = 0
  takesLoans = true
  drained: () => void = () => undefined
  readonly #closed = deferred<ChannelEnd>()
  readonly closed: Promise<ChannelEnd> = this.#closed.promise
  receive: (frame: Uint8Array) => void = () => undefined
  ending: 'close' | 'destroy' | undefined

  send(...parts: readonly Uint8Array[]): void {
    this.sent.push(...parts.map((part) => part[0] ?? -1))
  }
  onFrame(): void {
    throw new Error('peers take pieces')
  }
  onPieces(receive: (piece: Uint8Array) => void): void {
    this.receive = receive
  }
  lend(frame: Uint8Array): boolean {
    this.sent.push(frame[0] ?? -1)
    return this.takesLoans
  }
  onDrain(drained: () => void): void {
    this.drained = drained
  }
  pause(): void {}
  resume(): void {}
  close(): void {
    this.ending = 'close'
  }
  destroy(): void {
    this.ending = 'destroy'
  }
  end(end: ChannelEnd): void {
    this.#closed.resolve(end)
  }
}

function make(withRelay = false) {
  const events: string[] = []
  const dials = new Map<number, { resolve: (channel: Channel) => void; reject: (error: unknown) => void }>()
  const peers = new Peers({
    socketLines: allocateSocketLines(8),
    nodeId: OWN,
    dial: ({ nodeId, addresses, port }) => {
      events.push(`dial ${nodeId} at ${addresses.join()}:${port}`)
      const { promise, resolve, reject } = deferred<Channel>()
      dials.set(nodeId, { resolve, reject })
      return promise
    },
    relay: withRelay
      ? (nodeId) => {
          events.push(`relay ${nodeId}`)
          const { promise, resolve, reject } = deferred<Channel>()
          dials.set(nodeId, { resolve, reject })
          return promise
        }
      : undefined,
    askToDial: (nodeId) => void events.push(`ask ${nodeId}`),
    receiver: (nodeId) => (piece) => void events.push(`piece ${piece[0]} of ${nodeId}`),
    onDrain: (nodeId) => void events.push(`drain ${nodeId}`),
    onFailure: (message) => void events.push(`failure: ${message}`),
  })
  return { peers, events, dials }
}

function frame(value: number): Uint8Array {
  return Uint8Array.of(value)
}

describe('Peers', () => {
  it('asks for the address of a node of a lower id at first use, and dials it, once', async () => {
    const { peers, events, dials } = make()
    expect(events).to.deep.equal([])
    peers.send(1, frame(1))
    peers.send(1, frame(2))
    expect(events).to.deep.equal(['ask 1'])
    peers.dialNow(addressOf(1))
    peers.dialNow(addressOf(1))
    expect(events).to.deep.equal(['ask 1', 'dial 1 at n1:1'])
    dials.get(1)?.resolve(new FakeChannel())
    await turn()
    peers.send(1, frame(3))
    peers.dialNow(addressOf(1))
    expect(events).to.deep.equal(['ask 1', 'dial 1 at n1:1'])
  })

  it('asks a node of a higher id to dial, once', () => {
    const { peers, events } = make()
    peers.send(5, frame(1))
    peers.send(5, frame(2))
    expect(events).to.deep.equal(['ask 5'])
  })

  it('dials when the other side asks for it', () => {
    const { peers, events } = make()
    peers.dialNow(addressOf(2))
    peers.dialNow(addressOf(2))
    expect(events).to.deep.equal(['dial 2 at n2:2'])
  })

  it('meets a node of a higher id at the coordinator when that asks for it, also where it waits for its dialling, and not twice', async () => {
    const { peers, events, dials } = make(true)
    peers.relayNow(5)
    peers.send(4, frame(1))
    peers.relayNow(4)
    expect(events).to.deep.equal(['relay 5', 'ask 4', 'relay 4'])
    const channel = new FakeChannel()
    dials.get(4)?.resolve(channel)
    await turn()
    peers.relayNow(4)
    expect([channel.sent, events.length]).to.deep.equal([[1], 3])
  })

  for (const nodeId of [1, 5]) {
    it(`sends frames for node ${nodeId} that waited for the channel before later ones, in order`, async () => {
      const { peers, dials } = make()
      const channel = new FakeChannel()
      for (const value of [1, 2, 3]) peers.send(nodeId, frame(value))
      if (nodeId < OWN) peers.dialNow(addressOf(nodeId))
      if (nodeId < OWN) dials.get(nodeId)?.resolve(channel)
      else peers.accept(nodeId, channel)
      await turn()
      for (const value of [4, 5]) peers.send(nodeId, frame(value))
      expect(channel.sent).to.deep.equal([1, 2, 3, 4, 5])
    })
  }

  it('lets ranks write to a socket only behind the frames that waited for the channel', () => {
    const { peers } = make()
    const channel = new FakeChannel()
    let sentBefore: number[] | undefined
    const socket: SharedSocket = {
      share: () => {
        sentBefore = [...channel.sent]
        return true
      },
      mayBegin: () => true,
      goOn: () => undefined,
      lendRest: () => true,
    }
    for (const value of [1, 2]) peers.send(5, frame(value))
    peers.accept(5, Object.assign(channel, { socket }))
    expect(sentBefore).to.deep.equal([1, 2])
  })

  it('accept() of a channel that nobody waited for opens it for both directions', () => {
    const { peers, events } = make()
    const channel = new FakeChannel()
    peers.accept(4, channel)
    channel.receive(frame(9))
    peers.send(4, frame(1))
    expect(events).to.deep.equal(['piece 9 of 4'])
    expect(channel.sent).to.deep.equal([1])
  })

  it('accept() of a second channel replaces the first for what is sent from then on', () => {
    const { peers, events } = make()
    const first = new FakeChannel()
    const second = new FakeChannel()
    peers.accept(4, first)
    peers.send(4, frame(1))
    peers.accept(4, second)
    peers.send(4, frame(2))
    expect([first.sent, second.sent]).to.deep.equal([[1], [2]])
    // What is still on its way in the first arrives.
    first.receive(frame(7))
    expect(events).to.deep.equal(['piece 7 of 4'])
  })

  it('lend() copies for a channel that is not open yet, and lends to one that is', () => {
    const { peers, events } = make()
    const memory = frame(1)
    expect(peers.canTake(4)).to.equal(true)
    expect(peers.lend(4, memory)).to.equal(true)
    memory[0] = 2
    const channel = new FakeChannel()
    channel.takesLoans = false
    peers.accept(4, channel)
    expect(peers.lend(4, frame(3))).to.equal(false)
    expect(channel.sent).to.deep.equal([1, 3])
    channel.drained()
    expect(events).to.deep.equal(['ask 4', 'drain 4'])
  })

  it('canTake() says no while much waits for the network', () => {
    const { peers } = make()
    const channel = new FakeChannel()
    peers.accept(4, channel)
    expect(peers.canTake(4)).to.equal(true)
    channel.bufferedBytes = 1_000_000
    expect(peers.canTake(4)).to.equal(false)
    expect(peers.canTake(5)).to.equal(true)
  })

  it('has() knows nodes from the first frame or channel on', () => {
    const { peers } = make()
    peers.send(1, frame(1))
    peers.accept(4, new FakeChannel())
    expect([1, 2, 4, 5].map((nodeId) => peers.has(nodeId))).to.deep.equal([true, false, true, false])
  })

  it('reports a node that cannot be dialled', async () => {
    const { peers, events, dials } = make()
    peers.dialNow(addressOf(1))
    dials.get(1)?.reject(new Error('nobody answers'))
    await turn()
    expect(events.slice(1)).to.deep.equal(['failure: nobody answers'])
  })

  const ends: readonly { end: ChannelEnd; expected: readonly string[] }[] = [
    { end: { by: 'lost', reason: 'cable cut' }, expected: ['failure: the data channel to node 4 broke: cable cut'] },
    { end: { by: 'peer', reason: 'closed' }, expected: [] },
    { end: { by: 'local', reason: 'closed' }, expected: [] },
  ]
  for (const { end, expected } of ends) {
    it(`reports ${expected.length === 0 ? 'nothing' : 'a failure'} when a channel ends by "${end.by}"`, async () => {
      const { peers, events } = make()
      const channel = new FakeChannel()
      peers.accept(4, channel)
      channel.end(end)
      await turn()
      expect(events).to.deep.equal(expected)
    })
  }

  it('drop() ends the channel of a lost node and lets what is for it go nowhere, silently', async () => {
    const { peers, events, dials } = make()
    const open = new FakeChannel()
    peers.accept(4, open)
    peers.dialNow(addressOf(1))
    events.length = 0
    for (const nodeId of [4, 1, 5]) peers.drop(nodeId)
    expect(open.ending).to.equal('destroy')
    open.end({ by: 'lost', reason: 'destroyed' })
    dials.get(1)?.reject(new Error('nobody answers'))
    for (const nodeId of [4, 1, 5]) peers.send(nodeId, frame(2))
    const late = new FakeChannel()
    peers.accept(5, late)
    await turn()
    expect([events, open.sent, late.sent, late.ending]).to.deep.equal([[], [], [], 'destroy'])
  })

  it('close() closes open channels and ends those that open later', async () => {
    const { peers, dials } = make()
    const open = new FakeChannel()
    peers.accept(4, open)
    peers.dialNow(addressOf(1))
    peers.close()
    expect(open.ending).to.equal('close')
    const late = new FakeChannel()
    dials.get(1)?.resolve(late)
    await turn()
    expect(late.ending).to.equal('destroy')
    expect(late.sent).to.deep.equal([])
  })
})
