import { inspect } from 'node:util'
import { MessageChannel, type MessagePort, type ResourceLimits, Worker, type WorkerOptions } from 'node:worker_threads'
import { ExitStatus, MpirunError } from '../../base/errors.ts'
import type { RankFailure } from '../../wire/control-messages.ts'
import { outOfMemory } from './heap-limit.ts'
import { RANK_BOOT, type RankBoot } from './rank-boot.ts'
import type { ThreadFlags } from './thread-flags.ts'
import type { BufferNotice, FromRank, RankConfig, RankProgram, ToRank, WindowNotice } from '../../wire/rank-messages.ts'

export interface RankEvents {
  readonly onStdinWanted: () => void
  /** The rank gives another one, or the agent, shared memory. */
  readonly onBuffer: (notice: BufferNotice | WindowNotice) => void
  /** The thread is over; called once. `failure`: what the thread could not report itself. */
  readonly onExit: (status: number, failure: RankFailure | undefined) => void
}

/** One rank: a worker_thread that runs the user's program. */
export class RankThread {
  readonly #worker: Worker
  readonly #bufferPort: MessagePort
  readonly #rank: number
  #failure: RankFailure | undefined

  constructor(
    { keep, ...program }: RankProgram,
    config: RankConfig,
    environment: NodeJS.ProcessEnv,
    flags: ThreadFlags,
    events: RankEvents,
  ) {
    this.#rank = config.rank
    const { NODE_OPTIONS: nodeOptions, ...env } = environment
    const { port1, port2 } = new MessageChannel()
    this.#bufferPort = port1
    port1.on('message', (notice: BufferNotice | WindowNotice) => events.onBuffer(notice))
    port1.unref()
    this.#worker = this.#start({
      eval: true,
      workerData: {
        program,
        config,
        bufferPort: port2,
        nodeOptions,
        tellsCompiled: keep !== undefined,
      } satisfies RankBoot,
      transferList: [port2],
      argv: [...config.program.args],
      env,
      execArgv: [...flags.execArgv],
      resourceLimits: resourceLimits(flags),
      name: `rank ${config.rank}`,
      trackUnmanagedFds: true,
      // The rank brings streams of its own (rank/rank-output.ts); Node's would write to this process's.
      stdout: true,
      stderr: true,
    })
    this.#worker.on('message', (message: FromRank) => {
      if (message.type === 'stdinWanted') events.onStdinWanted()
      else keep?.(message.bytes)
    })
    this.#worker.on('error', (thrown: unknown) => {
      this.#failure = failureOf(thrown, flags)
    })
    // A status is a byte, as it would be for a process: exit(256) is 0, exit(-1) is 255. Of a thread that Node could not start it is 0, too.
    this.#worker.on('exit', (status) => {
      const hasStarted = this.#failure?.kind !== 'start'
      events.onExit(hasStarted ? status & 0xff : ExitStatus.failed, this.#failure)
    })
  }

  /** Throws where the system refuses a thread at once; other refusals are errors of the thread. */
  #start(options: WorkerOptions): Worker {
    try {
      return new Worker(RANK_BOOT, options)
    } catch (error) {
      const failure = startFailure(error)
      if (failure === undefined) throw error
      throw new MpirunError('ERR_LIMIT', `rank ${this.#rank}: ${failure.message}`, { cause: error })
    }
  }

  tell(message: ToRank): void {
    this.#worker.postMessage(message)
  }

  /** Gives the rank shared memory of another one. */
  passBuffer(notice: BufferNotice): void {
    this.#bufferPort.postMessage(notice)
  }

  /** Ends the thread at once, also while it blocks or loops. */
  async terminate(): Promise<void> {
    await this.#worker.terminate()
  }
}

/** What Node says of a thread that could not say it itself. Programs may throw anything, also undefined. */
function failureOf(thrown: unknown, flags: ThreadFlags): RankFailure {
  const failure = startFailure(thrown)
  if (failure !== undefined) return failure
  if (!(thrown instanceof Error)) return { kind: 'error', message: `uncaught ${inspect(thrown)}` }
  if ('code' in thrown && thrown.code === 'ERR_WORKER_OUT_OF_MEMORY')
    return { kind: 'memory', message: outOfMemory(flags.heapLimitMb) }
  const { message, stack } = thrown
  return { kind: 'error', message, ...(stack === undefined ? {} : { stack }) }
}

/** What the system had too little of for a thread; undefined for any other error. */
function startFailure(thrown: unknown): RankFailure | undefined {
  if (!(thrown instanceof Error && 'code' in thrown && thrown.code === 'ERR_WORKER_INIT_FAILED')) return undefined
  const [code = ''] = /\bE[A-Z]+\b/.exec(thrown.message.replace('ERR_WORKER_INIT_FAILED', '')) ?? []
  const reason =
    code === 'EMFILE'
      ? 'the limit of open files is reached: raise it (ulimit -n)'
      : `the system gives no more threads or memory (${code}): raise the limits (ulimit -u, ulimit -v)`
  return { kind: 'start', message: `it cannot be started, because ${reason}, or use fewer ranks on a node.` }
}

function resourceLimits({ stackSizeMb, codeRangeSizeMb }: ThreadFlags): ResourceLimits {
  return {
    ...(stackSizeMb === undefined ? {} : { stackSizeMb }),
    ...(codeRangeSizeMb === undefined ? {} : { codeRangeSizeMb }),
  }
}
