import { basename } from 'node:path'
import { MpirunError } from '../base/errors.ts'
import { LastLines } from './last-lines.ts'
import { lastWords, type LaunchAttempt, launchFailure } from './launch-failure.ts'
import type { LaunchTarget } from './launcher.ts'
import type { ProgramLauncherOptions } from './program-launcher-options.ts'
import { StartingAgent } from './starting-agent.ts'

/** An agent that is a task of a step. */
export class StepAgent extends StartingAgent {
  readonly #options: ProgramLauncherOptions
  readonly #lines = new LastLines()
  /** Nobody needs the step on account of this agent any more. */
  isDone = false
  /** Called when that has come. */
  onDone: () => void = () => undefined

  constructor(target: LaunchTarget, options: ProgramLauncherOptions) {
    super(target)
    this.#options = options
  }

  /** A line of its stderr, or one of srun's own. */
  addLine(line: string): void {
    this.#lines.add(`${line}\n`)
  }

  /** Its task, or all of the step, has ended. */
  hasEnded(outcome: LaunchAttempt['outcome'], how: string): void {
    this.#fail(outcome)
    const program = basename(this.#options.means.program)
    this.over(
      `the agent on node "${this.target.name}", a task of ${program}, ${how}${lastWords(program, this.#lines.lines)}`,
    )
    this.#done()
  }

  timeUp(): void {
    this.#fail({ type: 'timeout', seconds: this.#options.launchTimeoutMs / 1000, hasBegun: true })
  }

  kill(): void {
    const message = `The agent on node "${this.target.name}" was not started: the job ended before`
    this.fail(() => new MpirunError('ERR_LAUNCH', message))
    this.#done()
  }

  #done(): void {
    if (this.isDone) return
    this.isDone = true
    this.onDone()
  }

  #fail(outcome: LaunchAttempt['outcome']): void {
    const { means, node } = this.#options
    this.fail(() =>
      launchFailure({
        nodeName: this.target.name,
        program: basename(means.program),
        nodePath: node.path ?? 'node',
        outcome,
        stderrLines: this.#lines.lines,
        means: means.type,
        ...(means.isChosen === true ? { chosenProgram: means.program } : {}),
      }),
    )
  }
}
