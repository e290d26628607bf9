import { chooseKernel } from './choose-kernel.ts'
import type { CountBlockHits } from './simd-kernel.ts'

/** Trials in one block. A block's random stream is a function of (seed, block) alone. */
export const BLOCK_TRIALS: number = 2 ** 20

/** Whole blocks: `blocks` × 2^20 trials from block `firstBlock` on. */
export interface BlockRange {
  /** An integer 0..2^53-1. */
  readonly seed: number
  readonly firstBlock: number
  readonly blocks: number
}

/** The first `trials` trials from block `firstBlock` (default 0) on; the last block may be used in part. */
export interface TrialRange {
  /** An integer 0..2^53-1. */
  readonly seed: number
  readonly firstBlock?: number
  readonly trials: number
}

/** This thread's kernel, compiled at the first call. Which one it is shows in nothing but the time. */
let kernel: CountBlockHits | undefined

/**
 * Throws darts at the square around a circle and counts the hits; 4 × hits / trials estimates π.
 *
 * The result is one exact integer for a range: the same on every machine, and hits of ranges that adjoin add up to the hits of both,
 * so that any division of the work gives the same sum. One call counts at most 2^53-1 trials; add larger sums with BigInt.
 * Blocks the thread while it counts (0.2 to 0.3 ms for a block of 2^20 trials with WebAssembly SIMD); any thread may call it.
 * Throws a TypeError for what is not a number, and a RangeError for a number outside of its range.
 */
export function countHits(range: BlockRange | TrialRange): number {
  const { seed, firstBlock, trials } = checkedRange(range)
  kernel ??= chooseKernel(process.env['MPIRUN_TS_PI_KERNEL'])
  let hits = 0
  let block = firstBlock
  for (let left = trials; left > 0; left -= BLOCK_TRIALS) {
    hits += kernel(seed, block, Math.min(left, BLOCK_TRIALS))
    block++
  }
  return hits
}

function checkedRange(range: BlockRange | TrialRange): Required<TrialRange> {
  // Wider than the declared type on purpose: callers in JavaScript can leave out or mix up any of the four.
  const given = (range ?? {}) as Partial<BlockRange & TrialRange>
  const { seed, firstBlock = 0, trials, blocks } = given
  const known = { seed: checkedInteger('seed', seed), firstBlock: checkedInteger('firstBlock', firstBlock) }
  if ((trials === undefined) === (blocks === undefined)) {
    throw new TypeError(
      `Cannot count hits: ${trials === undefined ? 'neither trials nor blocks is' : 'both trials and blocks are'} given. ` +
        'Call countHits({ seed, trials }) or countHits({ seed, firstBlock, blocks }).',
    )
  }
  if (trials !== undefined) return withinLimits({ ...known, trials: checkedInteger('trials', trials) })
  if (given.firstBlock === undefined) {
    throw new TypeError('Cannot count hits: blocks is given without firstBlock. Pass firstBlock, 0 for the first.')
  }
  return withinLimits({ ...known, trials: checkedInteger('blocks', blocks) * BLOCK_TRIALS })
}

function checkedInteger(name: string, value: unknown): number {
  if (typeof value !== 'number') {
    const given = typeof value === 'string' ? JSON.stringify(value) : String(value)
    throw new TypeError(
      `Cannot count hits: ${name} is ${given} (${typeof value}). Pass a number, an integer 0..2^53-1.`,
    )
  }
  if (Number.isSafeInteger(value) && value >= 0) return value
  const advice =
    name === 'trials' && value > Number.MAX_SAFE_INTEGER
      ? 'Split the trials in ranges of at most 2^53-1 and add their hits with BigInt.'
      : 'Pass an integer 0..2^53-1.'
  throw new RangeError(`Cannot count hits: ${name} is ${value}. ${advice}`)
}

function withinLimits(range: Required<TrialRange>): Required<TrialRange> {
  const { firstBlock, trials } = range
  if (trials > Number.MAX_SAFE_INTEGER) {
    throw new RangeError(
      `Cannot count hits: ${trials / BLOCK_TRIALS} blocks are ${trials} trials, and a number is exact up to 2^53-1 only. ` +
        'Split the blocks in ranges of at most 2^33-1 and add their hits with BigInt.',
    )
  }
  if (firstBlock + Math.ceil(trials / BLOCK_TRIALS) > Number.MAX_SAFE_INTEGER) {
    throw new RangeError(
      `Cannot count hits: the range from firstBlock ${firstBlock} on ends beyond block 2^53-1. Start at a lower firstBlock.`,
    )
  }
  return range
}
