import { writeFileSync } from 'node:fs'
import { ExitStatus, MpirunError } from '../../base/errors.ts'
import { systemReason } from '../../base/system-reason.ts'
import { inQuotes, visibleLine, visibleText } from '../../base/visible-text.ts'
import { renderAllocation, renderMap } from '../../placement/display.ts'
import { parseArguments } from '../arguments/arguments.ts'
import { usageError } from '../arguments/values.ts'
import type { CommandLine } from '../arguments/command-line.ts'
import { findNodes } from '../nodes/find-nodes.ts'
import { openOutput } from '../output/open-output.ts'
import { print, tell } from '../print.ts'
import { readText } from '../nodes/read-text.ts'
import { type Results, ranks as ranksText } from './conclusions.ts'
import { withRanks } from './placeholders.ts'
import { csvText, jsonText } from './results-files.ts'
import { resultsPlot } from './results-plot.ts'
import { resultsText, seconds, type TextStyle } from './results-text.ts'
import { parseScaling, type Study, withoutShown } from './scaling-words.ts'
import { SCALING_USAGE } from './scaling-usage.ts'
import { analyse } from './speed-up.ts'
import { type Progress, type RunEnd, runStudy } from './study.ts'

/** What a study gets from its process; entry/scaling.ts fills it in. */
export interface ScalingContext {
  readonly cores: number
  readonly version: string
  readonly textStyle: (stream: 1 | 2) => TextStyle
  readonly isTerminal: (stream: 1 | 2) => boolean
  /** Runs `mpirun-ts` with these words to its end. */
  readonly runCommand: (words: readonly string[], showsOutput: boolean) => Promise<RunEnd>
  /** Calls `receive` for signals that end a study; the run under way has heard of it or will. */
  readonly onSignal: (receive: (number: number) => void) => void
}

/** A number of ranks, as it will be run. */
interface Count {
  readonly ranks: number
  readonly nodes: number
  readonly words: readonly string[]
  readonly map: string
  readonly notes: readonly string[]
}

/** Runs `mpirun-ts scaling` with these words; returns the exit status. Throws MpirunError for mistakes that are found before the first run. */
export async function runScaling(words: readonly string[], context: ScalingContext): Promise<number> {
  const parsed = parseScaling(words)
  if (parsed.kind !== 'study') {
    print(parsed.kind === 'help' ? SCALING_USAGE : `mpirun-ts ${context.version}\n`)
    return ExitStatus.ok
  }
  const { study } = parsed
  const first = commandLineOf(study, study.counts?.[0])
  const counts = (study.counts ?? defaultCounts(first, context.cores)).map((ranks) =>
    countOf(study, ranks, context.cores),
  )
  const { quiet, displayAllocation, displayMap, dryRun } = first
  if (displayAllocation) print(renderAllocation(findNodes(first, context.cores).allocation))
  if (displayMap || dryRun) for (const { map } of counts) print(map)
  if (!quiet)
    for (const note of new Set([...study.notes, ...first.warnings, ...counts.flatMap(({ notes }) => notes)])) say(note)
  if (dryRun) return ExitStatus.ok
  for (const path of [study.svg, study.csv, study.json]) if (path !== undefined && path !== '-') openOutput(path, 'a')

  let signal: number | undefined
  context.onSignal((number) => {
    signal ??= number
  })
  const progress = progressLine(first, context)
  const { timings, failure } = await runStudy(
    { ...study, counts },
    {
      run: (ranks) => context.runCommand(counts.find((count) => count.ranks === ranks)?.words ?? [], study.showsOutput),
      onRun: progress.show,
      isStopped: () => signal !== undefined,
    },
  )
  progress.clear()
  const results: Results = {
    command: [study.program, ...study.args].map(visibleLine).join(' '),
    isWeak: study.isWeak,
    repeat: study.repeat,
    leastEfficiency: study.leastEfficiency,
    rows: analyse(timings, study.isWeak),
    isComplete: failure === undefined && signal === undefined,
  }
  writeResults(study, results, context)
  if (failure !== undefined) tell(failureText(failure.ranks, failure.end, study.showsOutput))
  return signal === undefined ? (failure?.end.status ?? ExitStatus.ok) : 128 + signal
}

