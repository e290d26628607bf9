import { type Deferred, deferred } from '../base/deferred.ts'
import type { Logger } from '../base/logger.ts'
import type { AgentScripts } from './agent-scripts.ts'
import { environmentForAgents } from './agent-environment.ts'
import { ProgramRun } from './program-run.ts'
import type { StepAgent } from './step-agent.ts'
import { bodyLine, KEY_LINE, StepKeys } from './step-input.ts'

export interface StepOptions {
  readonly program: string
  readonly args: readonly string[]
  /** Agent k is task k. */
  readonly agents: readonly StepAgent[]
  readonly scripts: AgentScripts
  readonly logger: Logger
}

/** `srun --label` says of each line which task has written it. */
const LABELLED = /^\s*(\d+): (.*)$/
/** How srun tells of tasks that have ended otherwise than with 0: `srun: error: node3: tasks 1,4-6: Exited with exit code 3`. */
const TASKS_ENDED = /^srun: error: \S+: tasks? ([\d,-]+): (.*)$/
const EXIT_CODE = /exit code (\d+)/
/** How long a step is given to end by itself once all of its agents have. srun kills tasks that are still there. */
const END_MS = 1000
/** One srun with the agents that it starts. */
export class Step {
  /** srun has ended, or was never started. */
  readonly ended: Promise<void>
  readonly #ended: Deferred<void> = deferred()
  readonly #options: StepOptions
  readonly #keys = new StepKeys()
  readonly #haveAsked = new Set<number>()
  #run: ProgramRun | undefined
  #ending: NodeJS.Timeout | undefined

  constructor(options: StepOptions) {
    this.#options = options
    this.ended = this.#ended.promise
    for (const agent of options.agents) agent.onDone = () => this.#endWhenDone()
    try {
      this.#run = new ProgramRun(options.program, options.args, {
        env: environmentForAgents(process.env),
        onLine: (line) => this.#takeLine(line),
        onOutputLine: (line) => this.#takeOutput(line),
        onNotStarted: (error) => this.#notStarted(error),
        onEnd: (status, signal) => this.#over({ type: 'ended', status, signal }),
      })
    } catch (error) {
      // What spawn() and access() throw are errors of the system.
      this.#notStarted(error as NodeJS.ErrnoException)
      return
    }
    // Tasks wait for the body, which is the same for all, and then for the head that is for them alone.
    this.#run.write([bodyLine(options.scripts.body())], true)
  }

  #takeLine(line: string): void {
    const { agents, logger } = this.#options
    logger.debug({ line }, 'stderr of the launching program')
    const [, task, text = ''] = LABELLED.exec(line) ?? []
    if (task !== undefined) agents[Number(task)]?.addLine(text)
    else for (const agent of agents) agent.addLine(line)
    const [, list, how = ''] = TASKS_ENDED.exec(line) ?? []
    if (list === undefined) return
    const status = Number(EXIT_CODE.exec(how)?.[1] ?? Number.NaN)
    for (const ended of expandTasks(list)) {
      const outcome = Number.isNaN(status)
        ? ({ type: 'ended', status: null, signal: how } as const)
        : ({ type: 'ended', status, signal: null } as const)
      agents[ended]?.hasEnded(outcome, `ended (${how})`)
    }
  }

  /** A task tells its key, once; nothing else on stdout is for us. */
  #takeOutput(line: string): void {
    const [, label, text = ''] = LABELLED.exec(line) ?? []
    const task = Number(label)
    const key = KEY_LINE.exec(text)?.[1]
    const agent = this.#options.agents[task]
    if (key === undefined || agent === undefined || this.#haveAsked.has(task)) return
    this.#haveAsked.add(task)
    const isLast = this.#haveAsked.size === this.#options.agents.length
    this.#options.scripts
      .head(agent.target)
      .then((head) => this.#run?.write([this.#keys.headLine(task, key, head)], true))
      .catch((error: unknown) => agent.fail(() => error))
      .finally(() => {
        if (isLast) this.#run?.write([])
      })
  }

  #notStarted({ code = '', message }: NodeJS.ErrnoException): void {
    this.#over({ type: 'notStarted', code, message })
  }

  #over(outcome: Parameters<StepAgent['hasEnded']>[0]): void {
    clearTimeout(this.#ending)
    const how =
      outcome.type === 'ended' ? `ended with it (${String(outcome.status ?? outcome.signal)})` : 'was never started'
    for (const agent of this.#options.agents) agent.hasEnded(outcome, how)
    this.#ended.resolve()
  }

  /** One agent alone cannot be ended: it ends by its channel. */
  #endWhenDone(): void {
    if (this.#ending !== undefined || this.#options.agents.some(({ isDone }) => !isDone)) return
    const isStarting = this.#haveAsked.size < this.#options.agents.length
    this.#ending = setTimeout(() => this.#run?.end(), isStarting ? 0 : END_MS)
  }
}

/** `0,3-5` as [0, 3, 4, 5]. */
function expandTasks(list: string): number[] {
  return list.split(',').flatMap((range) => {
    const [first = 0, last = first] = range.split('-').map(Number)
    return Array.from({ length: Math.min(last - first + 1, 1_000_000) }, (_, offset) => first + offset)
  })
}
