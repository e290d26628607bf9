const LOW_64 = (1n << 64n) - 1n

/** 2^64 divided by the golden ratio, odd: the step between the inputs of mix(). */
export const GAMMA = 0x9e3779b97f4a7c15n

/**
 * splitmix64's finaliser: a bijection of 64-bit words whose output bits each depend on all input bits.
 * `word` is taken modulo 2^64. Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators" (2014), with the
 * constants of https://prng.di.unimi.it/splitmix64.c.
 */
export function mix(word: bigint): bigint {
  let z = word & LOW_64
  z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & LOW_64
  z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & LOW_64
  return z ^ (z >> 31n)
}
