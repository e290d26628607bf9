import { DARTS_PER_ROUND, DartStream, type Refinement } from './dart-stream.ts'

/**
 * Hits among the first `trials` (0..2^20) darts of a block's stream, in plain TypeScript.
 * The result equals the WebAssembly kernel's for every seed, block and number of trials.
 *
 * Why the count is unbiased. A cell is centred at its integer x, so the dart lies at X = x + p / 2^32 with |p| < 2^31, and the cell of
 * x = -32768 is half outside of the square. As the circle is symmetric, that half is folded inwards (|p| for p). |X| then takes each odd
 * multiple of 2^-32 in 0..2^15 equally often, and likewise |Y|: a grid of 2^46 × 2^46 points that is placed symmetrically. Gauss's
 * bound on lattice points in a circle puts the probability of a hit within 4·10^-14 of π/4; the standard error of 2^53 trials,
 * the most that can be asked for, is 4·10^-9.
 *
 * Why most darts need no p and q. With s = x² + y², |X² + Y² - s| ≤ |x| + |y| + 1/2 ≤ √(2s) + 1/2. At s < 2^30 - 2^16 that is below
 * 46,341 < 2^16: a hit. At s ≥ 2^30 + 2^16 it is below the distance s - 2^30 too: a miss. Between the two lie π·2^17 / 2^32 of the
 * darts, one in 10,400, and for those isHit() is asked.
 */
export function countBlockHits(seed: number, block: number, trials: number): number {
  const stream = new DartStream(seed, block)
  let hits = 0
  for (let first = 0; first < trials; first += DARTS_PER_ROUND) {
    stream.nextRound()
    const darts = Math.min(DARTS_PER_ROUND, trials - first)
    for (let i = 0; i < darts; i++) {
      const x = stream.x[i] ?? 0
      const y = stream.y[i] ?? 0
      // floor(s / 2^16); the shift is unsigned because s reaches 2^31 when both are -32768.
      const z = 16384 - ((x * x + y * y) >>> 16)
      if (z > 1 || (z >= 0 && isHit(x, y, stream.refine(first + i)))) hits++
    }
  }
  return hits
}

/**
 * Whether the dart at x + p / 2^32, y + q / 2^32 is within the circle of radius 2^15; a cell that sticks out of the square is folded.
 * Exact: 2^64·(X² + Y²) is compared as an integer.
 */
export function isHit(x: number, y: number, { p, q }: Refinement): boolean {
  const X = (BigInt(x) << 32n) + BigInt(x === -32768 ? Math.abs(p) : p)
  const Y = (BigInt(y) << 32n) + BigInt(y === -32768 ? Math.abs(q) : q)
  return X * X + Y * Y < 1n << 94n
}
