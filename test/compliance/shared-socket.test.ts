import { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import type { Channel, SharedSocket, SocketTurn } from '../../src/transport/channel.ts'
import { systemClock } from '../../src/transport/heartbeat.ts'
import { Random, testSeed } from '../support/random.ts'
import { webSocketPair } from './websocket-pair.ts'

/** Between the steps of the tests as well as within them. */
const HEARTBEAT = { intervalMs: 1, deadAfterMs: 10_000, clock: systemClock }
const STEPS = 400
const LARGE = 40 * 1024
/** As in agent/peers.ts. */
const MOST_BUFFERED_BYTES = 64 * 1024

/** The turn for one socket, with others that take it whenever they may. */
class OtherWriters implements SocketTurn {
  owner: 'free' | 'channel' | 'others' = 'free'
  isWanted = false
  socket = -1
  take(): boolean {
    this.isWanted = this.owner === 'others'
    if (!this.isWanted) this.owner = 'channel'
    return !this.isWanted
  }
  give(): void {
    if (this.owner === 'channel') this.owner = 'free'
  }
  takeRest(): void {
    this.owner = 'channel'
  }
  open(socket: number): void {
    this.socket = socket
  }
  close(): void {}
  /** What RankLine does; the turn stays the channel's where it waits. */
  endOthers(): void {
    this.owner = this.isWanted ? 'channel' : 'free'
  }
}

type Write = (this: Socket, ...args: unknown[]) => unknown

/** Calls `before` when a socket hands bytes to the system. */
function watchWrites(before: (socket: Socket) => void): () => void {
  const names = ['_write', '_writev'] as const
  // Node's own net.Socket has both.
  const real = names.map((name) => Reflect.get(Socket.prototype, name) as Write)
  for (const [index, name] of names.entries()) {
    Reflect.set(Socket.prototype, name, function (this: Socket, ...args: unknown[]): void {
      before(this)
      real[index]?.apply(this, args)
    })
  }
  return () => {
    for (const [index, name] of names.entries()) Reflect.set(Socket.prototype, name, real[index])
  }
}

function descriptorOf(socket: Socket): number {
  return '_handle' in socket ? ((socket._handle as { fd?: number } | null)?.fd ?? -1) : -1
}

describe('a channel whose socket others write to, too', () => {
  let left: Channel
  let right: Channel
  let turn: OtherWriters
  let socket: SharedSocket
  let stopWatching: () => void
  let writesOutOfTurn = 0

  beforeEach(async () => {
    ;[left, right] = await webSocketPair('plain', HEARTBEAT)
    turn = new OtherWriters()
    if (left.socket === undefined) throw new Error('a plain channel has a socket to share')
    socket = left.socket
    expect(socket.share(turn)).to.equal(true)
    writesOutOfTurn = 0
    stopWatching = watchWrites((stream) => {
      if (descriptorOf(stream) === turn.socket && turn.owner !== 'channel') writesOutOfTurn += 1
    })
  })

  afterEach(async () => {
    stopWatching()
    left.destroy()
    right.destroy()
    await Promise.all([left.closed, right.closed])
  })

  it('keeps the turn for a frame that follows others in the same turn of the event loop', () => {
    left.send(new Uint8Array(100))
    expect([left.bufferedBytes > 0, socket.mayBegin()]).to.deep.equal([true, true])
    left.lend(new Uint8Array(LARGE))
    expect(writesOutOfTurn).to.equal(0)
  })

  it('writes in its turn only, loses no frame and gives the turn back in the end, whatever it is asked to do', async () => {
    const seed = testSeed()
    const random = new Random(seed)
    let sent = 0
    let received = 0
    right.onPieces((piece) => {
      received += piece.length
    })
    for (let step = 0; step < STEPS; step += 1) {
      const frame = new Uint8Array(random.below(2) === 0 ? 1 + random.below(100) : LARGE)
      const dice = random.below(6)
      if (dice === 0) await sleep(random.below(3))
      else if (dice === 1 && turn.owner === 'free') turn.owner = 'others'
      else if (dice === 2 && turn.owner === 'others') {
        turn.endOthers()
        if (turn.isWanted) socket.goOn()
      } else if (dice < 5) {
        left.send(frame)
        sent += frame.length
      } else if (left.bufferedBytes <= MOST_BUFFERED_BYTES && socket.mayBegin()) {
        left.lend(frame)
        sent += frame.length
      }
    }
    if (turn.owner === 'others') turn.endOthers()
    if (turn.isWanted) socket.goOn()
    while (received < sent || (turn.owner as string) !== 'free') await sleep(1)
    expect(writesOutOfTurn, `seed ${seed}`).to.equal(0)
    expect(received, `seed ${seed}`).to.equal(sent)
  })
})
