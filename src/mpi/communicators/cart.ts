import { CartGrid } from '../groups/cart-grid.ts'
import { checkNames } from '../terms/check-options.ts'
import type { CartOptions, FullCartOptions } from '../api/comm.ts'
import { createDims } from '../groups/dims.ts'
import { show } from '../terms/in-words.ts'
import { allgatherValues } from '../collectives/allgather/by-messages.ts'
import { argumentError } from '../collectives/call/arguments.ts'
import { Collective } from '../collectives/call/collective.ts'
import type { Members } from '../collectives/call/members.ts'
import type { Plan } from '../collectives/call/run.ts'
import type { NewGroup } from './split.ts'
import type { Steps } from '../collectives/call/steps.ts'

const OPTIONS = ['dims', 'periods', 'reorder'] as const

/** What each rank tells of the grid that it was asked for. */
type Wish = readonly [dims: readonly number[], periods: readonly boolean[], counter: number]

/** The grid that `cart` was asked for. Throws ERR_DIMS where the communicator has too few ranks, or extents are no positive integers. */
export function gridOf(members: Members, given: number | readonly number[] | CartOptions | FullCartOptions): CartGrid {
  const isDims = typeof given === 'number' || Array.isArray(given)
  const options = (isDims ? { dims: given } : given) as CartOptions | FullCartOptions
  const refuse = (reason: string): never => {
    throw argumentError(members, 'ERR_DIMS', 'cart', reason)
  }
  // Programs may be JavaScript: what the types exclude comes in.
  if (typeof options === 'object' && options !== null) {
    checkNames(options, OPTIONS, [], members.collectives.engine.rank, 'cart')
  }
  const { dims: wanted, periods = false } = options ?? {}
  const isNumber = Number.isInteger(wanted) && (wanted as number) >= 0
  const dims = isNumber ? createDims(members.size, wanted as number, members.collectives.engine.rank) : wanted
  if (!Array.isArray(dims)) {
    return refuse(`dims = ${show(dims)}; it must be a list of extents, or a number of dimensions`)
  }
  if (typeof periods !== 'boolean' && !Array.isArray(periods)) {
    refuse(`periods = ${show(periods)}; it must be true, false or a list of these, one for each dimension`)
  }
  for (const extent of dims) {
    const advice = 'extents are integers of at least 1; MPI.dims fills in zeros'
    if (!Number.isInteger(extent) || extent < 1) refuse(`an extent in dims is ${show(extent)}; ${advice}`)
  }
  const ofDims = typeof periods === 'boolean' ? dims.map(() => periods) : periods.map(Boolean)
  if (ofDims.length !== dims.length) refuse(`${ofDims.length} periods for ${dims.length} dimensions`)
  const grid = new CartGrid(dims, ofDims)
  if (grid.size > members.size) {
    refuse(`a grid of ${dims.join(' × ')} has ${grid.size} ranks, ${members.name} has ${members.size}`)
  }
  return grid
}

/** MPI_Cart_create (MPI 4.1 §8.5.1): the first ranks of the communicator; null for ranks beyond the grid. */
export function cart(members: Members, grid: CartGrid, counter: number): Plan<NewGroup | null> {
  const collective = new Collective(members, { call: 'cart', root: -1, op: null, type: 0 })
  return { collective, steps: agreeOnGrid(members, collective, grid, counter) }
}

function* agreeOnGrid(
  members: Members,
  collective: Collective,
  grid: CartGrid,
  counter: number,
): Steps<NewGroup | null> {
  const wishes = yield* allgatherValues<Wish>(collective, [grid.dims, grid.periods, counter])
  for (const [rank, [dims, periods]] of wishes.entries()) {
    if (String(dims) === String(grid.dims) && String(periods) === String(grid.periods)) continue
    const [mine, theirs] = [describe(grid.dims, grid.periods), describe(dims, periods)]
    const reason = `rank ${members.rank} of ${members.name} asks for ${mine}, rank ${rank} for ${theirs}`
    throw argumentError(members, 'ERR_COLLECTIVE_MISMATCH', 'cart', reason)
  }
  if (members.rank >= grid.size) return null
  return { members: [...Array(grid.size).keys()], counter: wishes[0]?.[2] ?? counter }
}

function describe(dims: readonly number[], periods: readonly boolean[]): string {
  return `dims [${dims.join(', ')}], periods [${periods.join(', ')}]`
}
