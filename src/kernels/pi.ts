// The trial kernel for pi, in AssemblyScript; scripts/build-kernels.mjs compiles and embeds it.
// src/pi/dart-stream.ts and src/pi/scalar-kernel.ts say the same in plain TypeScript, one dart at a time: read them first.
//
// The random streams are SHISHUA's (Thaddee Tyl, https://espadrine.github.io/blog/posts/shishua-the-fastest-prng-in-the-world.html):
// 4.75 vector operations for 128 bits, against ten for sfc32 or xoshiro128+.
//
// One 32-bit word is one dart: x in its low half, y in its high half, each in -32768..32767. With s = x² + y² and
// z = 16384 - floor(s / 2^16), a dart is surely a miss when z < 0, surely a hit when z > 1, and is looked at again
// when z is 0 or 1: about one in 10,400 (scalar-kernel.ts has the proof). So eight darts cost two multiplications
// (i32x4.dot_i16x8_s), a shift, a blend and a subtraction; narrowed to bytes, sixteen of them cost one bitmask for
// the misses and one minimum for the doubtful ones.

/** The generator: s0, s1, s2, s3 and the counter, 32 bytes each. */
const STATE: usize = memory.data(160, 16)
/** The darts of one round, 32 words, in the order of their indices. */
const DARTS: usize = memory.data(128, 16)
/** Constants read from memory: V8 builds a 128-bit constant anew, with three to five instructions, at each use. */
const COUNTER_STEP: usize = memory.data<u64>([7, 5, 3, 1], 16)
const EDGE: usize = memory.data<u16>([16384, 16384, 16384, 16384, 16384, 16384, 16384, 16384], 16)
const TWOS: usize = memory.data<u8>([2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2], 16)

/** Odd, and 2^64 divided by the golden ratio (Steele, Lea, Flood: Fast splittable pseudorandom number generators). */
const GAMMA: u64 = 0x9e3779b97f4a7c15
const WARM_UP_ROUNDS: i32 = 8
const DARTS_PER_ROUND: u32 = 32
/** Rounds between two looks at the doubtful darts: 128 darts hold one with a probability of 1.2 %. */
const ROUNDS_PER_GROUP: u32 = 4

let refineKey: u64 = 0

/** A bijection of 64-bit words whose output bits each depend on all input bits (splitmix64's finaliser). */
function mix(z: u64): u64 {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb
  return z ^ (z >> 31)
}

function seedStream(seed: u64, block: u64): void {
  // For one seed no two blocks share a key, because mix is a bijection and GAMMA is odd.
  const key = mix(mix(seed + GAMMA) + block * GAMMA)
  for (let word: usize = 0; word < 16; word++) store<u64>(STATE + (word << 3), mix(key + (<u64>word + 1) * GAMMA))
  for (let word: usize = 16; word < 20; word++) store<u64>(STATE + (word << 3), 0)
  refineKey = mix(key + 17 * GAMMA)
  for (let round = 0; round < WARM_UP_ROUNDS; round++) nextRound()
}

/** One round of SHISHUA from memory to memory. `l` and `h` are the low and high 128 bits of a 256-bit word. */
function nextRound(): void {
  const counterL = v128.load(STATE, 128),
    counterH = v128.load(STATE, 144)
  const s0L = v128.load(STATE, 0),
    s0H = v128.load(STATE, 16)
  const s1L = i64x2.add(v128.load(STATE, 32), counterL),
    s1H = i64x2.add(v128.load(STATE, 48), counterH)
  const s2L = v128.load(STATE, 64),
    s2H = v128.load(STATE, 80)
  const s3L = i64x2.add(v128.load(STATE, 96), counterL),
    s3H = i64x2.add(v128.load(STATE, 112), counterH)
  v128.store(STATE, i64x2.add(counterL, v128.load(COUNTER_STEP, 0)), 128)
  v128.store(STATE, i64x2.add(counterH, v128.load(COUNTER_STEP, 16)), 144)

  const u0L = i64x2.shr_u(s0L, 1),
    u0H = i64x2.shr_u(s0H, 1)
  const u2L = i64x2.shr_u(s2L, 1),
    u2H = i64x2.shr_u(s2H, 1)
  const t1L = v128.shuffle<i32>(s1L, s1H, 3, 4, 5, 6),
    t1H = v128.shuffle<i32>(s1H, s1L, 3, 4, 5, 6)
  const t3L = v128.shuffle<i32>(s3L, s3H, 3, 4, 5, 6),
    t3H = v128.shuffle<i32>(s3H, s3L, 3, 4, 5, 6)
  const n0L = i64x2.add(v128.shuffle<i32>(s0H, s0L, 1, 2, 3, 4), u0L)
  const n0H = i64x2.add(v128.shuffle<i32>(s0L, s0H, 1, 2, 3, 4), u0H)
  const n1L = i64x2.add(t1L, i64x2.shr_u(s1L, 3)),
    n1H = i64x2.add(t1H, i64x2.shr_u(s1H, 3))
  const n2L = i64x2.add(v128.shuffle<i32>(s2H, s2L, 1, 2, 3, 4), u2L)
  const n2H = i64x2.add(v128.shuffle<i32>(s2L, s2H, 1, 2, 3, 4), u2H)
  const n3L = i64x2.add(t3L, i64x2.shr_u(s3L, 3)),
    n3H = i64x2.add(t3H, i64x2.shr_u(s3H, 3))

  v128.store(DARTS, v128.xor(u0L, t1L), 0)
  v128.store(DARTS, v128.xor(u0H, t1H), 16)
  v128.store(DARTS, v128.xor(u2L, t3L), 32)
  v128.store(DARTS, v128.xor(u2H, t3H), 48)
  v128.store(DARTS, v128.xor(n0L, n3L), 64)
  v128.store(DARTS, v128.xor(n0H, n3H), 80)
  v128.store(DARTS, v128.xor(n2L, n1L), 96)
  v128.store(DARTS, v128.xor(n2H, n1H), 112)
  saveState(n0L, n0H, n1L, n1H, n2L, n2H, n3L, n3H)
}

