import { linePlot, logScale, type PlotPoint } from '../../src/cli/scaling/line-plot.ts'
import { keyName } from './series-report.ts'
import type { SeriesResult } from './series.ts'
import { formatNumber } from './table.ts'

/** A series over sizes as an SVG plot with two logarithmic axes, readable on light and dark pages. `names` rename contestants. */
export function seriesPlot(result: SeriesResult, names: Readonly<Record<string, string>> = {}): string {
  const lines = result.contestants.map(({ name }) => ({ name: names[name] ?? name, points: pointsOf(result, name) }))
  const points = lines.flatMap((line) => line.points)
  const sizes = [...new Set(points.map(({ x }) => x))].sort((a, b) => a - b)
  const values = points.map(({ y }) => y)
  return linePlot({
    title: result.title,
    x: {
      label: 'bytes in the message',
      scale: logScale(sizes, 2),
      ticks: sizes.map((value) => ({ value, label: keyName(String(value)) })),
    },
    y: {
      label: `${result.unit}, ${result.better === 'lower' ? 'less' : 'more'} is better`,
      scale: logScale(values, 10),
      ticks: decades(values).map((value) => ({ value, label: formatNumber(value) })),
    },
    lines,
  })
}

function pointsOf({ rows }: SeriesResult, name: string): PlotPoint[] {
  return rows.flatMap(({ key, values }) => {
    const y = values[name]?.median
    return y === undefined ? [] : [{ x: Number(key), y }]
  })
}

/** The powers of ten that enclose the values. */
function decades(values: readonly number[]): number[] {
  const low = Math.floor(Math.log10(Math.min(...values)) + 1e-9)
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...values)) - 1e-9))
  return Array.from({ length: high - low + 1 }, (_, index) => 10 ** (low + index))
}
