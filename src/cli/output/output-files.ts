import { join, resolve } from 'node:path'
import type { CommandLine } from '../arguments/command-line.ts'
import type { LineSink } from './job-output.ts'
import { openOutput, openOutputPatiently } from './open-output.ts'
import { type OnBroken, OutputWriter } from './output-writer.ts'

/** What patterns may say of a rank. */
export interface RankNames {
  hostOf(rank: number): string
  /** Process in which the rank runs: its node's agent; known when that has said hello. */
  pidOf(rank: number): number
}

type FileOptions = Pick<CommandLine, 'outputDirectory' | 'outfilePattern' | 'errfilePattern' | 'mergeStderr'>

/**
 * The files that ranks write to. All of them are opened before the ranks start, whether they write anything or not: a disk that cannot be
 * written is no surprise behind hours of work.
 */
export class OutputFiles {
  readonly #options: FileOptions
  readonly #names: RankNames
  readonly #broken: OnBroken
  readonly #files = new Map<string, LineSink>()
  /** Relative paths are those of the folder in which the command was typed; the agent in this process goes to --wdir later. */
  readonly #typedIn = process.cwd()
  /** %t of all files of the job. */
  readonly #time = new Date().toISOString()

  /** `broken` is told when a file cannot be written any more. */
  constructor(options: FileOptions, names: RankNames, broken: OnBroken) {
    this.#options = options
    this.#names = names
    this.#broken = broken
  }

  /** Opens the files of ranks 0 to size - 1 but those that have %p in their path. Throws ERR_OUTPUT (exit status 2). */
  async open(size: number): Promise<void> {
    for (const path of this.#paths(size, false)) {
      if (!this.#files.has(path)) this.#add(path, await openOutputPatiently(path, 'w'))
    }
  }

  /** Opens those, when every agent has said hello. Throws as open() does, and blocks. */
  openRest(size: number): void {
    for (const path of this.#paths(size, true)) if (!this.#files.has(path)) this.#add(path, openOutput(path, 'w'))
  }

  #add(path: string, { fd, name }: { fd: number; name: string }): void {
    this.#files.set(path, new OutputWriter({ fd, name, isFile: true }, this.#broken))
  }

  *#paths(size: number, withPid: boolean): Iterable<string> {
    for (let rank = 0; rank < size; rank += 1) {
      for (const stream of [1, 2] as const) {
        const pattern = this.#pattern(this.#merged(stream))
        if (pattern !== undefined && namesPid(pattern) === withPid) yield this.#path(pattern, rank)
      }
    }
  }

  /** Whether what ranks write there goes to files. */
  has(stream: 1 | 2): boolean {
    return this.#pattern(this.#merged(stream)) !== undefined
  }

  /** The file of this stream of a rank; undefined: it goes to ours. */
  sinkOf(rank: number, stream: 1 | 2): LineSink | undefined {
    const pattern = this.#pattern(this.#merged(stream))
    return pattern === undefined ? undefined : this.#files.get(this.#path(pattern, rank))
  }

  #merged(stream: 1 | 2): 1 | 2 {
    return this.#options.mergeStderr ? 1 : stream
  }

  #pattern(stream: 1 | 2): string | undefined {
    const { outputDirectory, outfilePattern, errfilePattern } = this.#options
    const pattern = stream === 1 ? outfilePattern : errfilePattern
    if (pattern !== undefined || outputDirectory === undefined) return pattern
    return join(outputDirectory.replaceAll('%', '%%'), 'rank.%r', stream === 1 ? 'stdout' : 'stderr')
  }

  #path(pattern: string, rank: number): string {
    return resolve(this.#typedIn, expandPattern(pattern, this.#names, rank, this.#time))
  }
}

function namesPid(pattern: string): boolean {
  return [...pattern.matchAll(/%([rhpt%])/g)].some(([, letter]) => letter === 'p')
}

/** A pattern for one rank: %r rank, %h host, %p process, %t time, %% a percent sign. */
export function expandPattern(pattern: string, names: RankNames, rank: number, time: string): string {
  return pattern.replace(/%([rhpt%])/g, (_, letter: string) => {
    if (letter === 'r') return String(rank)
    if (letter === 'h') return names.hostOf(rank)
    if (letter === 'p') return String(names.pidOf(rank))
    return letter === 't' ? time : '%'
  })
}
