import { expect } from 'chai'
import { IDENT, PROC_NULL, SIMILAR, UNDEFINED, UNEQUAL } from '../../../src/mpi/terms/constants.ts'
import { Group } from '../../../src/mpi/groups/group.ts'
import { Random, testSeed } from '../../support/random.ts'

const WORLD = 12
const world = new Group([...Array(WORLD).keys()], 3)

/** A group of some of the world's ranks in some order, with the list that it must have. */
function randomGroup(random: Random): { group: Group; members: number[] } {
  const members = random.shuffle([...Array(WORLD).keys()]).slice(0, random.below(WORLD + 1))
  return { group: world.incl(members), members }
}

describe('Group', () => {
  const seed = testSeed()

  it(`does what lists and sets do, for 500 random groups (seed ${seed})`, () => {
    const random = new Random(seed)
    for (let i = 0; i < 500; i += 1) {
      const [one, other] = [randomGroup(random), randomGroup(random)]
      const [a, b] = [one.members, other.members]
      expect(one.group.worldRanks).to.deep.equal(a)
      expect(one.group.size).to.equal(a.length)
      expect(one.group.rank).to.equal(a.includes(3) ? a.indexOf(3) : UNDEFINED)
      const inA = new Set(a)
      const inB = new Set(b)
      expect(one.group.union(other.group).worldRanks).to.deep.equal([...a, ...b.filter((rank) => !inA.has(rank))])
      expect(one.group.intersection(other.group).worldRanks).to.deep.equal(a.filter((rank) => inB.has(rank)))
      expect(one.group.difference(other.group).worldRanks).to.deep.equal(a.filter((rank) => !inB.has(rank)))
      const places = [...a.keys()]
      const translated = a.map((rank) => (inB.has(rank) ? b.indexOf(rank) : UNDEFINED))
      expect(one.group.translate(places, other.group)).to.deep.equal(translated)
      const some = random.shuffle(places).slice(0, random.below(a.length + 1))
      expect(one.group.incl(some).worldRanks).to.deep.equal(some.map((rank) => a[rank]))
      expect(one.group.excl(some).worldRanks).to.deep.equal(a.filter((_, rank) => !some.includes(rank)))
      const shuffled = world.incl(random.shuffle(a))
      const isSame = shuffled.worldRanks.every((rank, i) => rank === a[i])
      expect(one.group.compare(shuffled)).to.equal(isSame ? IDENT : SIMILAR)
      const isEqual = a.length === b.length && a.every((rank) => inB.has(rank))
      if (!isEqual) expect(one.group.compare(other.group)).to.equal(UNEQUAL)
      expect(one.group.equals(world.incl(a))).to.equal(true)
    }
  })

  it('ranges go up, down and over nothing', () => {
    expect(
      world.rangeIncl([
        [1, 9, 3],
        [11, 10, -1],
        [2, 2],
      ]).worldRanks,
    ).to.deep.equal([1, 4, 7, 11, 10, 2])
    expect(world.rangeIncl([[5, 2]]).size).to.equal(0)
    expect(world.rangeExcl([[0, 9]]).worldRanks).to.deep.equal([10, 11])
    expect(world.rangeIncl([[6, 0, -3]]).worldRanks).to.deep.equal([6, 3, 0])
    // MPI 4.1 §7.3.2: the last rank is named by the range even where the step passes it by.
    expect(() => world.rangeIncl([[0, 12]]))
      .to.throw()
      .with.property('code', 'ERR_RANK')
    expect(() => world.rangeIncl([[0, 3, 0]]))
      .to.throw()
      .with.property('code', 'ERR_ARG')
    expect(() =>
      world.rangeIncl([
        [0, 3],
        [2, 4],
      ]),
    )
      .to.throw()
      .with.property('code', 'ERR_RANK')
  })

  it('refuses ranks that do not exist or come twice, and what is no group', () => {
    for (const ranks of [[-1], [WORLD], [0.5], [1, 1], [Number.NaN]]) {
      expect(() => world.incl(ranks), String(ranks))
        .to.throw()
        .with.property('code', 'ERR_RANK')
      expect(() => world.excl(ranks), String(ranks))
        .to.throw()
        .with.property('code', 'ERR_RANK')
    }
    expect(() => world.translate([12], world))
      .to.throw()
      .with.property('code', 'ERR_RANK')
    expect(world.translate([PROC_NULL, 0], world.incl([5]))).to.deep.equal([PROC_NULL, UNDEFINED])
    for (const call of ['union', 'intersection', 'difference', 'compare'] as const) {
      expect(() => world[call]([0, 1] as unknown as Group), call)
        .to.throw()
        .with.property('code', 'ERR_GROUP')
    }
    expect(() => world.incl([]).incl([0])).to.throw(/the group is empty/)
  })
})
