import { LineAssembler } from './line-assembler.ts'

/** Where the lines of one stream of one rank go. */
export interface LineSink {
  write(bytes: Uint8Array, written: () => void): void
  /** No more comes; resolves when everything has been written. Several streams may share a sink and end it. */
  end(): Promise<void>
}

/** What is written in front of each line of a rank; undefined: nothing. */
export type LinePrefix = (rank: number, stream: 1 | 2) => string

export interface JobOutputOptions {
  /** One for all ranks, or a file of its own for each. */
  readonly sinkOf: (rank: number, stream: 1 | 2) => LineSink
  readonly prefix: LinePrefix | undefined
  /** On a terminal a line without its end (a prompt, a progress line) appears after a moment of silence; in a file it waits. */
  readonly showsPartialLines: (rank: number, stream: 1 | 2) => boolean
}

/** Time without output after which a partial line is shown. */
const PARTIAL_LINE_MS = 50

/** Output of all ranks: whole lines, in the order of each rank, with their prefixes. */
export class JobOutput {
  readonly #options: JobOutputOptions
  readonly #streams = new Map<string, RankStream>()
  /** The stream whose partial line stands on the screen. */
  #open: RankStream | undefined

  constructor(options: JobOutputOptions) {
    this.#options = options
  }

  add(rank: number, stream: 1 | 2, bytes: Uint8Array, written: () => void): void {
    const rankStream = this.#stream(rank, stream)
    const ready = rankStream.lines.add(bytes)
    if (ready.length > 0) {
      if (rankStream.isOnScreen) this.#showOthersOf(rankStream)
      this.#write(rankStream, ready, written)
    } else written()
    if (rankStream.isOnScreen && rankStream.lines.pendingBytes > 0) this.#showSoon(rankStream)
  }

  #stream(rank: number, stream: 1 | 2): RankStream {
    const key = `${rank}/${stream}`
    let found = this.#streams.get(key)
    if (found === undefined) {
      found = {
        rank,
        stream,
        lines: new LineAssembler(),
        sink: this.#options.sinkOf(rank, stream),
        isOnScreen: this.#options.showsPartialLines(rank, stream),
        isMidLine: false,
        timer: undefined,
      }
      this.#streams.set(key, found)
    }
    return found
  }

  /** A rank that draws a line on one stream and goes on writing on the other is shown in its order. */
  #showOthersOf({ rank, stream }: RankStream): void {
    const other = this.#streams.get(`${rank}/${3 - stream}`)
    if (other?.isOnScreen === true && other.lines.pendingBytes > 0)
      this.#write(other, other.lines.take(), () => undefined)
  }

  #showSoon(stream: RankStream): void {
    stream.timer ??= setTimeout(() => {
      stream.timer = undefined
      const bytes = stream.lines.take()
      if (bytes.length > 0) this.#write(stream, bytes, () => undefined)
    }, PARTIAL_LINE_MS)
  }

  #write(stream: RankStream, bytes: Uint8Array, written: () => void): void {
    if (stream.isOnScreen && this.#open !== undefined && this.#open !== stream) {
      // Another rank's line is unfinished on the screen: end it there rather than write into it.
      this.#open.isMidLine = false
      this.#open.sink.write(Buffer.from('\n'), () => undefined)
    }
    const { prefix } = this.#options
    const shown = prefix === undefined ? bytes : prefixed(bytes, prefix(stream.rank, stream.stream), stream.isMidLine)
    stream.sink.write(shown, written)
    stream.isMidLine = bytes.at(-1) !== 10 && !(stream.isOnScreen && isErased(bytes))
    if (stream.isOnScreen) this.#open = stream.isMidLine ? stream : undefined
  }

  /**
   * Writes unfinished last lines and waits until everything has left. With prefixes each line gets its end; `endsLine`:
   * so does the one that stands on the terminal, because something else is written behind it.
   */
  async finish(endsLine = false): Promise<void> {
    for (const stream of this.#streams.values()) {
      clearTimeout(stream.timer)
      const bytes = stream.lines.take()
      if (bytes.length > 0) this.#write(stream, bytes, () => undefined)
      if (stream.isMidLine && this.#options.prefix !== undefined) stream.sink.write(Buffer.from('\n'), () => undefined)
    }
    if (endsLine) this.#open?.sink.write(Buffer.from('\n'), () => undefined)
    await Promise.all([...this.#streams.values()].map(({ sink }) => sink.end()))
  }
}

interface RankStream {
  readonly rank: number
  readonly stream: 1 | 2
  readonly lines: LineAssembler
  readonly sink: LineSink
  readonly isOnScreen: boolean
  /** What was written last did not end with a newline. */
  isMidLine: boolean
  timer: NodeJS.Timeout | undefined
}

/** What a program writes that takes its line away: to the first column, then ESC [ 2 K or ESC [ K. */
const TO_FIRST_COLUMN = ['\r', '\u001b[1G', '\u001b[G']
const ERASE = ['\u001b[2K', '\u001b[0K', '\u001b[K']

/** Whether what was written last has left an empty line. */
function isErased(bytes: Uint8Array): boolean {
  const end = Buffer.from(bytes.subarray(-16)).toString('latin1')
  return TO_FIRST_COLUMN.some((first) => ERASE.some((erase) => end.endsWith(first + erase)))
}

function prefixed(bytes: Uint8Array, prefix: string, continues: boolean): Uint8Array {
  const mark = Buffer.from(prefix)
  const parts: Uint8Array[] = []
  let at = 0
  while (at < bytes.length) {
    const newline = bytes.indexOf(10, at)
    const end = newline < 0 ? bytes.length : newline + 1
    if (at > 0 || !continues) parts.push(mark)
    parts.push(bytes.subarray(at, end))
    at = end
  }
  return Buffer.concat(parts)
}
