import { ExitStatus, MpirunError } from '../../base/errors.ts'
import type { OutputBroken } from '../../coordinator/job-result.ts'
import type { Placement } from '../../placement/placement.ts'
import type { CommandLine } from '../arguments/command-line.ts'
import { JobOutput } from './job-output.ts'
import { OutputFiles, type RankNames } from './output-files.ts'
import { outputOptions } from './output-options.ts'

/** Exit status of a process that SIGPIPE ended. */
const READER_GONE = 128 + 13

/** All that a job writes to: this process's own streams and files of its ranks. */
export class JobOutputs {
  readonly lines: JobOutput
  readonly #files: OutputFiles
  readonly #size: number
  #broken: OutputBroken | undefined

  /** `onBroken`: an output cannot be written any more. Called while the job runs and at its end, once for each output. */
  constructor(
    commandLine: CommandLine,
    placement: Placement,
    pidOf: (rank: number) => number,
    onBroken: (broken: OutputBroken) => void,
  ) {
    const broken = (message: string, isClosed: boolean): void => {
      const cause: OutputBroken = isClosed
        ? { type: 'output', message: '', status: READER_GONE }
        : { type: 'output', message: `${message}. The job was ended.`, status: ExitStatus.failed }
      this.#broken ??= cause
      onBroken(cause)
    }
    const names = rankNames(placement, pidOf)
    this.#size = placement.size
    this.#files = new OutputFiles(commandLine, names, broken)
    this.lines = new JobOutput(outputOptions(commandLine, names, this.#files, isTerminal, broken))
  }

  /** The first output that could not be written. */
  get broken(): OutputBroken | undefined {
    return this.#broken
  }

  /** Opens the files. Throws ERR_OUTPUT (exit status 2). */
  async open(): Promise<void> {
    await this.#files.open(this.#size)
  }

  /** Opens files with %p in their name, when all agents are up. What it returns is why it cannot. */
  openRest(): OutputBroken | undefined {
    try {
      this.#files.openRest(this.#size)
      return undefined
    } catch (error) {
      const { message, exitStatus } = MpirunError.from(error)
      return { type: 'output', message, status: exitStatus }
    }
  }
}

function isTerminal(stream: 1 | 2): boolean {
  return (stream === 1 ? process.stdout : process.stderr).isTTY
}

function rankNames({ nodes }: Placement, pidOf: (rank: number) => number): RankNames {
  const hosts: string[] = []
  for (const node of nodes) for (const { rank } of node.ranks) hosts[rank] = node.name
  return { hostOf: (rank) => hosts[rank] ?? '?', pidOf }
}