function saveState(s0L: v128, s0H: v128, s1L: v128, s1H: v128, s2L: v128, s2H: v128, s3L: v128, s3H: v128): void {
  v128.store(STATE, s0L, 0)
  v128.store(STATE, s0H, 16)
  v128.store(STATE, s1L, 32)
  v128.store(STATE, s1H, 48)
  v128.store(STATE, s2L, 64)
  v128.store(STATE, s2H, 80)
  v128.store(STATE, s3L, 96)
  v128.store(STATE, s3H, 112)
}

/** Decides one dart exactly, with 31 more random bits for each coordinate; scalar-kernel.ts explains it. */
function isHit(x: i64, y: i64, index: u32): bool {
  const bits = mix(refineKey + <u64>index * GAMMA)
  let p = <i64>(<i32>(bits >> 32) | 1),
    q = <i64>(<i32>bits | 1)
  if (x == -32768 && p < 0) p = -p
  if (y == -32768 && q < 0) q = -q
  return ((x * x + y * y - (1 << 30)) << 32) + 2 * (x * p + y * q) + ((p * p + q * q) >> 32) < 0
}

/** Hits among the first `darts` of the round in DARTS; `first` is the index of its first dart in the block. */
function countRoundExactly(first: u32, darts: u32): i32 {
  let hits = 0
  for (let i: u32 = 0; i < darts; i++) {
    hits += i32(isHit(load<i16>(DARTS + (i << 2)), load<i16>(DARTS + (i << 2), 2), first + i))
  }
  return hits
}

/** Throws one group again from the saved state and returns how many of its doubtful darts are misses. */
function countDoubtfulMisses(first: u32): i32 {
  let misses = 0
  for (let round: u32 = 0; round < ROUNDS_PER_GROUP; round++) {
    nextRound()
    for (let quad: u32 = 0; quad < DARTS_PER_ROUND; quad += 4) {
      const darts = v128.load(DARTS + (quad << 2))
      const area = i32x4.shr_u(i32x4.dot_i16x8_s(darts, darts), 16)
      let doubtful = i32x4.bitmask(i32x4.eq(i32x4.shr_u(i32x4.add(area, i32x4.splat(1)), 1), i32x4.splat(8192)))
      while (doubtful) {
        const i = quad + ctz(doubtful)
        doubtful &= doubtful - 1
        const index = first + round * DARTS_PER_ROUND + i
        misses += i32(!isHit(load<i16>(DARTS + (i << 2)), load<i16>(DARTS + (i << 2), 2), index))
      }
    }
  }
  return misses
}

/** z of eight darts, as 16-bit lanes. The blend takes floor(s / 2^16) from a's high halves, where it already is. */
function distances(a: v128, b: v128): v128 {
  const shifted = i32x4.shr_u(i32x4.dot_i16x8_s(b, b), 16)
  return i16x8.sub(v128.load(EDGE), v128.shuffle<i16>(shifted, i32x4.dot_i16x8_s(a, a), 0, 9, 2, 11, 4, 13, 6, 15))
}

/**
 * Hits among the first `trials` (0..2^20) darts of a block's stream.
 * `seed` and `block` are integers 0..2^53-1, passed as f64 so that the caller needs no BigInt.
 */
