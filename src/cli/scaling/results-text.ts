import { conclusions, number, percent, ranks, type Results } from './conclusions.ts'
import { type Row, sweetSpot } from './speed-up.ts'

/** What the terminal, or the file behind standard output, can show. */
export interface TextStyle {
  readonly columns: number
  readonly hasColours: boolean
  /** Blocks and lines besides ASCII. */
  readonly isUnicode: boolean
}

const WIDEST = 100
const NARROWEST = 45
const GREEN = 32
const YELLOW = 33
const RED = 31
const BOLD = 1
/** Efficiency above which a count is shown in yellow rather than red, as a part of what the sweet spot needs. */
const HALF_GOOD = 5 / 7

/** The whole report: table, bars and sentences. Ends with a newline. */
export function resultsText(results: Results, style: TextStyle): string {
  const { rows, repeat, isWeak, command, isComplete } = results
  const width = Math.max(NARROWEST, Math.min(WIDEST, style.columns))
  const kind = isWeak ? 'Weak scaling (the work grows with the ranks)' : 'Strong scaling (the work stays the same)'
  const times = repeat === 1 ? 'of one run' : `median of ${repeat} runs`
  const part = isComplete ? '' : ' The study has not come to its end: this is what was measured.'
  const heading = `${kind}: ${command}`
  const about = `Seconds are those of the whole command, start included, ${times}.${part}`
  const lines = [
    ...wrapped(heading, width),
    ...wrapped(about, width),
    '',
    ...table(results, width, style),
    '',
    ...bars(results, width, style),
  ]
  const sentences = conclusions(results).flatMap((sentence) => ['', ...wrapped(sentence, width)])
  if (rows.length === 0)
    return `${[...wrapped(heading, width), 'No run has come to its end: there is nothing to show.'].join('\n')}\n`
  return `${[...lines, ...sentences].join('\n')}\n`
}

interface Column {
  readonly title: string
  readonly cell: (row: Row) => string
  /** The highest goes first where there is no room. */
  readonly dropped: number
  readonly colour?: (row: Row) => number
}

function table(results: Results, width: number, style: TextStyle): string[] {
  const { rows, leastEfficiency, isWeak } = results
  const best = rows.length > 1 ? sweetSpot(rows, leastEfficiency) : undefined
  const colourOf = ({ efficiency }: Row): number =>
    efficiency >= leastEfficiency ? GREEN : efficiency >= leastEfficiency * HALF_GOOD ? YELLOW : RED
  const all: Column[] = [
    { title: 'ranks', cell: (row) => String(row.ranks), dropped: 0 },
    { title: 'nodes', cell: (row) => String(row.nodes), dropped: rows.some(({ nodes }) => nodes > 1) ? 2 : 9 },
    { title: 'seconds', cell: (row) => seconds(row.median), dropped: 0 },
    {
      title: 'min - max',
      cell: (row) => `${seconds(row.min)} - ${seconds(row.max)}`,
      dropped: rows.some((row) => row.seconds.length > 1) ? 3 : 9,
    },
    { title: 'speed-up', cell: (row) => row.speedUp.toFixed(2), dropped: 0 },
    { title: 'efficiency', cell: (row) => percent(row.efficiency), dropped: 0, colour: colourOf },
    {
      title: isWeak ? 'serial (Gustafson)' : 'serial (Karp-Flatt)',
      cell: (row) => (row.serialFraction === undefined ? '-' : number(row.serialFraction)),
      dropped: rows.some(({ serialFraction }) => serialFraction !== undefined) ? 1 : 9,
    },
  ]
  let columns = all.filter(({ dropped }) => dropped < 9)
  for (let drop = 3; drop > 0 && widthOf(columns, rows) > width; drop--)
    columns = columns.filter(({ dropped }) => dropped !== drop)
  const widths = columns.map((column) => columnWidth(column, rows))
  const heading = columns.map(({ title }, index) => title.padStart(widths[index] ?? 0)).join('  ')
  const body = rows.map((row) => {
    const cells = columns.map(({ cell, colour }, index) => {
      const text = cell(row).padStart(widths[index] ?? 0)
      return colour === undefined ? text : coloured(text, colour(row), style)
    })
    const mark = row === best ? (style.isUnicode ? ' ◀' : ' <') : ''
    return `${cells.join('  ')}${mark}`
  })
  return [coloured(heading, BOLD, style), ...body]
}

function columnWidth({ title, cell }: Column, rows: readonly Row[]): number {
  return Math.max(title.length, ...rows.map((row) => cell(row).length))
}

function widthOf(columns: readonly Column[], rows: readonly Row[]): number {
  return columns.reduce((sum, column) => sum + columnWidth(column, rows) + 2, 0)
}

/** A bar for each count, as long as its speed-up; what is missing to the ideal is dotted, and ends with a bar. */
function bars({ rows, isWeak }: Results, width: number, style: TextStyle): string[] {
  const [first] = rows
  if (first === undefined) return []
  const [full, empty, end] = style.isUnicode ? ['█', '·', '│'] : ['#', '.', '|']
  const labels = rows.map((row) => ranks(row.ranks))
  const left = Math.max(...labels.map((label) => label.length))
  const right = 7
  const ideals = rows.map((row) => row.ranks / first.ranks)
  const longest = Math.max(...ideals, ...rows.map(({ speedUp }) => speedUp))
  const room = width - left - right - 4
  const cells = (value: number): number => Math.round((value / longest) * room)
  const title = `${isWeak ? 'scaled speed-up' : 'speed-up'} against ${ranks(first.ranks)}; dots up to the ideal`
  return [
    title,
    ...rows.map((row, index) => {
      const ideal = cells(ideals[index] ?? 0)
      const own = Math.max(1, cells(row.speedUp))
      const bar = full.repeat(own) + empty.repeat(Math.max(0, ideal - own))
      return `${(labels[index] ?? '').padStart(left)} ${own > ideal ? `${bar}` : `${bar}${end}`} ${row.speedUp.toFixed(2)}`
    }),
  ]
}

function coloured(text: string, code: number, { hasColours }: TextStyle): string {
  return hasColours ? `\u001b[${code}m${text}\u001b[0m` : text
}

/** Three significant digits, and never less than milliseconds. */
export function seconds(value: number): string {
  return value >= 100
    ? value.toFixed(0)
    : value >= 10
      ? value.toFixed(1)
      : value >= 1
        ? value.toFixed(2)
        : value.toFixed(3)
}

/** Cut between words, but not before a percent sign; a word that is longer than a line stays whole. */
function wrapped(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(/ (?!%)/)) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line]
}
