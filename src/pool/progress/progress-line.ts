import { SingleBar } from 'cli-progress'
import { progressText } from './progress-text.ts'
import type { Progress } from './progress.ts'

export interface ProgressLine {
  readonly show: (progress: Progress) => void
  /** Takes the line away, whatever became of the call. */
  readonly end: () => void
}

/** What a call asks for: true, a text in front, or what else is to be shown, such as an estimate so far. */
export type ProgressOption = boolean | string | ((progress: Progress) => string)

/** mpirun-ts --progress, --no-progress or neither; also for plain node, as $MPIRUN_TS_PROGRESS. */
export type ProgressMode = 'on' | 'off' | 'auto'

/** A line that nobody has asked for but --progress appears after this, ms: short calls go without. */
const UNASKED_MS = 1000
/** Between lines in a file, ms. */
const FILE_MS = 10_000
const BAR_SIZE = 24
const LEAST_BAR_SIZE = 5
const DEFAULT_COLUMNS = 80

/** Two lines on one terminal would draw over each other: the first call keeps it. */
let holder: object | undefined

function progressMode(environment: NodeJS.ProcessEnv = process.env): ProgressMode {
  const mode = environment['MPIRUN_TS_PROGRESS']
  return mode === 'on' || mode === 'off' ? mode : 'auto'
}

/**
 * How far a call is, on standard error. On a terminal one line that is drawn anew, where the call or --progress asks for it; elsewhere, with
 * --progress, a line of its own every 10 s. undefined: nothing is to be shown. It is drawn by show(), so also while the program blocks.
 */
export function progressLine(
  option: ProgressOption,
  mode: ProgressMode = progressMode(),
  stream: NodeJS.WriteStream = process.stderr,
  now: () => number = () => performance.now(),
): ProgressLine | undefined {
  if (mode === 'off' || (mode === 'auto' && (option === false || !stream.isTTY))) return undefined
  const label = typeof option === 'string' && option !== '' ? `${option}  ` : ''
  const startedAt = now()
  const textOf = (progress: Progress): string => {
    const more = typeof option === 'function' ? `  ${option(progress)}` : ''
    return progressText(progress, (now() - startedAt) / 1000) + more
  }
  return stream.isTTY
    ? drawnLine(label, textOf, stream, () => option !== false || now() - startedAt >= UNASKED_MS)
    : writtenLines(label, textOf, stream, now)
}

function drawnLine(
  label: string,
  textOf: (progress: Progress) => string,
  stream: NodeJS.WriteStream,
  isDue: () => boolean,
): ProgressLine {
  const bar = new SingleBar({
    // Never longer than the terminal is wide, so that it need not be told not to wrap.
    format: (_options, { progress }, { text, hasTotal }: { text: string; hasTotal: boolean }) => {
      const width = (stream.columns || DEFAULT_COLUMNS) - 1
      const barSize = hasTotal ? Math.min(BAR_SIZE, width - label.length - text.length - 1) : 0
      return `${label}${drawBar(progress, barSize)}${text}`.slice(0, width)
    },
    stream,
    clearOnComplete: true,
    linewrap: true,
    // Signals are the program's.
    gracefulExit: false,
    // The bar leaves out what comes within two frames of what it drew: a report, every 100 ms, is always drawn.
    fps: 40,
  })
  const key = {}
  return {
    show: (progress) => {
      if (holder !== undefined && holder !== key) return
      if (holder === undefined && !isDue()) return
      const { done, total } = progress
      const payload = { text: textOf(progress), hasTotal: total !== undefined }
      if (holder === key) bar.update(done, payload)
      else bar.start(total ?? 0, done, payload)
      holder = key
    },
    end: () => {
      if (holder !== key) return
      holder = undefined
      bar.stop()
    },
  }
}

/** Nothing where there is no room for it. */
function drawBar(progress: number, size: number): string {
  if (size < LEAST_BAR_SIZE) return ''
  const full = Math.round(size * Math.min(1, progress))
  return `${'█'.repeat(full)}${'░'.repeat(size - full)} `
}

function writtenLines(
  label: string,
  textOf: (progress: Progress) => string,
  stream: NodeJS.WriteStream,
  now: () => number,
): ProgressLine {
  let writtenAt = now()
  return {
    show: (progress) => {
      if (now() - writtenAt < FILE_MS) return
      writtenAt = now()
      stream.write(`${label}${textOf(progress)}\n`)
    },
    end: () => undefined,
  }
}
