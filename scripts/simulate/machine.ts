import { deferred } from '../../src/base/deferred.ts'
import type { Channel, ChannelEnd } from '../../src/transport/channel.ts'
import type { Clock } from './clock.ts'

/** What the model supposes; docs/scaling.md says where each comes from. */
export const MODEL = {
  /** To start a program (ssh): that of the one who starts it, one after the other. */
  spawnMs: 4,
  /** From then until ssh has logged in. */
  loginMs: 160,
  /** From then until Node runs the agent. */
  nodeMs: 110,
  /** What a machine sends, one frame after the other. */
  bytesPerMs: 100_000,
  latencyMs: 0.2,
  /** Processor time of TLS and handshake, for each side. */
  handshakeMs: 2,
  /** Processor time to read, pass on or answer one frame. */
  frameMs: 0.03,
  /** From the start message until ranks run. */
  ranksMs: 60,
  /** The agent as it goes through ssh. */
  bundleBytes: 260_000,
  /** A time is up to so much longer, at random. */
  jitter: 0.5,
} as const

/** One process: it does one thing after the other, and sends one frame after the other. */
export class Machine {
  readonly clock: Clock
  frames = 0
  bytes = 0
  isDead = false
  readonly #ends = new Set<SimulatedChannel>()
  #busyUntil = 0
  #sendsUntil = 0

  constructor(clock: Clock) {
    this.clock = clock
  }

  /** Does work of `ms` when it has time. */
  work(ms: number, then: () => void): void {
    this.#busyUntil = Math.max(this.#busyUntil, this.clock.now) + ms
    this.clock.after(this.#busyUntil - this.clock.now, () => {
      if (!this.isDead) then()
    })
  }

  /** When the last of these bytes is at the other side. */
  transfer(bytes: number, then: () => void): void {
    this.#sendsUntil = Math.max(this.#sendsUntil, this.clock.now) + bytes / MODEL.bytesPerMs
    this.clock.after(this.#sendsUntil - this.clock.now + MODEL.latencyMs, then)
  }

  add(end: SimulatedChannel): void {
    this.#ends.add(end)
  }

  /** The process is gone, and others see its connections close. */
  die(): void {
    if (this.isDead) return
    this.isDead = true
    for (const end of this.#ends) end.lose()
  }
}

/** One end of a channel between two machines. */
export class SimulatedChannel implements Channel {
  readonly bufferedBytes = 0
  readonly #closed = deferred<ChannelEnd>()
  readonly closed: Promise<ChannelEnd> = this.#closed.promise
  readonly #machine: Machine
  #other: SimulatedChannel | undefined
  #receive: ((frame: Uint8Array) => void) | undefined
  readonly #early: Uint8Array[] = []

  constructor(machine: Machine) {
    this.#machine = machine
    machine.add(this)
  }

  static pair(one: Machine, two: Machine): [SimulatedChannel, SimulatedChannel] {
    const [left, right] = [new SimulatedChannel(one), new SimulatedChannel(two)]
    left.#other = right
    right.#other = left
    return [left, right]
  }

  send(...parts: readonly Uint8Array[]): void {
    const other = this.#other
    const machine = this.#machine
    if (machine.isDead || other === undefined) return
    const frame = parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts)
    machine.frames += 1
    machine.bytes += frame.length
    machine.transfer(frame.length, () => {
      other.#machine.frames += 1
      other.#machine.bytes += frame.length
      other.#machine.work(MODEL.frameMs, () => other.#arrived(frame))
    })
  }

  #arrived(frame: Uint8Array): void {
    if (this.#receive === undefined) this.#early.push(frame)
    else this.#receive(frame)
  }

  onFrame(receive: (frame: Uint8Array) => void): void {
    this.#receive = receive
    for (const frame of this.#early.splice(0)) receive(frame)
  }

  close(): void {
    this.#end('peer')
  }

  destroy(): void {
    this.#end('lost')
  }

  /** This side is gone. */
  lose(): void {
    this.#end('lost')
  }

  #end(by: 'peer' | 'lost'): void {
    this.#closed.resolve({ by: 'local', reason: 'closed' })
    const other = this.#other
    this.#machine.transfer(0, () => {
      if (other !== undefined) other.#closed.resolve({ by, reason: 'the connection was closed' })
    })
  }

  pause(): void {}
  resume(): void {}
  onDrain(): void {}
  onQuiet(): void {}
  onPieces(): void {}
  lend(): boolean {
    return true
  }
}
