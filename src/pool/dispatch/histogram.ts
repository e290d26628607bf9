/** Percentiles of times, ms; 0 where there is none. Exact within 5 %, `max` and `mean` exactly. */
export interface Percentiles {
  readonly p50: number
  readonly p90: number
  readonly p99: number
  readonly max: number
  readonly mean: number
}

/** Buckets for each doubling, so that neighbours differ by less than 10 %. */
const PER_DOUBLING = 8
const SMALLEST_MS = 2 ** -14
const BUCKETS = 48 * PER_DOUBLING

/** Counts times in buckets whose width grows with the time: constant memory, however many there are. */
export class Histogram {
  readonly #counts = new Float64Array(BUCKETS)
  #total = 0
  #sum = 0
  #max = 0

  /** `count` times of `ms`. */
  add(ms: number, count: number): void {
    const index = ms <= SMALLEST_MS ? 0 : Math.round(Math.log2(ms / SMALLEST_MS) * PER_DOUBLING)
    const bucket = Math.min(BUCKETS - 1, index)
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + count
    this.#total += count
    this.#sum += Math.max(0, ms) * count
    if (ms > this.#max) this.#max = ms
  }

  percentiles(): Percentiles {
    const mean = this.#total === 0 ? 0 : this.#sum / this.#total
    return { p50: this.#at(0.5), p90: this.#at(0.9), p99: this.#at(0.99), max: this.#max, mean }
  }

  #at(fraction: number): number {
    const wanted = this.#total * fraction
    let seen = 0
    for (const [bucket, count] of this.#counts.entries()) {
      seen += count
      if (count > 0 && seen >= wanted) return Math.min(this.#max, SMALLEST_MS * 2 ** (bucket / PER_DOUBLING))
    }
    return 0
  }
}