export function countBlockHits(seed: f64, block: f64, trials: u32): i32 {
  seedStream(<u64>seed, <u64>block)
  const dartsPerGroup: u32 = ROUNDS_PER_GROUP * DARTS_PER_ROUND
  const groupDarts = trials - (trials % dartsPerGroup)
  let hits: i32 = 0
  let s0L = v128.load(STATE, 0),
    s0H = v128.load(STATE, 16)
  let s1L = v128.load(STATE, 32),
    s1H = v128.load(STATE, 48)
  let s2L = v128.load(STATE, 64),
    s2H = v128.load(STATE, 80)
  let s3L = v128.load(STATE, 96),
    s3H = v128.load(STATE, 112)
  let counterL = v128.load(STATE, 128),
    counterH = v128.load(STATE, 144)

  for (let first: u32 = 0; first < groupDarts; first += dartsPerGroup) {
    // countDoubtfulMisses() starts from here.
    saveState(s0L, s0H, s1L, s1H, s2L, s2H, s3L, s3H)
    v128.store(STATE, counterL, 128)
    v128.store(STATE, counterH, 144)
    let misses = 0
    let nearest = i64x2.splat(-1)
    for (let round: u32 = 0; round < ROUNDS_PER_GROUP; round++) {
      // The same round as nextRound(), with the state in registers and in an order that keeps few values alive.
      s1L = i64x2.add(s1L, counterL)
      s1H = i64x2.add(s1H, counterH)
      s3L = i64x2.add(s3L, counterL)
      s3H = i64x2.add(s3H, counterH)
      counterL = i64x2.add(counterL, v128.load(COUNTER_STEP, 0))
      counterH = i64x2.add(counterH, v128.load(COUNTER_STEP, 16))

      let uL = i64x2.shr_u(s0L, 1),
        uH = i64x2.shr_u(s0H, 1)
      let tL = v128.shuffle<i32>(s1L, s1H, 3, 4, 5, 6),
        tH = v128.shuffle<i32>(s1H, s1L, 3, 4, 5, 6)
      const z0 = distances(v128.xor(uL, tL), v128.xor(uH, tH))
      const n0L = i64x2.add(v128.shuffle<i32>(s0H, s0L, 1, 2, 3, 4), uL)
      const n0H = i64x2.add(v128.shuffle<i32>(s0L, s0H, 1, 2, 3, 4), uH)
      s1L = i64x2.add(tL, i64x2.shr_u(s1L, 3))
      s1H = i64x2.add(tH, i64x2.shr_u(s1H, 3))

      uL = i64x2.shr_u(s2L, 1)
      uH = i64x2.shr_u(s2H, 1)
      tL = v128.shuffle<i32>(s3L, s3H, 3, 4, 5, 6)
      tH = v128.shuffle<i32>(s3H, s3L, 3, 4, 5, 6)
      let z = i8x16.narrow_i16x8_s(z0, distances(v128.xor(uL, tL), v128.xor(uH, tH)))
      nearest = i8x16.min_u(nearest, z)
      misses += popcnt(i8x16.bitmask(z))
      const n2L = i64x2.add(v128.shuffle<i32>(s2H, s2L, 1, 2, 3, 4), uL)
      const n2H = i64x2.add(v128.shuffle<i32>(s2L, s2H, 1, 2, 3, 4), uH)
      s3L = i64x2.add(tL, i64x2.shr_u(s3L, 3))
      s3H = i64x2.add(tH, i64x2.shr_u(s3H, 3))

      s0L = n0L
      s0H = n0H
      s2L = n2L
      s2H = n2H
      z = i8x16.narrow_i16x8_s(
        distances(v128.xor(s0L, s3L), v128.xor(s0H, s3H)),
        distances(v128.xor(s2L, s1L), v128.xor(s2H, s1H)),
      )
      nearest = i8x16.min_u(nearest, z)
      misses += popcnt(i8x16.bitmask(z))
    }
    hits += <i32>dartsPerGroup - misses
    if (v128.any_true(i8x16.sub_sat_u(v128.load(TWOS), nearest))) hits -= countDoubtfulMisses(first)
  }

  saveState(s0L, s0H, s1L, s1H, s2L, s2H, s3L, s3H)
  v128.store(STATE, counterL, 128)
  v128.store(STATE, counterH, 144)
  for (let first = groupDarts; first < trials; first += DARTS_PER_ROUND) {
    nextRound()
    hits += countRoundExactly(first, min(DARTS_PER_ROUND, trials - first))
  }
  return hits
}
