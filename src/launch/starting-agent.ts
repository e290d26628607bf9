import { basename } from 'node:path'
import { type Deferred, deferred } from '../base/deferred.ts'
import { MpirunError } from '../base/errors.ts'
import type { Channel } from '../transport/channel.ts'
import { type LaunchAttempt, launchFailure } from './launch-failure.ts'
import type { LaunchedAgent, LaunchTarget } from './launcher.ts'
import type { ProgramLauncherOptions } from './program-launcher-options.ts'

/** An agent on its way, whatever starts it: it calls back, or fails, once. */
export abstract class StartingAgent implements LaunchedAgent {
  readonly target: LaunchTarget
  readonly connected: Promise<Channel>
  readonly launcherEnded: Promise<string>
  /** The agent is up or has failed; never rejects. */
  readonly settled: Promise<void>
  protected readonly options: ProgramLauncherOptions
  readonly #connected: Deferred<Channel> = deferred()
  readonly #launcherEnded: Deferred<string> = deferred()
  #isSettled = false

  constructor(target: LaunchTarget, options: ProgramLauncherOptions) {
    this.target = target
    this.options = options
    this.connected = this.#connected.promise
    this.launcherEnded = this.#launcherEnded.promise
    this.settled = this.connected.then(
      () => undefined,
      () => undefined,
    )
  }

  get isSettled(): boolean {
    return this.#isSettled
  }

  abstract kill(): void
  /** The program that starts it, and the last lines of its stderr. */
  protected abstract readonly program: string
  protected abstract readonly lines: readonly string[]

  /** False: nobody waits for this agent any more. */
  hasCalledBack(channel: Channel): boolean {
    if (this.#isSettled) return false
    this.#isSettled = true
    this.#connected.resolve(channel)
    return true
  }

  /** The first failure counts, and none after it has called back. `makeError` is called where it counts. */
  fail(makeError: () => unknown): void {
    if (this.#isSettled) return
    this.#isSettled = true
    this.#connected.reject(makeError())
  }

  /** What the launching program has come to. */
  protected failBy(outcome: LaunchAttempt['outcome']): void {
    const { means, node } = this.options
    this.fail(() =>
      launchFailure({
        nodeName: this.target.name,
        program: basename(this.program),
        nodePath: node.path ?? 'node',
        outcome,
        stderrLines: this.lines,
        means: means.type,
        ...(means.isChosen === true ? { chosenProgram: means.program } : {}),
      }),
    )
  }

  protected failUnstarted(): void {
    const message = `The agent on node "${this.target.name}" was not started: the job ended before`
    this.fail(() => new MpirunError('ERR_LAUNCH', message))
  }

  /** What has started it is over; the first sentence counts. */
  protected over(sentence: string): void {
    this.#launcherEnded.resolve(sentence)
  }
}
