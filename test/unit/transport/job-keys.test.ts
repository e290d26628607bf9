import { expect } from 'chai'
import { JobKeys } from '../../../src/transport/job-keys.ts'

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

  it('gives both nodes of a pair the same key, whoever dials', () => {
    for (const from of nodes) {
      for (const to of nodes) {
        expect(keys.keyOf({ kind: 'data', from, to })).to.equal(keys.peerKeys(to, NODES)[from])
        expect(keys.keyOf({ kind: 'data', from, to })).to.equal(keys.peerKeys(from, NODES)[to])
      }
    }
  })

  it('gives a node no key of two others', () => {
    for (const own of nodes) {
      const known = new Set(keys.peerKeys(own, NODES))
      for (const from of nodes)
        for (const to of nodes)
          expect(known.has(keys.keyOf({ kind: 'data', from, to }))).to.equal(from === own || to === own)
    }
  })

  it('has another secret for each job, and the same keys for the same secret', () => {
    const purpose = { kind: 'control', from: 3 } as const
    expect(new JobKeys(FORM).keyOf(purpose)).to.not.equal(new JobKeys(FORM).keyOf(purpose))
    expect(new JobKeys(FORM, Buffer.alloc(32, 7)).secretOf(purpose)).to.deep.equal(keys.secretOf(purpose))
    expect(keys.secretOf(purpose)).to.deep.equal({ ...keys.job, secret: keys.keyOf(purpose) })
  })
})
