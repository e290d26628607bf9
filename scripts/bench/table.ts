import type { Summary } from './statistics.ts'

/** Lines of a table: the first column is aligned left, the others right. The first row is the heading. */
export function formatTable(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = []
  for (const row of rows) {
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, cell.length)
  }
  return rows.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ')
      .trimEnd(),
  )
}

/** `median [min–max]`, in `unit` or a thousand, million, billion of it where that reads better. */
export function formatSummary(summary: Summary | undefined, unit: Unit): string {
  if (summary === undefined) return '–'
  const { divisor, name } = scaleOf(summary.median, unit)
  const [middle, min, max] = [summary.median, summary.min, summary.max].map((value) => formatNumber(value / divisor))
  return `${middle} [${min}–${max}] ${name}`
}

/** One value in the unit that suits it; a dash for none. */
export function formatScaled(value: number | undefined, unit: Unit): string {
  if (value === undefined) return '–'
  const { divisor, name } = scaleOf(value, unit)
  return `${formatNumber(value / divisor)} ${name}`
}

/** What a measured value counts. */
export type Unit = 'ms' | 'µs' | 'trials/s' | 'tasks/s' | 'messages/s' | 'MB/s' | '% of a core' | 'KiB'

const SCALES: Readonly<Record<Unit, readonly { readonly divisor: number; readonly name: string }[]>> = {
  ms: [
    { divisor: 1000, name: 's' },
    { divisor: 1, name: 'ms' },
  ],
  'trials/s': [
    { divisor: 1e6, name: 'M trials/s' },
    { divisor: 1, name: 'trials/s' },
  ],
  µs: [
    { divisor: 1000, name: 'ms' },
    { divisor: 1, name: 'µs' },
  ],
  'tasks/s': [
    { divisor: 1e6, name: 'M tasks/s' },
    { divisor: 1, name: 'tasks/s' },
  ],
  'messages/s': [{ divisor: 1, name: 'messages/s' }],
  'MB/s': [{ divisor: 1, name: 'MB/s' }],
  '% of a core': [{ divisor: 1, name: '% of a core' }],
  KiB: [
    { divisor: 1024, name: 'MiB' },
    { divisor: 1, name: 'KiB' },
  ],
}

/** Seconds only from 10 s on: whole milliseconds read well until then. */
const SMALLEST_SCALED: Readonly<Partial<Record<Unit, number>>> = { ms: 10, µs: 10 }

function scaleOf(value: number, unit: Unit): { divisor: number; name: string } {
  const fitting = SCALES[unit].find(({ divisor }) => value >= divisor * (SMALLEST_SCALED[unit] ?? 1))
  return fitting ?? { divisor: 1, name: unit }
}

/** Three significant digits and thousands marked by commas: 0.0123, 1.23, 12.3, 123, 1,234. */
export function formatNumber(value: number): string {
  const rounded = Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(3))
  return rounded.toLocaleString('en-US', { maximumFractionDigits: 12 })
}

/** How many times as good: `1.23× [1.1–1.4] as fast`. */
export function formatRatio(ratio: Summary | undefined, unit: Unit): string {
  if (ratio === undefined) return '–'
  const comparison = unit === 'KiB' ? 'as small' : 'as fast'
  return `${formatNumber(ratio.median)}× [${formatNumber(ratio.min)}–${formatNumber(ratio.max)}] ${comparison}`
}
