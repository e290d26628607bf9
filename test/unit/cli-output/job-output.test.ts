import { expect } from 'chai'
import { JobOutput, type LinePrefix, type LineSink } from '../../../src/cli/output/job-output.ts'
import { randomNumbers, testSeed } from '../../support/random.ts'

class KeepingSink implements LineSink {
  text = ''
  readonly waiting: (() => void)[] = []
  isSlow = false
  drains = 0

  write(bytes: Uint8Array, written: () => void): void {
    this.text += Buffer.from(bytes).toString('latin1')
    if (this.isSlow) this.waiting.push(written)
    else written()
  }

  async end(): Promise<void> {
    this.drains += 1
  }
}

const byRank: LinePrefix = (rank) => `[${rank}] `

function make(options: { prefix?: LinePrefix; terminal?: boolean } = {}) {
  const stdout = new KeepingSink()
  const stderr = new KeepingSink()
  const output = new JobOutput({
    sinkOf: (_, stream) => (stream === 1 ? stdout : stderr),
    prefix: options.prefix,
    showsPartialLines: () => options.terminal ?? false,
  })
  const add = (rank: number, text: string, stream: 1 | 2 = 1, written = (): void => undefined): void =>
    output.add(rank, stream, Buffer.from(text, 'latin1'), written)
  return { output, stdout, stderr, add }
}

/** Resolves when the sink's text is so; a partial line is shown after a moment. */
async function shows(sink: KeepingSink, text: string): Promise<void> {
  const deadline = performance.now() + 5000
  while (sink.text !== text) {
    if (performance.now() > deadline) expect(sink.text).to.equal(text)
    await new Promise((resolve) => void setTimeout(resolve, 5))
  }
}

describe('JobOutput', () => {
  it('writes whole lines of each rank as soon as they have their end', () => {
    const { stdout, add } = make()
    add(0, 'one ')
    add(1, 'two\nthr')
    add(0, 'more\n')
    add(1, 'ee\n')
    expect(stdout.text).to.equal('two\none more\nthree\n')
  })

  it('keeps stdout and stderr of a rank apart', () => {
    const { stdout, stderr, add } = make()
    add(0, 'to out')
    add(0, 'to err\n', 2)
    add(0, '\n')
    expect([stdout.text, stderr.text]).to.deep.equal(['to out\n', 'to err\n'])
  })

  it('shows a line that a rank draws and takes away before what the rank writes then, and ends no line for it', async () => {
    const both = new KeepingSink()
    const output = new JobOutput({ sinkOf: () => both, prefix: undefined, showsPartialLines: () => true })
    for (const erase of ['\r\u001b[K', '\u001b[1G\u001b[2K', '\u001b[G\u001b[0K']) {
      both.text = ''
      output.add(0, 2, Buffer.from('50 %'), () => undefined)
      await shows(both, '50 %')
      output.add(0, 2, Buffer.from(erase), () => undefined)
      output.add(0, 1, Buffer.from('done\n'), () => undefined)
      expect(both.text).to.equal(`50 %${erase}done\n`)
    }
    both.text = ''
    output.add(0, 2, Buffer.from('a prompt?'), () => undefined)
    output.add(0, 1, Buffer.from('done\n'), () => undefined)
    expect(both.text).to.equal('a prompt?\ndone\n')
  })

  it('puts the prefix before each line', () => {
    const { stdout, add } = make({ prefix: byRank })
    add(3, 'a\n\nb\nc')
    add(12, 'x\n')
    add(3, '!\n')
    expect(stdout.text).to.equal('[3] a\n[3] \n[3] b\n[12] x\n[3] c!\n')
  })

  it('tells the prefix which stream it is for', () => {
    const { stdout, stderr, add } = make({ prefix: (rank, stream) => `${rank}/${stream}:` })
    add(1, 'a\n')
    add(1, 'b\n', 2)
    expect([stdout.text, stderr.text]).to.deep.equal(['1/1:a\n', '1/2:b\n'])
  })

  for (const prefix of [undefined, byRank]) {
    it(`never mixes lines of ranks that write in random pieces${prefix === undefined ? '' : ', with prefixes'}`, async () => {
      const seed = testSeed()
      const random = randomNumbers(seed)
      const { output, stdout, add } = make(prefix === undefined ? {} : { prefix })
      const ranks = 5
      const texts = Array.from({ length: ranks }, (_, rank) =>
        Array.from({ length: 40 }, (__, line) => `${rank}:${line}:${'x'.repeat(Math.floor(random() * 200))}\n`).join(
          '',
        ),
      )
      const left = [...texts]
      while (left.some((text) => text !== '')) {
        const rank = Math.floor(random() * ranks)
        const cut = Math.floor(random() * 150)
        add(rank, left[rank]?.slice(0, cut) ?? '')
        left[rank] = left[rank]?.slice(cut) ?? ''
      }
      await output.finish()
      const mark = (rank: number): string => (prefix === undefined ? '' : `[${rank}] `)
      for (let rank = 0; rank < ranks; rank += 1) {
        const own = stdout.text.split('\n').filter((line) => line.startsWith(`${mark(rank)}${rank}:`))
        const expected = texts[rank]?.split('\n').slice(0, -1) ?? []
        expect(own, `MPI_TEST_SEED=${seed}`).to.deep.equal(expected.map((line) => mark(rank) + line))
      }
      expect(stdout.text.split('\n').length, `MPI_TEST_SEED=${seed}`).to.equal(ranks * 40 + 1)
    })
  }

  it('calls written when lines have been written, at once for what waits for its end', () => {
    const { stdout, add } = make()
    stdout.isSlow = true
    const calls: string[] = []
    add(0, 'partial', 1, () => void calls.push('partial'))
    expect(calls).to.deep.equal(['partial'])
    add(0, ' line\n', 1, () => void calls.push('line'))
    expect(calls).to.deep.equal(['partial'])
    for (const written of stdout.waiting) written()
    expect(calls).to.deep.equal(['partial', 'line'])
  })

  it('marks a line that is too long to wait for only once', () => {
    const { stdout, add } = make({ prefix: byRank })
    add(0, 'x'.repeat(70_000))
    add(0, 'y'.repeat(70_000))
    add(0, 'z\n')
    add(0, 'next\n')
    expect(stdout.text).to.equal(`[0] ${'x'.repeat(70_000)}${'y'.repeat(70_000)}z\n[0] next\n`)
  })
})

