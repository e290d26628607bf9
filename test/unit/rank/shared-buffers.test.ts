import { receiveMessageOnPort } from 'node:worker_threads'
import { expect } from 'chai'
import { BufferNode } from './buffer-node.ts'

describe('SharedBuffers', () => {
  let node: BufferNode | undefined
  afterEach(() => node?.close())

  it('find() gives memory that both ranks see', () => {
    node = new BufferNode(2)
    const mine = new Int32Array(new SharedArrayBuffer(16))
    const id = node.rank(0).pin(1, mine.buffer)
    node.passOn()
    const theirs = new Int32Array(node.rank(1).find(0, id))
    mine[2] = 42
    expect(theirs[2]).to.equal(42)
  })

  it('pin() sends a handle once to each rank', () => {
    node = new BufferNode(3)
    const buffer = new SharedArrayBuffer(16)
    const ids = [1, 1, 2, 1, 2].map((to) => node?.rank(0).pin(to, buffer))
    expect(new Set(ids).size).to.equal(1)
    expect(node.passOn().map(({ to }) => to)).to.deep.equal([1, 2])
  })

  it('buffers of different owners with the same number are different', () => {
    node = new BufferNode(3)
    const [zero, one] = [new SharedArrayBuffer(8), new SharedArrayBuffer(16)]
    const ids = [node.rank(0).pin(2, zero), node.rank(1).pin(2, one)]
    node.passOn()
    expect(node.rank(2).find(0, ids[0] ?? 0).byteLength).to.equal(8)
    expect(node.rank(2).find(1, ids[1] ?? 0).byteLength).to.equal(16)
  })

  it('a rank keeps a bounded number of unpinned buffers of another, and every pinned one', () => {
    node = new BufferNode(2)
    const owner = node.rank(0)
    const pinned = new SharedArrayBuffer(8)
    const pinnedId = owner.pin(1, pinned)
    const buffers = Array.from({ length: 1000 }, () => new SharedArrayBuffer(8))
    for (const buffer of buffers) owner.unpin(1, owner.pin(1, buffer))
    const notices = node.passOn()
    const given = notices.filter(({ buffer }) => buffer !== null)
    const taken = notices.filter(({ buffer }) => buffer === null)
    expect(given).to.have.lengthOf(1001)
    expect(taken).to.have.lengthOf(1001 - 256)
    expect(taken.map(({ id }) => id)).not.to.include(pinnedId)
    expect(owner.isKnownTo(1, pinned)).to.equal(true)
    expect(owner.isKnownTo(1, buffers[0] ?? pinned)).to.equal(false)
    node.rank(1).find(0, pinnedId)
  })

  it('a rank that gives buffers takes those that come meanwhile, though it needs none', () => {
    node = new BufferNode(2)
    for (let i = 0; i < 1000; i += 1) node.rank(0).pin(1, new SharedArrayBuffer(8))
    node.passOn()
    const [, inbox] = node.inboxes
    expect(inbox).not.to.equal(undefined)
    node.rank(1).pin(0, new SharedArrayBuffer(8))
    expect(inbox && receiveMessageOnPort(inbox)).to.equal(undefined)
  })

  it('a buffer that was forgotten is sent again when it is used again', () => {
    node = new BufferNode(2)
    const owner = node.rank(0)
    const first = new SharedArrayBuffer(24)
    for (const buffer of [first, ...Array.from({ length: 300 }, () => new SharedArrayBuffer(8))]) {
      owner.unpin(1, owner.pin(1, buffer))
    }
    const id = owner.pin(1, first)
    node.passOn()
    expect(node.rank(1).find(0, id).byteLength).to.equal(24)
  })
})
