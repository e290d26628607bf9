import type { CollectiveSummary, RankFailure } from '../../wire/control-messages.ts'
import { cutText } from '../../wire/control-shapes.ts'

const NO_BYTES = new Uint8Array()

/** What ranks say of themselves before they end. */
export class RankReports {
  /** RankFailure as JSON, as far as it has come. */
  readonly #failures = new Map<number, Uint8Array>()
  /** A list of CollectiveSummary as JSON. */
  readonly #collectives = new Map<number, Uint8Array>()

  addFailure(rank: number, piece: Uint8Array): void {
    this.#failures.set(rank, Buffer.concat([this.#failures.get(rank) ?? NO_BYTES, piece]))
  }

  setCollectives(rank: number, json: Uint8Array): void {
    this.#collectives.set(rank, json)
  }

  /** For the rankExit of a rank; `ownFailure`: what its thread says where it could not. */
  of(
    rank: number,
    status: number,
    ownFailure: RankFailure | undefined,
  ): { failure?: RankFailure; collectives?: readonly CollectiveSummary[] } {
    const failure = parse<RankFailure>(this.#failures.get(rank)) ?? ownFailure
    const collectives = status === 0 ? parse<readonly CollectiveSummary[]>(this.#collectives.get(rank)) : undefined
    return {
      ...(failure === undefined ? {} : { failure: cut(failure) }),
      ...(collectives === undefined ? {} : { collectives }),
    }
  }
}

/** A program may throw an error of any length. */
function cut({ kind, message, stack }: RankFailure): RankFailure {
  return { kind, message: cutText(message), ...(stack === undefined ? {} : { stack: cutText(stack) }) }
}

/** Undefined also for a rank that was ended while it spoke. */
function parse<T>(json: Uint8Array | undefined): T | undefined {
  try {
    // What a rank of the same program has written.
    return json === undefined ? undefined : (JSON.parse(Buffer.from(json).toString()) as T)
  } catch {
    return undefined
  }
}