describe('JobOutput.finish()', () => {
  it('writes unfinished lines as they are when there are no prefixes', async () => {
    const { output, stdout, stderr, add } = make()
    add(0, 'no newline')
    add(0, 'nor here', 2)
    await output.finish()
    expect([stdout.text, stderr.text]).to.deep.equal(['no newline', 'nor here'])
  })

  it('ends unfinished lines when there are prefixes', async () => {
    const { output, stdout, add } = make({ prefix: byRank })
    add(0, 'a\nb')
    add(1, 'c')
    add(2, 'd\n')
    await output.finish()
    expect(stdout.text).to.equal('[0] a\n[2] d\n[0] b\n[1] c\n')
  })

  it('ends a line that was passed on in pieces when there are prefixes', async () => {
    const { output, stdout, add } = make({ prefix: byRank })
    add(0, 'x'.repeat(70_000))
    await output.finish()
    expect(stdout.text).to.equal(`[0] ${'x'.repeat(70_000)}\n`)
  })

  it('waits until every sink has written everything', async () => {
    const { output, stdout, stderr, add } = make()
    add(0, 'a\n')
    await output.finish()
    expect([stdout.drains, stderr.drains]).to.deep.equal([1, 0])
  })

  it('is done at once when no rank has written anything', async () => {
    await make().output.finish()
  })
})

describe('JobOutput on a terminal', () => {
  it('shows a prompt after a moment, and the rest of the line without another prefix', async () => {
    const { stdout, add } = make({ terminal: true, prefix: byRank })
    add(0, 'name? ')
    expect(stdout.text).to.equal('')
    await shows(stdout, '[0] name? ')
    add(0, 'yes\n')
    expect(stdout.text).to.equal('[0] name? yes\n')
  })

  it('ends a line on the screen before another rank writes', async () => {
    const { stdout, add } = make({ terminal: true })
    add(0, 'name? ')
    await shows(stdout, 'name? ')
    add(1, 'hello\n')
    expect(stdout.text).to.equal('name? \nhello\n')
    add(0, 'more\n')
    expect(stdout.text).to.equal('name? \nhello\nmore\n')
  })

  it('ends a line on the screen before the other stream of the same rank writes', async () => {
    const { stdout, stderr, add } = make({ terminal: true })
    add(0, 'name? ')
    await shows(stdout, 'name? ')
    add(0, 'oh\n', 2)
    expect([stdout.text, stderr.text]).to.deep.equal(['name? \n', 'oh\n'])
  })

  it('leaves an unfinished line of a file alone, and one on the screen when another rank writes to a file', async () => {
    const screen = new KeepingSink()
    const files = [new KeepingSink(), new KeepingSink()]
    const output = new JobOutput({
      sinkOf: (rank) => files[rank] ?? screen,
      prefix: undefined,
      showsPartialLines: (rank) => files[rank] === undefined,
    })
    const add = (rank: number, text: string): void => output.add(rank, 1, Buffer.from(text), () => undefined)
    add(0, 'x'.repeat(70_000))
    add(7, 'name? ')
    await shows(screen, 'name? ')
    add(1, 'hello\n')
    add(0, 'end\n')
    add(7, 'yes\n')
    expect(screen.text).to.equal('name? yes\n')
    expect(files.map(({ text }) => text)).to.deep.equal([`${'x'.repeat(70_000)}end\n`, 'hello\n'])
  })

  it('shows nothing of a partial line when its end comes in time', () => {
    const { output, stdout, add } = make({ terminal: true })
    add(0, 'a')
    add(0, 'b\n')
    expect(stdout.text).to.equal('ab\n')
    return output.finish()
  })
})
