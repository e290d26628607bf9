import { keyName } from './series-report.ts'
import type { SeriesResult } from './series.ts'
import { formatNumber } from './table.ts'

const WIDTH = 770
const HEIGHT = 420
const PLOT = { left: 76, right: 30, top: 56, bottom: 64 }

/** Line colours for light and for dark backgrounds, in the order of the contestants. */
const COLOURS = [
  ['#0969da', '#58a6ff'],
  ['#1a7f37', '#3fb950'],
  ['#cf222e', '#ff7b72'],
  ['#8250df', '#bc8cff'],
  ['#9a6700', '#d29922'],
] as const
/** Dash patterns besides colours, for eyes and printers that see none. */
const DASHES = ['', '8 3', '2 3', '10 3 2 3', '5 5'] as const

interface Line {
  readonly name: string
  readonly points: readonly { readonly bytes: number; readonly value: number }[]
}

/** A series over sizes as an SVG plot with two logarithmic axes, readable on light and dark pages. `names` rename contestants. */
export function seriesPlot(result: SeriesResult, names: Readonly<Record<string, string>> = {}): string {
  const lines = result.contestants.map(
    ({ name }): Line => ({ name: names[name] ?? name, points: pointsOf(result, name) }),
  )
  const drawn = lines.filter(({ points }) => points.length > 0)
  const legendPlaces = placesOf(drawn.map(({ name }) => name))
  const points = drawn.flatMap((line) => line.points)
  const x = logScale(
    points.map(({ bytes }) => bytes),
    PLOT.left,
    WIDTH - PLOT.right,
    2,
  )
  const y = logScale(
    points.map(({ value }) => value),
    HEIGHT - PLOT.bottom,
    PLOT.top,
    10,
  )
  const sizes = [...new Set(points.map(({ bytes }) => bytes))].sort((a, b) => a - b)
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="13" role="img">`,
    `<title>${escape(result.title)}</title>`,
    `<style>${styles(drawn.length)}</style>`,
    ...sizes.map((bytes) => verticalLine(x(bytes), keyName(String(bytes)))),
    ...decades(points.map(({ value }) => value)).map((value) => horizontalLine(y(value), `${formatNumber(value)}`)),
    `<text class="ink" x="${WIDTH / 2}" y="${HEIGHT - 12}" text-anchor="middle">bytes in the message</text>`,
    `<text class="ink" x="18" y="${HEIGHT / 2}" text-anchor="middle" transform="rotate(-90 18 ${HEIGHT / 2})">${result.unit}, ${result.better === 'lower' ? 'less' : 'more'} is better</text>`,
    ...drawn.map((line, index) => lineOf(line, index, x, y)),
    ...drawn.map((line, index) => legendEntry(line.name, index, legendPlaces[index] ?? 0)),
    '</svg>',
  ].join('\n')}\n`
}

function pointsOf({ rows }: SeriesResult, name: string): Line['points'] {
  return rows.flatMap(({ key, values }) => {
    const value = values[name]?.median
    return value === undefined ? [] : [{ bytes: Number(key), value }]
  })
}

/** Maps the values' range, widened to powers of `base`, to pixels from `start` to `end`. */
function logScale(values: readonly number[], start: number, end: number, base: number): (value: number) => number {
  const log = (value: number) => Math.log(value) / Math.log(base)
  const low = Math.floor(log(Math.min(...values)) + 1e-9)
  const high = Math.max(low + 1, Math.ceil(log(Math.max(...values)) - 1e-9))
  return (value) => Number((start + ((log(value) - low) / (high - low)) * (end - start)).toFixed(1))
}

/** The powers of ten that enclose the values. */
function decades(values: readonly number[]): number[] {
  const low = Math.floor(Math.log10(Math.min(...values)) + 1e-9)
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...values)) - 1e-9))
  return Array.from({ length: high - low + 1 }, (_, index) => 10 ** (low + index))
}

function verticalLine(x: number, label: string): string {
  const bottom = HEIGHT - PLOT.bottom
  return `<path class="grid" d="M${x} ${PLOT.top}V${bottom}"/><text class="ink" x="${x}" y="${bottom + 18}" text-anchor="middle">${label}</text>`
}

function horizontalLine(y: number, label: string): string {
  return `<path class="grid" d="M${PLOT.left} ${y}H${WIDTH - PLOT.right}"/><text class="ink" x="${PLOT.left - 8}" y="${y + 4}" text-anchor="end">${label}</text>`
}

function lineOf({ points }: Line, index: number, x: (value: number) => number, y: (value: number) => number): string {
  const places = points.map(({ bytes, value }) => `${x(bytes)} ${y(value)}`)
  const dots = points.map(
    ({ bytes, value }) => `<circle class="dot d${index}" cx="${x(bytes)}" cy="${y(value)}" r="3"/>`,
  )
  return `<path class="line c${index}" d="M${places.join('L')}"/>${dots.join('')}`
}

/** Where each legend begins: behind the ones before it, by a guess of how wide their letters are. */
function placesOf(names: readonly string[]): number[] {
  let next = PLOT.left
  return names.map((name) => {
    const place = next
    next += 32 + name.length * 7.2 + 22
    return Math.round(place)
  })
}

function legendEntry(name: string, index: number, x: number): string {
  return `<path class="line c${index}" d="M${x} 24h26"/><text class="ink" x="${x + 32}" y="28">${escape(name)}</text>`
}

function styles(count: number): string {
  const rules = (theme: 0 | 1) =>
    COLOURS.slice(0, count)
      .map((pair, index) => `.c${index}{stroke:${pair[theme]}}.d${index}{fill:${pair[theme]}}`)
      .join('')
  const dashes = DASHES.slice(0, count)
    .map((dash, index) => (dash === '' ? '' : `.c${index}{stroke-dasharray:${dash}}`))
    .join('')
  return `.line{fill:none;stroke-width:2}.grid{stroke:#8886;stroke-width:1}.ink{fill:#57606a}${dashes}${rules(0)}@media(prefers-color-scheme:dark){.ink{fill:#adbac7}${rules(1)}}`
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
