import { type Envelope, MOST_MESSAGE_BYTES } from '../../wire/envelope.ts'
import { ENVELOPE_FLAG_ANNOUNCED, ENVELOPE_FLAG_PAYLOAD } from '../../wire/envelope-flags.ts'
import type { IncomingMessage } from '../matching/incoming-message.ts'
import type { SendRequest } from './send-request.ts'

/**
 * Messages for which the receiver has no memory to spare (credit.ts): an announcement travels in the place of the message and takes part
 * in matching, the payload stays at the sender. When a receive matches, the receiver answers, and the payload goes straight to where the
 * receive wants it. So a message that nobody asks for never stands in the way of those behind it, as MPI 4.1 §3.5 demands of sends that
 * do not block.
 */
export class Rendezvous {
  /** Own messages that wait for their answer, by number. */
  private readonly announced = new Map<number, SendRequest>()
  /** Matched messages of others whose payload is to come, by sender and number. */
  private readonly expected = new Map<number, IncomingMessage>()
  private readonly size: number
  private nextNumber = 0

  constructor(size: number) {
    this.size = size
  }

  /** Whether messages of this rank wait for an answer. */
  get isWaiting(): boolean {
    return this.announced.size > 0
  }

  /** Whether something is to come for a message that was announced, by this rank or to it. */
  get isBusy(): boolean {
    return this.announced.size > 0 || this.expected.size > 0
  }

  /** Registers a message and turns its request into one for the payload alone. Returns the announcement: envelope and body. */
  announce(request: SendRequest): { envelope: Envelope; body: Uint8Array } {
    this.nextNumber = (this.nextNumber + 1) & 0x7fffffff
    const number = this.nextNumber
    const { envelope } = request
    this.announced.set(number, request)
    request.carrier = { ...envelope, flags: ENVELOPE_FLAG_PAYLOAD, extra: number }
    const body = new Uint8Array(new Float64Array([envelope.byteLength, number]).buffer)
    const flags = envelope.flags | ENVELOPE_FLAG_ANNOUNCED
    return { envelope: { ...envelope, flags, byteLength: body.byteLength }, body }
  }

  /** The message that an answer is for, which is no longer announced. */
  answered(number: number): SendRequest | null {
    const request = this.announced.get(number) ?? null
    this.announced.delete(number)
    return request
  }

  /** Forgets what was announced to a rank that has finished; returns it. */
  drop(dest: number): SendRequest[] {
    return this.dropIf((request) => request.envelope.dest === dest)
  }

  /** Forgets those of the announced messages; returns them. */
  dropIf(isDropped: (request: SendRequest) => boolean): SendRequest[] {
    const dropped: SendRequest[] = []
    for (const [number, request] of this.announced) {
      if (!isDropped(request)) continue
      this.announced.delete(number)
      dropped.push(request)
    }
    return dropped
  }

  /** The payload of an announced message of another rank may come now. */
  expect(message: IncomingMessage): void {
    this.expected.set(this.key(message.envelope.source, message.announcement), message)
  }

  /** The message whose payload of `bytes` bytes begins to arrive; null: no such one is to come. */
  take(source: number, number: number, bytes: number): IncomingMessage | null {
    const key = this.key(source, number)
    const message = this.expected.get(key)
    if (message?.envelope.byteLength !== bytes) return null
    this.expected.delete(key)
    return message
  }

  /** Matched messages of a context whose payload is to come. */
  expectedIn(context: number): IncomingMessage[] {
    return [...this.expected.values()].filter(({ envelope }) => envelope.context === context)
  }

  /** Messages of a rank whose payload never comes, because it has ended. */
  giveUp(source: number): IncomingMessage[] {
    const lost = [...this.expected].filter(([, message]) => message.envelope.source === source)
    for (const [key] of lost) this.expected.delete(key)
    return lost.map(([, message]) => message)
  }

  private key(source: number, number: number): number {
    return number * this.size + source
  }
}

/** Whether a message can be so long. */
export function isAnnounceable(byteLength: number): boolean {
  return Number.isInteger(byteLength) && byteLength >= 0 && byteLength <= MOST_MESSAGE_BYTES
}

/** What the body of an announcement says: length of the payload in bytes, and number. */
export function readAnnouncement(body: Uint8Array): { byteLength: number; number: number } {
  const [byteLength = 0, number = 0] = new Float64Array(body.buffer, body.byteOffset, 2)
  return { byteLength, number }
}
