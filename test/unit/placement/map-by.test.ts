import { expect } from 'chai'
import { MpirunError } from '../../../src/base/errors.ts'
import { place } from '../../../src/placement/map-by.ts'
import type { MapBy } from '../../../src/placement/rooms.ts'
import type { Allocation, Node } from '../../../src/placement/placement.ts'
import { randomNumbers, testSeed } from '../../support/random.ts'

describe('place()', () => {
  it('numbers nodes by their lowest rank and leaves out nodes without ranks', () => {
    const nodes: Node[] = ['a', 'b', 'c'].map((name) => ({ name, slots: 1, slotsDeclared: true }))
    const placement = place({ nodes, source: 'x', sequence: [2, 0] }, [{}], { mapBy: 'seq', oversubscribe: false })
    expect(placement.nodes.map((node) => `${node.id} ${node.name}`)).to.deep.equal(['0 c', '1 a'])
  })

  it('keeps every promise on random allocations', () => {
    const seed = testSeed()
    const random = randomNumbers(seed)
    for (let round = 0; round < 2000; round++) checkRandom(random, `seed ${seed}, round ${round}`)
  })

  it('keeps programs to their own nodes on random allocations', () => {
    const seed = testSeed()
    const random = randomNumbers(seed)
    for (let round = 0; round < 500; round++) checkOwnNodes(random, `seed ${seed}, round ${round}`)
  })

  it('places a hundred thousand ranks in little time', () => {
    const nodes = Array.from({ length: 1000 }, (_, index) => ({ name: `n${index}`, slots: 100, slotsDeclared: true }))
    for (const mapBy of ['slot', 'node', 'seq'] as const) {
      const options = { mapBy, oversubscribe: false }
      expect(place({ nodes, source: 'x' }, [{ np: 100_000 }], options).size).to.equal(100_000)
    }
  }).timeout(20_000)

  it('refuses more ranks than it can place', () => {
    const nodes = Array.from({ length: 2 }, (_, index) => ({
      name: `n${index}`,
      slots: 1_000_000,
      slotsDeclared: true,
    }))
    expect(() => place({ nodes, source: 'x' }, [{}], { mapBy: 'slot', oversubscribe: false })).to.throw(
      MpirunError,
      /most/,
    )
  })
})

/** Every rank once, no node above its limit, no slot free while a node is oversubscribed; or an error where ranks do not fit. */
function checkRandom(random: () => number, label: string): void {
  const upTo = (limit: number): number => 1 + Math.floor(random() * limit)
  const nodes: Node[] = Array.from({ length: upTo(4) }, (_, index) => {
    const slots = upTo(4)
    const node = { name: `n${index}`, slots, slotsDeclared: random() < 0.9 }
    return random() < 0.3 ? { ...node, maxSlots: slots + upTo(3) - 1 } : node
  })
  const allocation: Allocation = { nodes, source: 'test' }
  const mapBy = (['slot', 'node', 'seq'] as const)[upTo(3) - 1] ?? ('slot' satisfies MapBy)
  const options = { mapBy, oversubscribe: random() < 0.5, ...(random() < 0.2 ? { perNode: upTo(3) } : {}) }
  const apps = Array.from({ length: upTo(3) }, () => ({ np: upTo(6) }))
  const size = apps.reduce((total, app) => total + app.np, 0)
  const limits = new Map(
    nodes.map((node) => {
      const most =
        options.oversubscribe || !node.slotsDeclared ? (node.maxSlots ?? Number.POSITIVE_INFINITY) : node.slots
      return [node.name, Math.min(most, options.perNode ?? Number.POSITIVE_INFINITY)]
    }),
  )
  const fits = [...limits.values()].reduce((total, limit) => total + limit, 0) >= size
  if (!fits) {
    expect(() => place(allocation, apps, options), label).to.throw(MpirunError, /Cannot place/)
    return
  }
  const placement = place(allocation, apps, options)
  const ranks = placement.nodes.flatMap((node) => node.ranks).sort((left, right) => left.rank - right.rank)
  expect(
    ranks.map((rank) => rank.rank),
    label,
  ).to.deep.equal(Array.from({ length: size }, (_, rank) => rank))
  expect(
    ranks.map((rank) => rank.app),
    label,
  ).to.deep.equal(apps.flatMap((app, index) => Array<number>(app.np).fill(index)))
  for (const node of placement.nodes) {
    expect(node.ranks.length, label).to.be.at.most(limits.get(node.name) ?? 0)
    expect(
      node.ranks.map((rank) => rank.localRank),
      label,
    ).to.deep.equal(node.ranks.map((_, index) => index))
  }
  const isOver = placement.nodes.some((node) => node.ranks.length > node.slots)
  const used = new Map(placement.nodes.map((node) => [node.name, node.ranks.length]))
  if (isOver && options.perNode === undefined) {
    for (const node of nodes) expect(used.get(node.name), label).to.be.at.least(node.slots)
  }
}

/** Every program on nodes of its own, no more of its ranks there than it has slots, and no node above what the job has. */
function checkOwnNodes(random: () => number, label: string): void {
  const upTo = (limit: number): number => 1 + Math.floor(random() * limit)
  const nodes: Node[] = Array.from({ length: upTo(4) }, (_, index) => ({
    name: `n${index}`,
    slots: upTo(4),
    slotsDeclared: true,
  }))
  const apps = Array.from({ length: upTo(4) }, () => (random() < 0.2 ? {} : { np: upTo(4) }))
  const perProgram = apps.map(() => {
    if (random() < 0.3) return undefined
    const own = nodes.flatMap((node, index) =>
      random() < 0.6 ? [[index, { ...node, slots: upTo(node.slots) }] as const] : [],
    )
    return own.length === 0 ? undefined : { nodes: new Map(own), source: 'own' }
  })
  const mapBy = (['slot', 'node', 'span', 'seq'] as const)[upTo(4) - 1] ?? ('slot' satisfies MapBy)
  const rankBy = ([undefined, 'slot', 'node'] as const)[upTo(3) - 1]
  const options = { mapBy, oversubscribe: false, ...(rankBy === undefined ? {} : { rankBy }) }
  let placement
  try {
    placement = place({ nodes, source: 'test', perProgram }, apps, options)
  } catch (thrown) {
    expect(thrown, label).to.be.instanceOf(MpirunError)
    return
  }
  const ranks = placement.nodes.flatMap((node) => node.ranks.map((placed) => ({ ...placed, name: node.name })))
  const byRank = ranks.toSorted((left, right) => left.rank - right.rank)
  expect(byRank.map(({ rank }) => rank).join(), label).to.equal(byRank.map((_, index) => index).join())
  expect(byRank.map(({ app }) => app).join(), label).to.equal(
    byRank
      .map(({ app }) => app)
      .toSorted((left, right) => left - right)
      .join(),
  )
  for (const [app, { np }] of apps.entries()) {
    const own = ranks.filter((rank) => rank.app === app)
    if (np !== undefined) expect(own.length, label).to.equal(np)
    for (const [index, node] of nodes.entries()) {
      const used = own.filter(({ name }) => name === node.name).length
      const wanted = perProgram[app]
      if (wanted !== undefined) expect(used, label).to.be.at.most(wanted.nodes.get(index)?.slots ?? 0)
    }
  }
  for (const node of placement.nodes) expect(node.ranks.length, label).to.be.at.most(node.slots)
}
