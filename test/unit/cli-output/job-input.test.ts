import { Readable } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import { expect } from 'chai'
import { JobInput } from '../../../src/cli/job-input.ts'

interface Bench {
  readonly input: JobInput
  readonly source: Readable
  readonly opened: () => number
  /** What each rank has been answered; '' stands for the end. */
  readonly answers: (rank: number) => readonly string[]
  readonly ask: (rank: number) => void
}

function make(target: number | 'all' | 'none', ranks = 3): Bench {
  const source = new Readable({ read: () => undefined })
  let opened = 0
  const answers = new Map<number, string[]>()
  const input = new JobInput(target, ranks, () => {
    opened += 1
    return source
  })
  return {
    input,
    source,
    opened: () => opened,
    answers: (rank) => answers.get(rank) ?? [],
    ask: (rank) =>
      input.wanted(rank, (bytes) => {
        answers.set(rank, [...(answers.get(rank) ?? []), bytes === null ? '' : Buffer.from(bytes).toString()])
      }),
  }
}

async function turns(): Promise<void> {
  for (let count = 0; count < 5; count += 1) await turn()
}

describe('JobInput', () => {
  it('opens nothing before a rank asks that may read', async () => {
    const bench = make(1)
    bench.source.push('line\n')
    await turns()
    bench.ask(0)
    bench.ask(2)
    await turns()
    expect(bench.opened()).to.equal(0)
    expect([bench.answers(0), bench.answers(2)]).to.deep.equal([[''], ['']])
    bench.ask(1)
    await turns()
    expect([bench.opened(), bench.answers(1)]).to.deep.equal([1, ['line\n']])
  })

  it('answers every rank with the end and opens nothing for none', () => {
    const bench = make('none')
    for (const rank of [0, 1, 2]) bench.ask(rank)
    expect([0, 1, 2].map((rank) => bench.answers(rank))).to.deep.equal([[''], [''], ['']])
    expect(bench.opened()).to.equal(0)
  })

  it('answers once for each time it is asked, and waits for input', async () => {
    const bench = make(0)
    bench.ask(0)
    await turns()
    expect(bench.answers(0)).to.deep.equal([])
    bench.source.push('one')
    await turns()
    bench.source.push('two')
    await turns()
    expect(bench.answers(0)).to.deep.equal(['one'])
    expect(bench.source.readableLength, 'bytes that nobody has asked for').to.equal(3)
    bench.ask(0)
    await turns()
    expect(bench.answers(0)).to.deep.equal(['one', 'two'])
    expect(bench.opened()).to.equal(1)
  })

  it('answers with the end when the input is over, also when asked later', async () => {
    const bench = make(0)
    bench.ask(0)
    await turns()
    bench.source.push('last')
    bench.source.push(null)
    await turns()
    expect(bench.answers(0)).to.deep.equal(['last'])
    for (const expected of [
      ['last', ''],
      ['last', '', ''],
    ]) {
      bench.ask(0)
      await turns()
      expect(bench.answers(0)).to.deep.equal(expected)
    }
  })

  it('takes an error of the input as its end', async () => {
    const bench = make(0)
    bench.ask(0)
    await turns()
    bench.source.destroy(new Error('EIO'))
    await turns()
    expect(bench.answers(0)).to.deep.equal([''])
  })

  it('gives all ranks the same bytes, each at its own pace', async () => {
    const bench = make('all')
    bench.ask(0)
    await turns()
    bench.source.push('one')
    await turns()
    bench.ask(0)
    bench.ask(1)
    await turns()
    bench.source.push('two')
    bench.source.push(null)
    await turns()
    expect([0, 1, 2].map((rank) => bench.answers(rank))).to.deep.equal([['one', 'two'], ['one'], []])
    for (let count = 0; count < 4; count += 1) {
      for (const rank of [0, 1, 2]) bench.ask(rank)
      await turns()
    }
    for (const rank of [0, 1, 2]) expect(bench.answers(rank).slice(0, 3)).to.deep.equal(['one', 'two', ''])
    expect(bench.opened()).to.equal(1)
  })

  it('close() ends the source that was opened, and does nothing without one', () => {
    make(0).input.close()
    const bench = make(0)
    bench.ask(0)
    bench.input.close()
    expect(bench.source.destroyed).to.equal(true)
  })
})
