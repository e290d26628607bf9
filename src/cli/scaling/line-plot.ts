/** Maps a value to a share of its axis: 0 at its beginning, 1 at its end. */
export type Scale = (value: number) => number

export interface Axis {
  readonly label: string
  readonly scale: Scale
  readonly ticks: readonly { readonly value: number; readonly label: string }[]
}

export interface PlotLine {
  readonly name: string
  /** `low` and `high`: the range that was measured, drawn as a bar. */
  readonly points: readonly PlotPoint[]
  /** A line alone, in the colour of the text: what is meant, not measured. */
  readonly isReference?: boolean
}

export interface PlotPoint {
  readonly x: number
  readonly y: number
  readonly low?: number
  readonly high?: number
}

export interface LinePlot {
  readonly title: string
  /** Shown above the legend; absent: nothing. */
  readonly heading?: string
  readonly x: Axis
  readonly y: Axis
  readonly lines: readonly PlotLine[]
  /** A point with a ring around it, and what the legend says of it. */
  readonly mark?: { readonly x: number; readonly y: number; readonly label: string }
}

const WIDTH = 770
const HEIGHT = 420
const PLOT = { left: 76, right: 30, top: 56, bottom: 64 }
/** More height for a heading. */
const HEADING = 26

/** Line colours for light and for dark backgrounds. */
const COLOURS = [
  ['#0969da', '#58a6ff'],
  ['#1a7f37', '#3fb950'],
  ['#cf222e', '#ff7b72'],
  ['#8250df', '#bc8cff'],
  ['#9a6700', '#d29922'],
] as const
/** Dash patterns besides colours, for eyes and printers that see none. */
const DASHES = ['', '8 3', '2 3', '10 3 2 3', '5 5'] as const

/** A logarithmic scale over the values' range, widened to powers of `base`. */
export function logScale(values: readonly number[], base: number): Scale {
  const log = (value: number): number => Math.log(value) / Math.log(base)
  const low = Math.floor(log(Math.min(...values)) + 1e-9)
  const high = Math.max(low + 1, Math.ceil(log(Math.max(...values)) - 1e-9))
  return (value) => (log(value) - low) / (high - low)
}

export function linearScale(low: number, high: number): Scale {
  return (value) => (value - low) / (high - low)
}

/** Lines over two axes as an SVG picture that can be read on light and dark pages. */
export function linePlot(plot: LinePlot): string {
  const shift = plot.heading === undefined ? 0 : HEADING
  const top = PLOT.top + shift
  const height = HEIGHT + shift
  const place =
    (start: number, end: number, scale: Scale): Scale =>
    (value) =>
      Number((start + scale(value) * (end - start)).toFixed(1))
  const x = place(PLOT.left, WIDTH - PLOT.right, plot.x.scale)
  const y = place(height - PLOT.bottom, top, plot.y.scale)
  const lines = plot.lines.filter(({ points }) => points.length > 0)
  const places = legendPlaces([...lines.map(({ name }) => name), ''])
  const bottom = height - PLOT.bottom
  const { heading, mark } = plot
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="13" role="img">`,
    `<title>${escape(plot.title)}</title>`,
    `<style>${styles(lines)}</style>`,
    ...(heading === undefined
      ? []
      : [`<text class="ink" x="${PLOT.left}" y="24" font-size="15">${escape(heading)}</text>`]),
    ...plot.x.ticks.map(
      ({ value, label }) =>
        `<path class="grid" d="M${x(value)} ${top}V${bottom}"/><text class="ink" x="${x(value)}" y="${bottom + 18}" text-anchor="middle">${escape(label)}</text>`,
    ),
    ...plot.y.ticks.map(
      ({ value, label }) =>
        `<path class="grid" d="M${PLOT.left} ${y(value)}H${WIDTH - PLOT.right}"/><text class="ink" x="${PLOT.left - 8}" y="${y(value) + 4}" text-anchor="end">${escape(label)}</text>`,
    ),
    `<text class="ink" x="${WIDTH / 2}" y="${height - 12}" text-anchor="middle">${escape(plot.x.label)}</text>`,
    `<text class="ink" x="18" y="${height / 2}" text-anchor="middle" transform="rotate(-90 18 ${height / 2})">${escape(plot.y.label)}</text>`,
    ...lines.map((line, index) => lineText(line, index, x, y)),
    ...(mark === undefined ? [] : [`<circle class="ring" cx="${x(mark.x)}" cy="${y(mark.y)}" r="9"/>`]),
    ...lines.map((line, index) => legendText(line, index, places[index] ?? 0, 24 + shift)),
    ...(mark === undefined ? [] : [markLegend(mark.label, places.at(-1) ?? 0, 24 + shift)]),
    '</svg>',
  ].join('\n')}\n`
}

function lineText({ points, isReference = false }: PlotLine, index: number, x: Scale, y: Scale): string {
  const path = `<path class="line ${lineClass(index, isReference)}" d="M${points.map((point) => `${x(point.x)} ${y(point.y)}`).join('L')}"/>`
  if (isReference) return path
  const ranges = points.flatMap(({ x: at, low, high }) =>
    low === undefined || high === undefined || low === high
      ? []
      : [`<path class="line c${index} solid" d="M${x(at)} ${y(low)}V${y(high)}"/>`],
  )
  const dots = points.map((point) => `<circle class="dot d${index}" cx="${x(point.x)}" cy="${y(point.y)}" r="3"/>`)
  return `${path}${ranges.join('')}${dots.join('')}`
}

/** Where each legend begins: behind the ones before it, by a guess of how wide their letters are. */
function legendPlaces(names: readonly string[]): number[] {
  let next = PLOT.left
  return names.map((name) => {
    const place = next
    next += 32 + name.length * 7.2 + 22
    return Math.round(place)
  })
}

function legendText({ name, isReference = false }: PlotLine, index: number, x: number, y: number): string {
  return `<path class="line ${lineClass(index, isReference)}" d="M${x} ${y}h26"/><text class="ink" x="${x + 32}" y="${y + 4}">${escape(name)}</text>`
}

function markLegend(label: string, x: number, y: number): string {
  return `<circle class="ring" cx="${x + 9}" cy="${y}" r="9"/><text class="ink" x="${x + 26}" y="${y + 4}">${escape(label)}</text>`
}

function lineClass(index: number, isReference: boolean): string {
  return isReference ? 'reference' : `c${index}`
}

function styles(lines: readonly PlotLine[]): string {
  const rules = (theme: 0 | 1): string =>
    COLOURS.slice(0, lines.length)
      .map((pair, index) => `.c${index}{stroke:${pair[theme]}}.d${index}{fill:${pair[theme]}}`)
      .join('')
  const dashes = DASHES.slice(0, lines.length)
    .map((dash, index) => (dash === '' ? '' : `.c${index}{stroke-dasharray:${dash}}`))
    .join('')
  return `.line{fill:none;stroke-width:2}.grid{stroke:#8886;stroke-width:1}.ink{fill:#57606a}.reference{stroke:#8c959f;stroke-dasharray:6 4}.solid{stroke-dasharray:none}.ring{fill:none;stroke:#bf8700;stroke-width:2}${dashes}${rules(0)}@media(prefers-color-scheme:dark){.ink{fill:#adbac7}${rules(1)}}`
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
