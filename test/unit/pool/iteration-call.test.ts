import { expect } from 'chai'
import type { Chunk } from '../../../src/pool/calls/chunk.ts'
import { IterationCall } from '../../../src/pool/calls/iteration-call.ts'

const fn = { id: 0, ref: { kind: 'source', name: 'f', source: 'x => x', isStrict: true } } as const

function iteration(input: Iterable<unknown>, { isOrdered = true, chunkSize = 1, window = 4 } = {}): IterationCall {
  const options = { fn, flags: 0, input: input[Symbol.iterator](), chunkSize, isOrdered, window: () => window }
  return new IterationCall({ ...options, onOver: () => undefined })
}

function nextChunk(call: IterationCall): Chunk {
  const chunk = call.next()
  if (chunk === null) throw new Error('there is no chunk')
  return chunk
}

describe('IterationCall', () => {
  it('takes no more items than the window allows until results are taken', () => {
    let pulled = 0
    const call = iteration(
      (function* () {
        for (;;) yield pulled++
      })(),
    )
    const chunks: Chunk[] = []
    while (call.hasNext) chunks.push(nextChunk(call))
    expect(pulled).to.equal(4)
    for (const chunk of chunks) call.succeed(chunk, [chunk.firstIndex], 8)
    expect(call.hasNext).to.equal(false)
    call.take()
    expect(call.hasNext).to.equal(true)
  })

  it('gives results in order of the items when they arrive in another', () => {
    const call = iteration(['a', 'b'])
    const [first, second] = [nextChunk(call), nextChunk(call)]
    call.succeed(second, ['B'], 8)
    expect(call.canTake).to.equal(false)
    call.succeed(first, ['A'], 8)
    expect([call.take().value, call.take().value]).to.deep.equal(['A', 'B'])
  })

  it('gives results as they arrive when it is unordered', () => {
    const call = iteration(['a', 'b'], { isOrdered: false })
    const [first, second] = [nextChunk(call), nextChunk(call)]
    call.succeed(second, ['B'], 8)
    call.succeed(first, ['A'], 8)
    expect([call.take().value, call.take().value]).to.deep.equal(['B', 'A'])
  })

  it('throws the error of a task in its place and goes on behind it', () => {
    const call = iteration([1, 2, 3])
    const chunks = [nextChunk(call), nextChunk(call), nextChunk(call)]
    expect(call.next()).to.equal(null)
    const [one, two, three] = chunks as [Chunk, Chunk, Chunk]
    call.succeed(one, [1], 8)
    call.fail(two, new RangeError('two'))
    call.succeed(three, [3], 8)
    expect(call.take().value).to.equal(1)
    expect(() => call.take()).to.throw(RangeError, 'two')
    expect(call.take().value).to.equal(3)
    expect(call.take()).to.deep.equal({ done: true, value: undefined })
  })

  it('gives what was done before the error of its input', () => {
    const call = iteration(
      (function* () {
        yield 1
        throw new Error('input')
      })(),
    )
    call.succeed(nextChunk(call), ['one'], 8)
    expect(call.next()).to.equal(null)
    expect(call.take().value).to.equal('one')
    expect(() => call.take()).to.throw('input')
    expect(call.take().done).to.equal(true)
  })

  it('holds the input back while large results wait', () => {
    const call = iteration([1, 2, 3, 4], { window: 100 })
    call.succeed(nextChunk(call), ['large'], 64 * 1024 * 1024)
    expect(call.hasNext).to.equal(false)
    call.take()
    expect(call.hasNext).to.equal(true)
  })
})
