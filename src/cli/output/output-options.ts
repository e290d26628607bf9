import type { CommandLine } from '../arguments/command-line.ts'
import type { JobOutputOptions, LinePrefix } from './job-output.ts'
import { expandPattern, type OutputFiles, type RankNames } from './output-files.ts'
import { type OnBroken, OutputWriter } from './output-writer.ts'

/** The output options of the command line as what JobOutput needs. `broken` is told when an output cannot be written any more. */
export function outputOptions(
  commandLine: CommandLine,
  names: RankNames,
  files: OutputFiles,
  isTerminal: (stream: 1 | 2) => boolean,
  broken: OnBroken,
): JobOutputOptions {
  const stdout = new OutputWriter({ fd: 1, name: 'standard output', isFile: false }, broken)
  const stderr = new OutputWriter({ fd: 2, name: 'standard error', isFile: false }, broken)
  const merged = (stream: 1 | 2): 1 | 2 => (commandLine.mergeStderr ? 1 : stream)
  return {
    sinkOf: (rank, stream) => files.sinkOf(rank, stream) ?? (merged(stream) === 1 ? stdout : stderr),
    prefix: linePrefix(commandLine, names),
    showsPartialLines: (_, stream) => isTerminal(merged(stream)) && !files.has(stream),
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
      return (rank) => expandPattern(prefix.pattern, names, rank, new Date().toISOString())
    default:
      return prefix satisfies never
  }
}
