const INDENT = '     '

/** Counts what steps and tests came to, and tells it at the end, all failures in full. */
export class Report {
  #counts = { passed: 0, failed: 0, skipped: 0 }
  #failures = []
  #skipped = new Map()

  /** A test has come to its end: 'passed', 'failed' (`text`: how) or 'skipped' (`text`: why). */
  result(suite, title, state, text) {
    this.#counts[state] += 1
    if (state === 'failed') this.#failures.push({ suite, title, text })
    if (state === 'skipped') this.#skipped.set(text, [...(this.#skipped.get(text) ?? []), `${suite}: ${title}`])
  }

  /** Something failed that is no test: a step, a file that cannot be loaded, a hook. */
  failure(suite, title, text) {
    this.result(suite, title, 'failed', text)
  }

  get hasFailed() {
    return this.#counts.failed > 0
  }

  /** Prints all of it; the last line is 'N passed, N failed' and, where tests were skipped, ', N skipped'. */
  print() {
    const { passed, failed, skipped } = this.#counts
    const lines = ['']
    if (skipped > 0) lines.push('── skipped')
    for (const [reason, titles] of this.#skipped) {
      lines.push(`  ${reason}`, ...titles.map((title) => `${INDENT}${title}`))
    }
    if (failed > 0) lines.push('── failed')
    this.#failures.forEach(({ suite, title, text }, index) => {
      lines.push(`  ${index + 1}) ${suite}: ${title}`, text.replace(/^/gm, INDENT), '')
    })
    lines.push(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`, '')
    process.stdout.write(lines.join('\n'))
  }
}
