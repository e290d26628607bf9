import { Writable } from 'node:stream'
import { endpointOffset, type NodeMemory, UNWRITTEN_OUTPUT } from '../shm/layout.ts'
import type { TerminalSpec } from '../wire/control-messages.ts'
import { RecordKind } from '../wire/record.ts'
import type { ShmLink } from './link/shm-link.ts'

/** A rank waits when this many bytes of its output have not been written to the user's terminal, pipe or file. */
const MAX_UNWRITTEN_BYTES = 1024 * 1024
/** Largest piece handed to the agent at once. */
const PIECE_BYTES = 32 * 1024

/**
 * The rank's standard output and error. A worker's own `process.stdout` shows nothing while its thread blocks, so what a program
 * writes goes to the agent at once, through shared memory, and write() returns when the agent has it.
 */
export class RankOutput {
  readonly #link: ShmLink
  readonly #words: Int32Array
  readonly #unwritten: number

  constructor(link: ShmLink, node: NodeMemory, endpoint: number) {
    this.#link = link
    this.#words = new Int32Array(node.memory.buffer)
    this.#unwritten = endpointOffset(endpoint) / 4 + UNWRITTEN_OUTPUT
  }

  /** Replaces `process.stdout` and `process.stderr` of this thread. */
  install(terminal: TerminalSpec): void {
    const streams = [
      { name: 'stdout', fd: 1, kind: RecordKind.stdout, isTty: terminal.stdoutIsTty },
      { name: 'stderr', fd: 2, kind: RecordKind.stderr, isTty: terminal.stderrIsTty },
    ]
    for (const { name, fd, kind, isTty } of streams) {
      const stream = new Writable({
        decodeStrings: true,
        write: (chunk: Buffer, _encoding, done) => {
          this.write(kind, chunk)
          done()
        },
      })
      const ofTerminal = isTty
        ? { isTTY: true, columns: terminal.columns, getColorDepth: () => 8, hasColors: () => true }
        : {}
      Object.assign(stream, { fd, _type: isTty ? 'tty' : 'pipe', ...ofTerminal })
      Object.defineProperty(process, name, { configurable: true, enumerable: true, get: () => stream })
    }
  }

  /** Blocks while the user's side is slower than this rank. */
  write(kind: number, bytes: Uint8Array): void {
    for (let from = 0; from < bytes.length; from += PIECE_BYTES) {
      const piece = bytes.subarray(from, from + PIECE_BYTES)
      this.#awaitCredit()
      // Pairs with the sub in OutputCredit.done().
      Atomics.add(this.#words, this.#unwritten, piece.length)
      this.#link.tellAgent(kind, piece)
    }
  }

  #awaitCredit(): void {
    for (;;) {
      const unwritten = Atomics.load(this.#words, this.#unwritten)
      if (unwritten < MAX_UNWRITTEN_BYTES) return
      // Pairs with the notify in OutputCredit.done().
      Atomics.wait(this.#words, this.#unwritten, unwritten)
    }
  }
}
