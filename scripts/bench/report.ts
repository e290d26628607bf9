import type { ContestResult } from './contest.ts'
import { formatRatio, formatSummary, formatTable } from './table.ts'

/** A contest as a table: values, and how many times as good the first contestant is as each other. */
export function contestLines(result: ContestResult): string[] {
  const [first] = result.standings
  const hasRatios = result.standings.length > 1
  const counted = result.rounds.filter((round) => round.isCounted)
  const disturbed = counted.filter((round) => round.isDisturbed).length
  const measure = result.better === 'higher' ? 'more is better' : 'less is better'
  const head = `── ${result.title} (${counted.length} rounds, ${measure})${disturbed > 0 ? `, INVALID: ${disturbed} disturbed` : ''}`
  const heading = ['', 'median [min–max]', ...(hasRatios ? [`${first?.name ?? ''} is`] : [])]
  const rows = result.standings.map(({ name, summary, ratio, failure }) => {
    const value = failure === undefined ? formatSummary(summary, result.unit) : 'failed'
    return [name, value, ...(hasRatios ? [ratio === undefined ? '–' : formatRatio(ratio, result.unit)] : [])]
  })
  const failures = result.standings.filter(({ failure }) => failure !== undefined)
  return [
    '',
    head,
    ...formatTable([heading, ...rows]),
    ...failures.map(({ name, failure }) => `${name} failed: ${failure}`),
  ]
}

/** The last lines of a run: whether it may be quoted. */
export function verdictLines(reasons: readonly string[], contests: number): string[] {
  if (contests === 0) return ['', 'Nothing was timed.']
  if (reasons.length === 0) return ['', 'VALID: nothing else used the processors while commands were measured.']
  const line = '!'.repeat(80)
  return ['', line, 'INVALID run, do not quote these figures:', ...reasons.map((reason) => `- ${reason}`), line]
}
