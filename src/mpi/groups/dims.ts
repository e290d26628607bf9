import { show } from '../terms/in-words.ts'
import { MPIError } from '../terms/mpi-error.ts'

/**
 * MPI_Dims_create (MPI 4.1 §8.5.2): extents of a grid of `n` ranks. `dims`: the number of dimensions, or a list in which entries other than 0
 * stay and zeros are filled in: as close to each other as the divisors of `n` allow, and not increasing. `rank`: world rank, for errors.
 * Throws ERR_DIMS where no such grid has exactly `n` ranks.
 */
export function createDims(n: number, dims: number | readonly number[], rank: number): number[] {
  const refuse = (reason: string): never => {
    throw new MPIError('ERR_DIMS', rank, 'dims', `dims: ${reason}`)
  }
  if (!Number.isSafeInteger(n) || n < 1) refuse(`n = ${show(n)}; the number of ranks must be an integer of at least 1`)
  if (typeof dims === 'number' && (!Number.isInteger(dims) || dims < 0)) {
    refuse(`${dims} dimensions; give an integer of at least 0, or a list of extents`)
  }
  if (typeof dims !== 'number' && !Array.isArray(dims)) {
    refuse(`dims = ${show(dims)}; give the number of dimensions, or a list of extents`)
  }
  const extents = typeof dims === 'number' ? new Array<number>(dims).fill(0) : [...dims]
  const wrong = extents.find((extent) => !Number.isInteger(extent) || extent < 0)
  if (wrong !== undefined)
    refuse(`an extent is ${show(wrong)}; it must be an integer of at least 0, where 0 is filled in`)
  const given = extents.filter((extent) => extent !== 0).reduce((product, extent) => product * extent, 1)
  const freeCount = extents.filter((extent) => extent === 0).length
  if (n % given !== 0 || (freeCount === 0 && given !== n)) {
    refuse(`${n} ranks do not fill a grid of [${extents.join(', ')}], whose given extents make ${given}`)
  }
  const filled = balancedFactors(n / given, freeCount)
  return extents.map((extent) => (extent === 0 ? (filled.shift() ?? 1) : extent))
}

/** `count` factors of `n`, not increasing, of all such lists that with the smallest first, then the smallest second, … */
function balancedFactors(n: number, count: number): number[] {
  if (count === 0) return []
  const divisors = divisorsOf(n)
  const search = (left: number, places: number, most: number): number[] | null => {
    if (places === 1) return left <= most ? [left] : null
    for (const divisor of divisors) {
      // The first of the factors left is the largest of them.
      if (divisor > most || divisor ** places < left || left % divisor !== 0) continue
      const rest = search(left / divisor, places - 1, divisor)
      if (rest !== null) return [divisor, ...rest]
    }
    return null
  }
  return search(n, count, n) ?? [n]
}

/** All divisors, increasing. */
function divisorsOf(n: number): number[] {
  const small: number[] = []
  const large: number[] = []
  for (let i = 1; i * i <= n; i += 1) {
    if (n % i !== 0) continue
    small.push(i)
    if (i * i !== n) large.push(n / i)
  }
  return [...small, ...large.reverse()]
}