/** The command line of a run, for what can be known before it. Without a number of ranks: with as many as mpirun-ts would start. */
function commandLineOf(study: Study, ranks: number | undefined): CommandLine {
  const count = ranks === undefined ? [] : ['-np', String(ranks)]
  const words = [...study.options, ...study.args].map((word) => withRanks(word, ranks ?? 1))
  const options = words.slice(0, study.options.length)
  const args = words.slice(study.options.length)
  const parsed = parseArguments([...options, ...count, '--', study.program, ...args], readText, process.env)
  if (parsed.kind !== 'run') throw usageError(`Cannot measure a run with --${parsed.kind}.`)
  if (parsed.apps.some(({ hostfile }) => hostfile === '-'))
    throw usageError('Cannot read the hostfile from stdin: each run of the study reads it. Name a file.')
  return parsed
}

/** 1, 2, 4 … and what mpirun-ts would start without -np. */
function defaultCounts(commandLine: CommandLine, cores: number): number[] {
  const { size } = findNodes(commandLine, cores).place()
  const powers = Array.from({ length: Math.floor(Math.log2(size)) + 1 }, (_, power) => 2 ** power)
  return [...new Set([...powers, size])]
}

/** Throws what mpirun-ts would: ERR_SLOTS for more ranks than the nodes have slots. */
function countOf(study: Study, ranks: number, cores: number): Count {
  const commandLine = commandLineOf(study, ranks)
  const { allocation, isLocal, place } = findNodes(commandLine, cores)
  const placement = place()
  const crowded = placement.nodes.filter((node) => isLocal(node) && node.ranks.length > cores)
  const notes = crowded.map(
    (node) =>
      `${ranksText(node.ranks.length)} share the ${cores} cores of this machine: expect no more than ${cores} times the speed there.`,
  )
  const expand = (word: string): string => withRanks(word, ranks)
  return {
    ranks: placement.size,
    nodes: placement.nodes.length,
    words: [
      ...withoutShown(study.options).map(expand),
      '-np',
      String(ranks),
      '--',
      study.program,
      ...study.args.map(expand),
    ],
    map: renderMap(placement, [visibleLine(study.program)]),
    notes: [...(allocation.notes ?? []), ...notes],
  }
}

/** The table on standard output, or on standard error where figures go to standard output. */
function writeResults({ svg, csv, json }: Study, results: Results, context: ScalingContext): void {
  const files = [
    [svg, resultsPlot],
    [csv, csvText],
    [json, (these: Results) => jsonText(these, context.version)],
  ] as const
  const isTaken = [svg, csv, json].includes('-')
  const text = resultsText(results, context.textStyle(isTaken ? 2 : 1))
  if (isTaken) tell(text)
  else print(text)
  for (const [path, render] of files) {
    if (path === undefined) continue
    if (path === '-') print(render(results))
    else writeResultFile(path, render(results))
  }
}

function writeResultFile(path: string, text: string): void {
  try {
    writeFileSync(path, text)
  } catch (error) {
    throw new MpirunError('ERR_OUTPUT', `Cannot write ${inQuotes(path)}: ${systemReason(error)}.`, { cause: error })
  }
}

function failureText(ranks: number, { status, lastWords }: RunEnd, isShown: boolean): string {
  const words = isShown || lastWords === '' ? '' : `Its last words:\n${visibleText(lastWords)}`
  const advice = isShown ? '' : lastWords === '' ? ' --show-output shows what it prints.' : ''
  return `mpirun-ts: scaling: the run with ${ranksText(ranks)} ended with status ${status}, so the study ends here.${advice}\n${words}`
}

/** On a terminal, one line that says which run is under way; with --progress elsewhere a line for each. */
function progressLine(
  { quiet, progress }: CommandLine,
  { isTerminal }: ScalingContext,
): { show: (progress: Progress) => void; clear: () => void } {
  const isLine = isTerminal(2) && !quiet && progress !== 'off'
  const isList = !isTerminal(2) && progress === 'on'
  let isThere = false
  return {
    show: ({ ranks, round, done, total, secondsLeft }) => {
      const left = secondsLeft === undefined ? '' : `, about ${seconds(secondsLeft)} s left`
      const what = round === 0 ? 'warm-up' : `round ${round}`
      const text = `run ${done + 1} of ${total}: ${ranksText(ranks)}, ${what}${left}`
      if (isLine) tell(`\r${text}\u001b[K`)
      else if (isList) say(text)
      isThere = isLine
    },
    clear: () => {
      if (isThere) tell('\r\u001b[K')
    },
  }
}

function say(text: string): void {
  tell(`mpirun-ts: ${visibleLine(text)}\n`)
}
