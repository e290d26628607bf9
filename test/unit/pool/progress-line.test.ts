import { Writable } from 'node:stream'
import { expect } from 'chai'
import { type ProgressMode, type ProgressOption, progressLine } from '../../../src/pool/progress/progress-line.ts'
import { progressText } from '../../../src/pool/progress/progress-text.ts'

/** A terminal, or a file, that keeps what is written, and a clock. */
class Screen {
  text = ''
  ms = 0
  readonly stream: NodeJS.WriteStream

  constructor(isTTY: boolean, columns = 120) {
    const stream = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        this.text += chunk.toString()
        done()
      },
    })
    // What is asked of a terminal here.
    this.stream = Object.assign(stream, { isTTY, columns }) as unknown as NodeJS.WriteStream
  }

  line(option: ProgressOption, mode: ProgressMode): ReturnType<typeof progressLine> {
    return progressLine(option, mode, this.stream, () => this.ms)
  }
}

const half = { done: 50, total: 100, nodes: 1 }

describe('progressLine()', () => {
  it('draws one line on a terminal and takes it away', () => {
    const screen = new Screen(true)
    const line = screen.line('pi', 'auto')
    screen.ms = 2000
    line?.show({ ...half, nodes: 3 })
    expect(screen.text).to.include('pi  ████████████░░░░░░░░░░░░ 50 % · 50 of 100 · 25 tasks/s · 2 s left · 3 nodes')
    expect(screen.text).not.to.include('\n')
    line?.end()
    expect(
      screen.text.endsWith('\u001b[2K') || screen.text.endsWith('\u001b[K') || screen.text.endsWith('\u001b[0K'),
    ).to.equal(true)
  })

  it('draws each report, 100 ms after the last', () => {
    const screen = new Screen(true)
    const line = screen.line(true, 'auto')
    for (let done = 1; done <= 4; done++) {
      line?.show({ done, total: 4, nodes: 1 })
      expect(screen.text).to.include(`${done} of 4`)
      // The program blocks; the bar goes by the real clock.
      const until = Date.now() + 100
      while (Date.now() < until);
    }
    line?.end()
  })

  it('shows what a function gives behind, and never more than the terminal is wide', () => {
    const screen = new Screen(true, 60)
    const line = screen.line(({ done }) => `pi = ${done} ± ${'0'.repeat(99)}`, 'auto')
    line?.show({ ...half, total: undefined })
    line?.end()
    expect(screen.text).to.match(/50 done · \d+ tasks\/s {2}pi = 50 ± 0/)
    const shown = screen.text.split('\u001b').map((text) => text.replace(/^(\[[\d;?]*[A-Za-z]|[78])/, ''))
    expect(Math.max(...shown.map(({ length }) => length))).to.equal(59)
  })

  it('gives the bar less room where the text needs it, and none where it has none', () => {
    for (const [columns, bar] of [
      [72, /G█{6}░{6} 50 %/],
      [62, /G50 %/],
    ] as const) {
      const screen = new Screen(true, columns)
      const line = screen.line(() => 'pi = 3.14 ± 0.01', 'auto')
      screen.ms = 1000
      line?.show(half)
      line?.end()
      expect(screen.text).to.match(bar).and.include('pi = 3.14 ± 0.01')
    }
  })

  it('waits for a second where only --progress asks for it', () => {
    const screen = new Screen(true)
    const line = screen.line(false, 'on')
    line?.show(half)
    expect(screen.text).to.equal('')
    screen.ms = 1000
    line?.show(half)
    expect(screen.text).to.include('50 of 100')
    line?.end()
  })

  it('is that of the first call where several are at work', () => {
    const screen = new Screen(true)
    const [first, second] = [screen.line('one', 'auto'), screen.line('two', 'auto')]
    first?.show(half)
    second?.show(half)
    second?.end()
    expect(screen.text).to.include('one').and.not.include('two')
    first?.end()
    second?.show(half)
    expect(screen.text).to.include('two')
    second?.end()
  })

  it('writes a line every 10 s where there is no terminal, with --progress', () => {
    const screen = new Screen(false)
    const line = screen.line(true, 'on')
    for (screen.ms = 0; screen.ms <= 25_000; screen.ms += 100) line?.show(half)
    line?.end()
    const lines = ['50 % · 50 of 100 · 5.0 tasks/s · 10 s left\n', '50 % · 50 of 100 · 2.5 tasks/s · 20 s left\n']
    expect(screen.text).to.equal(lines.join(''))
  })

  const silent: readonly [isTTY: boolean, option: ProgressOption, mode: ProgressMode][] = [
    [false, true, 'auto'],
    [true, false, 'auto'],
    [true, true, 'off'],
    [false, true, 'off'],
  ]
  for (const [isTTY, option, mode] of silent) {
    it(`is none with ${isTTY ? 'a' : 'no'} terminal, progress: ${String(option)} and ${mode}`, () => {
      expect(new Screen(isTTY).line(option, mode)).to.equal(undefined)
    })
  }
})

describe('progressText()', () => {
  const texts: readonly [done: number, total: number | undefined, seconds: number, text: string][] = [
    [0, 10, 5, '0 % · 0 of 10 · 0.0 tasks/s · ? left'],
    [1, 1000, 1, '0 % · 1 of 1000 · 1.0 tasks/s · 16 min 39 s left'],
    [10, 100_010, 10, '0 % · 10 of 100010 · 1.0 tasks/s · 27 h 46 min left'],
    [1234, undefined, 10, '1234 done · 123 tasks/s'],
    [10, 10, 1, '100 % · 10 of 10 · 10 tasks/s · 0 s left'],
  ]
  for (const [done, total, seconds, text] of texts) {
    it(`says "${text}"`, () => {
      expect(progressText({ done, total, nodes: 1 }, seconds)).to.equal(text)
    })
  }
})
