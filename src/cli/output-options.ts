import { mkdirSync, openSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { inQuotes } from '../base/visible-text.ts'
import type { CommandLine } from './command-line.ts'
import type { JobOutputOptions, LinePrefix, LineSink } from './job-output.ts'
import { type OnBroken, OutputWriter } from './output-writer.ts'

/** What patterns may say of a rank. */
export interface RankNames {
  hostOf(rank: number): string
  /** Process in which the rank runs: its node's agent. */
  pidOf(rank: number): number
}

/** The output options of the command line as what JobOutput needs. `broken` is told when an output cannot be written any more. */
export function outputOptions(
  commandLine: CommandLine,
  names: RankNames,
  isTerminal: (stream: 1 | 2) => boolean,
  broken: OnBroken,
): JobOutputOptions {
  const stdout = new OutputWriter(1, 'standard output', broken)
  const stderr = new OutputWriter(2, 'standard error', broken)
  const files = new Map<string, LineSink>()
  // Files are named from here; the agent in this process goes to --wdir later.
  const typedIn = process.cwd()
  const sinkOf = (rank: number, stream: 1 | 2): LineSink => {
    const merged = commandLine.mergeStderr ? 1 : stream
    const path = filePath(commandLine, names, rank, merged)
    if (path === undefined) return merged === 1 ? stdout : stderr
    const writer = files.get(path) ?? openFile(resolve(typedIn, path), broken)
    files.set(path, writer)
    return writer
  }
  const showsPartialLines = (rank: number, stream: 1 | 2): boolean => {
    const merged = commandLine.mergeStderr ? 1 : stream
    return isTerminal(merged) && filePath(commandLine, names, rank, merged) === undefined
  }
  return { sinkOf, prefix: linePrefix(commandLine, names), showsPartialLines }
}

function filePath(commandLine: CommandLine, names: RankNames, rank: number, stream: 1 | 2): string | undefined {
  const pattern = stream === 1 ? commandLine.outfilePattern : commandLine.errfilePattern
  if (pattern !== undefined) return expand(pattern, names, rank)
  const { outputDirectory } = commandLine
  return outputDirectory === undefined
    ? undefined
    : join(outputDirectory, `rank.${rank}`, stream === 1 ? 'stdout' : 'stderr')
}

/** Stands for a file that could not be opened, until the job has ended. */
const NOWHERE: LineSink = { write: (_, written) => written(), drained: () => Promise.resolve() }

function openFile(path: string, broken: OnBroken): LineSink {
  try {
    mkdirSync(dirname(path), { recursive: true })
    return new OutputWriter(openSync(path, 'w'), inQuotes(path), broken)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    broken(`cannot open the output file ${inQuotes(path)}: ${reason}`, false)
    return NOWHERE
  }
}

function linePrefix(commandLine: CommandLine, names: RankNames): LinePrefix | undefined {
  const { outputPrefix, timestampOutput } = commandLine
  const mark = markOf(outputPrefix, names)
  if (!timestampOutput) return mark
  return (rank, stream) => `${new Date().toISOString()} ${mark?.(rank, stream) ?? ''}`
}

function markOf(prefix: CommandLine['outputPrefix'], names: RankNames): LinePrefix | undefined {
  switch (prefix.type) {
    case 'none':
      return undefined
    case 'tag':
      return (rank, stream) => `[1,${rank}]<std${stream === 1 ? 'out' : 'err'}>: `
    case 'rank':
      return (rank) => `[${rank}] `
    case 'pattern':
      return (rank) => expand(prefix.pattern, names, rank)
    default:
      return prefix satisfies never
  }
}

function expand(pattern: string, names: RankNames, rank: number): string {
  return pattern.replace(/%([rhpt%])/g, (_, letter: string) => {
    if (letter === 'r') return String(rank)
    if (letter === 'h') return names.hostOf(rank)
    if (letter === 'p') return String(names.pidOf(rank))
    return letter === 't' ? new Date().toISOString() : '%'
  })
}
