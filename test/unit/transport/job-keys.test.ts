import { expect } from 'chai'
import { controlKey, JobKeys, keyOfChild, pairKey, sealed } from '../../../src/transport/job-keys.ts'

const NODES = 5
const FORM = { transport: 'tls', fingerprint: 'AA:BB' } as const
const nodes = Array.from({ length: NODES }, (_, id) => id)

describe('JobKeys', () => {
  const keys = new JobKeys(FORM, Buffer.alloc(32, 7))

  it('gives each node and each pair of nodes a key of its own', () => {
    const control = nodes.map((from) => keys.keyOf({ kind: 'control', from }))
    const pairs = nodes.flatMap((from) =>
      nodes.filter((to) => to < from).map((to) => ({ kind: 'data', from, to }) as const),
    )
    const all = [keys.job.jobKey, ...control, ...pairs.map((pair) => keys.keyOf(pair))]
    expect(new Set(all).size).to.equal(1 + NODES + (NODES * (NODES - 1)) / 2)
    for (const key of all) expect(key).to.match(/^[0-9a-f]{64}$/)
  })

  it('lets a node make the keys of its channels that others dial, from its own', () => {
    for (const own of nodes) {
      const nodeKey = keys.nodeKey(own)
      expect(controlKey(nodeKey)).to.equal(keys.keyOf({ kind: 'control', from: own }))
      for (const higher of nodes.slice(own + 1)) {
        for (const [from, to] of [
          [own, higher],
          [higher, own],
        ] as const)
          expect(pairKey(nodeKey, higher)).to.equal(keys.keyOf({ kind: 'data', from, to }))
      }
    }
  })

  it('seals the key of two nodes for the one of the higher id', () => {
    const key = keys.keyOf({ kind: 'data', from: 3, to: 1 })
    const text = keys.sealedKey(3, 1)
    expect(sealed(text, keys.nodeKey(3), 1)).to.equal(key)
    for (const other of [0, 1, 2, 4]) expect(sealed(text, keys.nodeKey(other), 1)).to.not.equal(key)
    expect(text).to.not.equal(key)
  })

  it('lets a node make the keys of those that it starts, and of no others', () => {
    const tree = new JobKeys(
      FORM,
      Buffer.alloc(32, 7),
      new Map([
        [2, 1],
        [3, 2],
      ]),
    )
    expect(keyOfChild(tree.nodeKey(1), 2)).to.equal(tree.nodeKey(2))
    expect(keyOfChild(tree.nodeKey(2), 3)).to.equal(tree.nodeKey(3))
    expect([0, 1, 4].map((id) => tree.nodeKey(id))).to.deep.equal([0, 1, 4].map((id) => keys.nodeKey(id)))
    expect(tree.nodeKey(2)).to.not.equal(keys.nodeKey(2))
  })

  it('has another secret for each job, and the same keys for the same secret', () => {
    const purpose = { kind: 'control', from: 3 } as const
    expect(new JobKeys(FORM).keyOf(purpose)).to.not.equal(new JobKeys(FORM).keyOf(purpose))
    expect(new JobKeys(FORM, Buffer.alloc(32, 7)).secretOf(purpose)).to.deep.equal(keys.secretOf(purpose))
    expect(keys.secretOf(purpose)).to.deep.equal({ ...keys.job, secret: keys.keyOf(purpose) })
  })
})
