import type { MapByValue } from './mapping.ts'
import type { CommandLine, ProgramOptions } from './command-line.ts'

/** A command line while it is read. */
export interface Draft extends Omit<CommandLine, 'kind' | 'apps' | 'logLevel'> {
  /** What has been said of the program that comes next. */
  readonly own: ProgramOptions
  readonly logLevel?: CommandLine['logLevel']
  /** -launcher-exec: the program of the launcher that -launcher names; empty: none. */
  readonly launcherExec?: string
  /** --map-by rankfile: --rankfile must name the file. */
  readonly needsRankfile?: boolean
  readonly ignoredMcaKeys: readonly string[]
  /** Spellings of options that have no meaning here. */
  readonly ignoredOptions: readonly string[]
  /** Path of --app. */
  readonly appFile?: string
}

/** What an option changes; its warnings join those that there are. */
export function changed(draft: Draft, change: Partial<Draft>): Draft {
  return { ...draft, ...change, warnings: [...draft.warnings, ...(change.warnings ?? [])] }
}

/** What --map-by changes. */
export function withMapping({ own }: Draft, value: MapByValue): Partial<Draft> {
  const { file, isRankfile = false, ...rest } = value
  if (isRankfile) return file === undefined ? { ...rest, needsRankfile: true } : { ...rest, rankfile: file }
  return file === undefined ? rest : { ...rest, own: { ...own, hostfile: file } }
}
