import { expect } from 'chai'
import type { LaunchTarget } from '../../../src/launch/launcher.ts'
import { idsOf, planTree } from '../../../src/launch/tree-plan.ts'

function targets(count: number, change: (nodeId: number) => Partial<LaunchTarget> = () => ({})): LaunchTarget[] {
  return Array.from({ length: count }, (_, nodeId) => ({ nodeId, name: `n${nodeId}`, ...change(nodeId) }))
}

function depthOf({ below = [] }: LaunchTarget): number {
  return 1 + Math.max(0, ...below.map(depthOf))
}

describe('planTree()', () => {
  it('has one level for as many nodes as may be started from here', () => {
    const all = targets(32)
    expect(planTree(all, 32)).to.deep.equal(all)
    expect(planTree(all, Number.POSITIVE_INFINITY)).to.deep.equal(all)
  })

  for (const [nodes, fanout, depth] of [
    [33, 32, 2],
    [1056, 32, 2],
    [1057, 32, 3],
    [10_000, 32, 3],
    [7, 2, 3],
    [5, 1, 5],
  ] as const) {
    it(`has each of ${nodes} nodes once, none with more than ${fanout} others, in ${depth} levels`, () => {
      const plan = planTree(targets(nodes), fanout)
      const ids = plan.flatMap(idsOf)
      expect(ids.toSorted((one, other) => one - other)).to.deep.equal(Array.from({ length: nodes }, (_, id) => id))
      const widest = (target: LaunchTarget): number =>
        Math.max(target.below?.length ?? 0, ...(target.below ?? []).map(widest))
      expect(Math.max(plan.length, ...plan.map(widest))).to.equal(fanout)
      expect(Math.max(...plan.map(depthOf))).to.equal(depth)
    })
  }

  it('starts the nodes of this machine from here', () => {
    const plan = planTree(
      targets(6, (nodeId) => (nodeId < 2 ? { isHere: true } : {})),
      2,
    )
    expect(plan.map(({ nodeId, below = [] }) => [nodeId, below.length])).to.deep.equal([
      [0, 0],
      [1, 0],
      [2, 1],
      [4, 1],
    ])
  })

  it('lets nobody start nodes of another user, and tells ports and users on', () => {
    const plan = planTree(
      targets(9, (nodeId) => (nodeId % 3 === 0 ? { user: 'ann', port: 2200 + nodeId } : {})),
      3,
    )
    const check = (target: LaunchTarget): void => {
      for (const each of target.below ?? []) {
        expect(each.user).to.equal(target.user)
        expect(each.port).to.equal(each.nodeId % 3 === 0 ? 2200 + each.nodeId : undefined)
        check(each)
      }
    }
    plan.forEach(check)
    expect(plan.flatMap(idsOf)).to.have.length(9)
  })
})
