import type { ProgressLine } from './progress-line.ts'
import type { Progress } from './progress.ts'

const REPORT_MS = 100

/** Counts what is done of one call and reports it, at most ten times a second and at the end. */
export class ProgressMeter {
  readonly #total: number | undefined
  readonly #nodes: () => number
  readonly #onProgress: ((progress: Progress) => void) | undefined
  readonly #line: ProgressLine | undefined
  #done = 0
  #reportedAt = Number.NEGATIVE_INFINITY

  constructor(
    total: number | undefined,
    nodes: () => number,
    onProgress: ((progress: Progress) => void) | undefined,
    line: ProgressLine | undefined,
  ) {
    this.#total = total
    this.#nodes = nodes
    this.#onProgress = onProgress
    this.#line = line
  }

  /** `count` more tasks are done. Throws what the program's functions throw. */
  add(count: number): void {
    this.#done += count
    const now = performance.now()
    if (now - this.#reportedAt < REPORT_MS && this.#done !== this.#total) return
    this.#reportedAt = now
    const progress = { done: this.#done, total: this.#total, nodes: this.#nodes() }
    this.#line?.show(progress)
    this.#onProgress?.(progress)
  }

  /** The call is over, or not wanted any more. */
  end(): void {
    this.#line?.end()
  }
}
