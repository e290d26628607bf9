import { nodeOptionWords } from '../../base/node-flags.ts'
import { SharedGarbage } from '../../base/shared-garbage.ts'
import { hearsSignal } from '../../shm/heard-signals.ts'
import type { RankFailure, RankSpec, StartAgent } from '../../wire/control-messages.ts'
import type { RankProgram, ToRank, WindowNotice } from '../../wire/rank-messages.ts'
import { LOW_CODE_MIB, type Room } from './limits.ts'
import { rankFunction } from './rank-boot.ts'
import { type RankSurroundings, rankConfig } from './rank-config.ts'
import { rankEnvironment } from './rank-environment.ts'
import { RankThread } from './rank-thread.ts'
import { type ThreadFlags, threadFlags } from './thread-flags.ts'

export interface RankThreadsOptions {
  readonly start: StartAgent
  readonly surroundings: RankSurroundings
  readonly rankProgram: RankProgram
  readonly room: Room
  readonly onStdinWanted: (rank: number) => void
  /** A rank shows a part of a window, or takes it back. */
  readonly onWindow: (notice: WindowNotice) => void
  /** See RankThread. */
  readonly onExit: (rank: number, status: number, failure: RankFailure | undefined) => void
}

/** The threads of the ranks of one node. */
export class RankThreads {
  readonly #options: RankThreadsOptions
  readonly #program: RankProgram
  /** For the rank that starts first: one is enough. */
  #keep: RankProgram['keep']
  /** Of ranks that are not over. */
  readonly #threads = new Map<number, RankThread>()
  /** Of handles that ranks give each other through this thread. */
  readonly #garbage = new SharedGarbage()
  readonly #knownFlags = new Map<string, ThreadFlags>()

  constructor(options: RankThreadsOptions) {
    this.#options = options
    const { keep, ...program } = options.rankProgram
    this.#program = rankFunction(program)
    // With flags of V8 its code is another.
    this.#keep = options.start.nodeFlags.length === 0 ? keep : undefined
  }

  start(): void {
    for (const spec of this.#options.start.ranks) this.#threads.set(spec.rank, this.#thread(spec))
  }

  #thread(spec: RankSpec): RankThread {
    const { start, surroundings, onStdinWanted, onWindow, onExit } = this.#options
    const { rank } = spec
    const config = rankConfig(start, spec, surroundings)
    const environment = rankEnvironment(start, spec, process.env)
    const words = [...nodeOptionWords(environment['NODE_OPTIONS']), ...start.nodeFlags]
    const program = this.#keep === undefined ? this.#program : { ...this.#program, keep: this.#keep }
    this.#keep = undefined
    return new RankThread(program, config, environment, this.#flags(words), {
      onStdinWanted: () => onStdinWanted(rank),
      onBuffer: (notice) => {
        if ('part' in notice) onWindow(notice)
        else this.#threads.get(notice.to)?.passBuffer(notice)
        this.#garbage.came(('part' in notice ? notice.memory?.data : notice.buffer)?.byteLength ?? 0)
      },
      onExit: (status, failure) => {
        this.#threads.delete(rank)
        onExit(rank, status, failure)
      },
    })
  }

  /** Asked of Node once for all ranks with the same words. */
  #flags(words: readonly string[]): ThreadFlags {
    const key = JSON.stringify(words)
    const flags = this.#knownFlags.get(key) ?? {
      ...threadFlags(words),
      ...(this.#options.room.isLow ? { codeRangeSizeMb: LOW_CODE_MIB } : {}),
    }
    this.#knownFlags.set(key, flags)
    return flags
  }

  /** Ranks that are not over. */
  living(): readonly number[] {
    return [...this.#threads.keys()]
  }

  tell(rank: number, message: ToRank): void {
    this.#threads.get(rank)?.tell(message)
  }

  /** `isEnd`: a rank that has no handler of its own for it ends, as a process would. */
  signal(signal: string, isEnd: boolean): void {
    const { node, endpointOfRank } = this.#options.surroundings
    for (const [rank, thread] of this.#threads) {
      if (!isEnd || hearsSignal(node, endpointOfRank[rank] ?? -1, signal)) thread.tell({ type: 'signal', signal })
      else void thread.terminate()
    }
  }

  /** Ends all threads at once; resolves when they are over. */
  async terminate(): Promise<void> {
    await Promise.all([...this.#threads.values()].map((thread) => thread.terminate()))
  }
}
