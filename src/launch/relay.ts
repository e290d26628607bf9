import type { Channel } from '../transport/channel.ts'

/** More than this is not kept for a node that reads slowly: the other one waits. */
const MOST_BUFFERED_BYTES = 1024 * 1024

interface Half {
  readonly from: number
  readonly channel: Channel
}

/** Joins data channels of agents that cannot reach each other: both dial the coordinator, through ssh. */
export class Relay {
  /** Those whose other half has not come yet, by pair of nodes. */
  readonly #halves = new Map<string, Half>()

  /** The agent of node `from` wants to be joined with that of `to`. */
  accept(from: number, to: number, channel: Channel): void {
    const pair = `${Math.min(from, to)}:${Math.max(from, to)}`
    const other = this.#halves.get(pair)
    if (other !== undefined && other.from === to) {
      this.#halves.delete(pair)
      forward(channel, other.channel)
      forward(other.channel, channel)
      return
    }
    other?.channel.destroy()
    this.#halves.set(pair, { from, channel })
    void channel.closed.then(() => {
      if (this.#halves.get(pair)?.channel === channel) this.#halves.delete(pair)
    })
  }
}

function forward(from: Channel, to: Channel): void {
  to.onDrain(() => from.resume())
  from.onPieces((piece) => {
    // A copy: the memory of pieces is used again. Where frames begin and end means nothing to who gets them.
    to.send(piece.slice())
    if (to.bufferedBytes > MOST_BUFFERED_BYTES) from.pause()
  })
  void from.closed.then(({ by }) => {
    if (by === 'lost') to.destroy()
    else to.close()
  })
}
