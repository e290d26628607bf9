import { percent, ranks, type Results } from './conclusions.ts'
import { linearScale, linePlot, logScale } from './line-plot.ts'
import { type Row, sweetSpot } from './speed-up.ts'

/** Counts that lie farther apart are drawn on logarithmic axes. */
const LINEAR_UP_TO = 8

/** Text of --svg: the speed-up over the ranks with the range of its runs, the ideal, and the sweet spot in a ring. */
export function resultsPlot({ command, rows, isWeak, leastEfficiency }: Results): string {
  const [first] = rows
  const last = rows.at(-1)
  if (first === undefined || last === undefined) return linePlotOfNothing(command)
  const ideal = (count: number): number => count / first.ranks
  const highest = Math.max(ideal(last.ranks), ...rows.map((row) => row.speedUp))
  const isLog = ideal(last.ranks) > LINEAR_UP_TO
  const counts = rows.map((row) => row.ranks)
  const steps = isLog ? powersOfTwo(rows, highest) : evenSteps(highest)
  const best = rows.length > 1 ? sweetSpot(rows, leastEfficiency) : undefined
  const heading = `${isWeak ? 'Weak' : 'Strong'} scaling of ${command}`
  return linePlot({
    title: heading,
    heading: heading.length > 90 ? `${heading.slice(0, 89)}…` : heading,
    x: {
      label: 'ranks',
      scale: isLog ? logScale(counts, 2) : linearScale(Math.min(first.ranks, 0), last.ranks),
      ticks: counts.map((value) => ({ value, label: String(value) })),
    },
    y: {
      label: `${isWeak ? 'scaled speed-up' : 'speed-up'} against ${ranks(first.ranks)}`,
      scale: isLog ? logScale(steps, 2) : linearScale(0, steps.at(-1) ?? 1),
      ticks: steps.map((value) => ({ value, label: String(value) })),
    },
    lines: [
      {
        name: rows.some(({ seconds }) => seconds.length > 1) ? 'measured: median and range' : 'measured',
        points: rows.map((row) => ({
          x: row.ranks,
          y: row.speedUp,
          low: Math.max(steps[0] ?? 0, row.speedUp * (row.median / row.max)),
          high: row.speedUp * (row.median / row.min),
        })),
      },
      { name: 'ideal', points: rows.map((row) => ({ x: row.ranks, y: ideal(row.ranks) })), isReference: true },
    ],
    ...(best === undefined
      ? {}
      : {
          mark: {
            x: best.ranks,
            y: best.speedUp,
            label: `sweet spot: ${ranks(best.ranks)}, ${percent(best.efficiency)} efficiency`,
          },
        }),
  })
}

function linePlotOfNothing(command: string): string {
  const axis = { label: '', scale: linearScale(0, 1), ticks: [] }
  return linePlot({ title: command, heading: `No run of ${command} has come to its end`, x: axis, y: axis, lines: [] })
}

/** From zero to at least `highest`, in at most ten steps of 1, 2 or 5 times a power of ten. */
function evenSteps(highest: number): number[] {
  const rough = highest / 8
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((each) => each >= rough) ?? power
  const count = Math.ceil(highest / step - 1e-9)
  return Array.from({ length: count + 1 }, (_, index) => Number((index * step).toPrecision(6)))
}

function powersOfTwo(rows: readonly Row[], highest: number): number[] {
  const low = Math.floor(Math.log2(Math.min(...rows.map(({ speedUp }) => speedUp))) + 1e-9)
  const high = Math.ceil(Math.log2(highest))
  return Array.from({ length: high - low + 1 }, (_, index) => 2 ** (low + index))
}
