import type { Envelope } from '../../wire/envelope.ts'
import type { Link, LinkSink } from './link.ts'

/** The link of a job of one rank: messages to itself never reach a link, and nobody else sends. */
export class LoopbackLink implements Link {
  readonly rank = 0
  readonly size = 1
  private readonly word = new Int32Array(new SharedArrayBuffer(4))

  trySend(_envelope: Envelope, payload: Uint8Array, _from: number): number {
    return payload.byteLength
  }

  receive(_sink: LinkSink): boolean {
    return false
  }

  wait(timeoutMs: number): void {
    // Nothing ever changes the word: this only sleeps.
    Atomics.wait(this.word, 0, 0, timeoutMs)
  }

  wakeOnce(_wake: () => void): void {
    // Only this rank's own code can send to it, so there is nothing to keep the event loop alive for.
  }

  cancelWake(): void {}
}
