import { GAMMA, mix } from './mix.ts'

/** Darts that one round of the generator gives. */
export const DARTS_PER_ROUND = 32

const WARM_UP_ROUNDS = 8
const S0 = 0
const S1 = 8
const S2 = 16
const S3 = 24
const COUNTER = 32
const STATE_WORDS = 40
/** What each round adds to the four 64-bit words of the counter. */
const COUNTER_STEPS = [7, 5, 3, 1] as const

/** The sub-cell part of a dart: `p` and `q` are odd integers in -2^31..2^31. */
export interface Refinement {
  readonly p: number
  readonly q: number
}

/**
 * The darts of one block, in order. A dart is a cell of the grid of 2^16 × 2^16 over the square, `x` and `y` in -32768..32767, and on
 * demand its place within the cell (refine()). The whole stream is a function of (seed, block).
 *
 * The generator is SHISHUA (Thaddee Tyl, 2020): 1,024 bits of state s0..s3, four words of 64 bits each, a counter that bounds the
 * period from below by 2^64 rounds, and 1,024 bits of output per round. Its author ran PractRand over 2^45 bytes without a finding; a
 * block uses 2^22 bytes.
 * For one seed no two blocks start from the same key, because mix() is a bijection and GAMMA is odd.
 * src/kernels/pi.ts is the same with vector instructions; this one is for machines without them, and to be read and tested.
 */
export class DartStream {
  /** Coordinates of the current round's darts, in units of 2^-15. */
  readonly x: Int16Array = new Int16Array(DARTS_PER_ROUND)
  readonly y: Int16Array = new Int16Array(DARTS_PER_ROUND)
  // 64-bit words as pairs of 32-bit words, low one first.
  readonly #state = new Int32Array(STATE_WORDS)
  readonly #u = new Int32Array(COUNTER)
  readonly #t = new Int32Array(COUNTER)
  readonly #refineKey: bigint

  /** `seed` and `block` are integers 0..2^53-1. Before the first nextRound() there are no darts. */
  constructor(seed: number, block: number) {
    const key = mix(mix(BigInt(seed) + GAMMA) + BigInt(block) * GAMMA)
    for (let word = 0; word < 16; word++) {
      const bits = mix(key + BigInt(word + 1) * GAMMA)
      this.#state[2 * word] = Number(BigInt.asIntN(32, bits))
      this.#state[2 * word + 1] = Number(BigInt.asIntN(32, bits >> 32n))
    }
    this.#refineKey = mix(key + 17n * GAMMA)
    for (let round = 0; round < WARM_UP_ROUNDS; round++) this.nextRound()
  }

  /** Fills `x` and `y` with the next 32 darts. */
  nextRound(): void {
    const s = this.#state
    const u = this.#u
    const t = this.#t
    for (let i = 0; i < 8; i += 2) {
      const low = at(s, COUNTER + i)
      const high = at(s, COUNTER + i + 1)
      addTo(s, S1 + i, low, high)
      addTo(s, S3 + i, low, high)
      addTo(s, COUNTER + i, COUNTER_STEPS[i / 2] ?? 0, 0)
    }
    for (let half = S0; half <= S2; half += S2) {
      // Shifts entangle the bits of a word; rotating by 5 and 3 of the 8 half words moves weak bits to strong places.
      shiftRight(s, u, half + S0, 1)
      shiftRight(s, u, half + S1, 3)
      for (let i = 0; i < 8; i++) {
        t[half + S0 + i] = at(s, half + S0 + ((i + 5) & 7))
        t[half + S1 + i] = at(s, half + S1 + ((i + 3) & 7))
      }
    }
    s.set(t)
    for (let i = 0; i < COUNTER; i += 2) addTo(s, i, at(u, i), at(u, i + 1))
    for (let i = 0; i < 8; i++) {
      this.#put(i, at(u, S0 + i) ^ at(t, S1 + i))
      this.#put(8 + i, at(u, S2 + i) ^ at(t, S3 + i))
      this.#put(16 + i, at(s, S0 + i) ^ at(s, S3 + i))
      this.#put(24 + i, at(s, S2 + i) ^ at(s, S1 + i))
    }
  }

  /**
   * Where within its cell dart number `index` (0..2^20-1, counted from the block's first) lies: at x + p / 2^32, y + q / 2^32,
   * 31 random bits each. They come from a hash of the index, so that asking for them does not move the stream.
   */
  refine(index: number): Refinement {
    const bits = mix(this.#refineKey + BigInt(index) * GAMMA)
    return { p: Number(BigInt.asIntN(32, bits >> 32n)) | 1, q: Number(BigInt.asIntN(32, bits)) | 1 }
  }

  #put(dart: number, word: number): void {
    this.x[dart] = word
    this.y[dart] = word >> 16
  }
}

/** `words[i]` for an `i` that is always within the array. */
function at(words: Int32Array, i: number): number {
  return words[i] ?? 0
}

/** Adds to the 64-bit word at `i`, modulo 2^64. */
function addTo(words: Int32Array, i: number, low: number, high: number): void {
  const sum = (at(words, i) >>> 0) + (low >>> 0)
  words[i] = sum
  words[i + 1] = at(words, i + 1) + high + (sum > 0xffffffff ? 1 : 0)
}

/** Shifts four 64-bit words from `from` on to the right, into the same places of `into`. */
function shiftRight(from: Int32Array, into: Int32Array, first: number, bits: number): void {
  for (let i = first; i < first + 8; i += 2) {
    const high = at(from, i + 1)
    into[i] = (at(from, i) >>> bits) | (high << (32 - bits))
    into[i + 1] = high >>> bits
  }
}
