import { basename } from 'node:path'
import { LastLines } from './last-lines.ts'
import { lastWords, type LaunchAttempt } from './launch-failure.ts'
import { StartingAgent } from './starting-agent.ts'

/** An agent that is a task of a step. */
export class StepAgent extends StartingAgent {
  readonly #said = new LastLines()
  /** Nobody needs the step on account of this agent any more. */
  isDone = false
  /** Called when that has come. */
  onDone: () => void = () => undefined

  protected get program(): string {
    return this.options.means.program
  }

  protected get lines(): readonly string[] {
    return this.#said.lines
  }

  /** A line of its stderr, or one of srun's own. */
  addLine(line: string): void {
    this.#said.add(`${line}\n`)
  }

  /** Its task, or all of the step, has ended. */
  hasEnded(outcome: LaunchAttempt['outcome'], how: string): void {
    this.failBy(outcome)
    const program = basename(this.program)
    this.over(`the agent on node "${this.target.name}", a task of ${program}, ${how}${lastWords(program, this.lines)}`)
    this.#done()
  }

  timeUp(): void {
    this.failBy({ type: 'timeout', seconds: this.options.launchTimeoutMs / 1000, hasBegun: true })
  }

  kill(): void {
    this.failUnstarted()
    this.#done()
  }

  #done(): void {
    if (this.isDone) return
    this.isDone = true
    this.onDone()
  }
}
