import { expect } from 'chai'
import type { Comm } from '../../../src/mpi/api/comm.ts'
import { type View, type ViewConstructor, viewConstructor } from '../../../src/mpi/datatypes/datatype.ts'
import type { MPIStatic } from '../../../src/mpi/mpi.ts'
import { onRanks } from './support/on-ranks.ts'
import { Random, testSeed } from '../../support/random.ts'

/** Blocks of a view, in elements: of random lengths, in random order, with random gaps before them. */
interface Layout {
  readonly counts: number[]
  readonly displs: number[]
  readonly length: number
}

function randomLayout(random: Random, counts: number[]): Layout {
  const displs = new Array<number>(counts.length).fill(0)
  let at = random.below(3)
  for (const block of random.shuffle([...counts.keys()])) {
    displs[block] = at
    at += (counts[block] ?? 0) + random.below(4)
  }
  return { counts, displs, length: at }
}

/** Element i of what rank `from` has for rank `to`, as a number that every element type holds. */
const element = (from: number, to: number, i: number): number => (from * 31 + to * 7 + i) % 100

const GAP = 101

/** A view without anything in it. */
function gaps(constructor: ViewConstructor, length: number): View {
  return fromNumbers(constructor, new Array<number>(length).fill(GAP))
}

function fromNumbers(constructor: ViewConstructor, numbers: readonly number[]): View {
  const view = new constructor(numbers.length)
  for (const [i, x] of numbers.entries())
    view[i] = view instanceof BigInt64Array || view instanceof BigUint64Array ? BigInt(x) : x
  return view
}

/** A view with `block(of)` in each block of a layout, and gaps elsewhere. */
function filled(
  constructor: ViewConstructor,
  { counts, displs, length }: Layout,
  block: (of: number, i: number) => number,
): View {
  const numbers = new Array<number>(length).fill(GAP)
  for (const [of, count] of counts.entries()) {
    for (let i = 0; i < count; i += 1) numbers[(displs[of] ?? 0) + i] = block(of, i)
  }
  return fromNumbers(constructor, numbers)
}

/** What all ranks of one round know. */
interface Round {
  readonly size: number
  readonly root: number
  readonly inPlace: boolean
  readonly constructor: ViewConstructor
  /** Elements that rank `from` has for rank `to`. */
  readonly matrix: number[][]
  /** A layout of the receive side of each rank, of the send side, and of what all give to all. */
  readonly recvs: Layout[]
  readonly sends: Layout[]
  readonly all: Layout
}

function randomRound(random: Random, size: number): Round {
  const ranks = [...Array(size).keys()]
  const matrix = ranks.map(() => ranks.map(() => (random.chance(0.3) ? 0 : random.below(40))))
  const inPlace = random.chance(0.3)
  // In place each pair of ranks exchanges as much as it gets (MPI 4.1 §6.8).
  if (inPlace)
    for (const from of ranks) for (let to = 0; to < from; to += 1) row(matrix, from)[to] = row(matrix, to)[from] ?? 0
  return {
    size,
    root: random.below(size),
    inPlace,
    constructor: viewConstructor(1 + random.below(10)),
    matrix,
    recvs: ranks.map((to) =>
      randomLayout(
        random,
        ranks.map((from) => row(matrix, from)[to] ?? 0),
      ),
    ),
    sends: ranks.map((from) => randomLayout(random, [...row(matrix, from)])),
    all: randomLayout(
      random,
      ranks.map(() => random.below(30)),
    ),
  }
}

function row(matrix: readonly number[][], from: number): number[] {
  const found = matrix[from]
  if (found === undefined) throw new RangeError(`no row ${from}`)
  return found
}

async function play(comm: Comm, mpi: MPIStatic, round: Round): Promise<void> {
  const { rank } = comm
  const { root, inPlace, constructor, all } = round
  const mine = fromNumbers(
    constructor,
    Array.from({ length: all.counts[rank] ?? 0 }, (_, i) => element(rank, 0, i)),
  )
  const whole = filled(constructor, all, (of, i) => element(of, 0, i))
  const own = filled(constructor, all, (of, i) => (of === rank ? element(of, 0, i) : GAP))
  const isRoot = rank === root

  const everything = inPlace ? own.slice() : gaps(constructor, all.length)
  await comm.iallgatherInto(inPlace ? mpi.IN_PLACE : mine, everything as View, all)
  expect(everything).to.deep.equal(whole)

  const gathered = inPlace ? own.slice() : gaps(constructor, all.length)
  await comm.igatherInto(inPlace && isRoot ? mpi.IN_PLACE : mine, isRoot ? (gathered as View) : null, root, all)
  if (isRoot) expect(gathered).to.deep.equal(whole)

  const part = gaps(constructor, mine.length)
  await comm.iscatterInto(isRoot ? whole : null, inPlace && isRoot ? mpi.IN_PLACE : part, root, all)
  if (!inPlace || !isRoot) expect(part).to.deep.equal(mine)

  const recvLayout = round.recvs[rank] ?? all
  const sendLayout = round.sends[rank] ?? all
  const wanted = filled(constructor, recvLayout, (from, i) => element(from, rank, i))
  const options = { recvCounts: recvLayout.counts, recvDispls: recvLayout.displs }
  if (inPlace) {
    const both = filled(constructor, recvLayout, (to, i) => element(rank, to, i))
    await comm.ialltoallInto(mpi.IN_PLACE, both, options)
    expect(both).to.deep.equal(wanted)
  } else {
    const send = filled(constructor, sendLayout, (to, i) => element(rank, to, i))
    const recv = gaps(constructor, recvLayout.length)
    const sendOptions = { sendCounts: sendLayout.counts, sendDispls: sendLayout.displs }
    await comm.ialltoallInto(send, recv, { ...options, ...sendOptions })
    expect(recv).to.deep.equal(wanted)
  }
}

describe('Blocks of random lengths and places', () => {
  const seed = testSeed()
  for (const size of [1, 2, 3, 5, 8, 9]) {
    it(`go where they belong among ${size} ranks, and gaps stay (seed ${seed})`, async () => {
      const random = new Random(seed + size)
      const rounds = Array.from({ length: 25 }, () => randomRound(random, size))
      await onRanks(size, async (comm, mpi) => {
        for (const round of rounds) await play(comm, mpi, round)
      })
    })
  }
})
