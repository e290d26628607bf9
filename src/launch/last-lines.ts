const KEPT_LINES = 20
const MAX_LINE_LENGTH = 1000

/** Cuts text into lines and remembers the last ones, so that a program may write as much as it likes. */
export class LastLines {
  #lines: string[] = []
  #rest = ''

  /** The last lines, the oldest first. */
  get lines(): readonly string[] {
    return this.#rest === '' ? this.#lines : [...this.#lines, this.#rest]
  }

  /** Takes more text; returns the lines that it completes. */
  add(text: string): readonly string[] {
    const lines = (this.#rest + text).split(/\r?\n/)
    this.#rest = (lines.pop() ?? '').slice(0, MAX_LINE_LENGTH)
    const completed = lines.map((line) => line.slice(0, MAX_LINE_LENGTH))
    this.#lines = [...this.#lines, ...completed].slice(-KEPT_LINES)
    return completed
  }

  /** No more text comes; returns the last line if it had no end. */
  end(): readonly string[] {
    return this.#rest === '' ? [] : this.add('\n')
  }
}
