import { afterOwnTime } from '../base/own-time.ts'
import type { Channel } from '../transport/channel.ts'
import { exactWords } from './agent-command.ts'
import { requireBareHost } from './launch-command.ts'
import type { LaunchedAgent, Launcher, LaunchTarget } from './launcher.ts'
import type { ProgramLauncherOptions } from './program-launcher-options.ts'
import { ProgramLauncher } from './program-launcher.ts'
import { Step } from './step.ts'
import { StepAgent } from './step-agent.ts'
import { STEP_TEXT } from './step-input.ts'

/**
 * Starts all agents that are asked for in one turn of the event loop as one step of the Slurm job around this process, with one srun: a task on each
 * node. Agents of this machine are children of this process as everywhere.
 */
export class StepLauncher implements Launcher {
  readonly #options: ProgramLauncherOptions
  readonly #here: ProgramLauncher
  readonly #agents = new Map<number, StepAgent>()
  readonly #steps = new Set<Step>()
  readonly #stopClock: () => void
  #waiting: StepAgent[] = []

  constructor(options: ProgramLauncherOptions) {
    this.#options = options
    this.#here = new ProgramLauncher(options)
    this.#stopClock = afterOwnTime(options.launchTimeoutMs, () => this.#timeUp(), true)
  }

  launch(target: LaunchTarget): LaunchedAgent {
    if (target.isHere === true) return this.#here.launch(target)
    requireBareHost(target, this.#options.means.program)
    const agent = new StepAgent(target, this.#options)
    if (this.#waiting.length === 0) queueMicrotask(() => this.#start())
    this.#waiting.push(agent)
    this.#agents.set(target.nodeId, agent)
    return agent
  }

  accept(channel: Channel, nodeId: number): boolean {
    return this.#agents.get(nodeId)?.hasCalledBack(channel) === true || this.#here.accept(channel, nodeId)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopClock()
    for (const agent of this.#agents.values()) agent.kill()
    await Promise.all([...this.#steps].map((step) => step.ended))
    await this.#here[Symbol.asyncDispose]()
  }

  #timeUp(): void {
    for (const agent of this.#agents.values()) agent.timeUp()
  }

  /** A step is within one group of a heterogeneous job. */
  #start(): void {
    const { groups = [] } = this.#options.means
    const waiting = this.#waiting.splice(0)
    if (groups.length < 2) {
      this.#startStep(waiting, undefined)
      return
    }
    for (const [group, hosts] of groups.entries()) {
      const isIn = (name: string): boolean =>
        hosts.includes(name) || (group === 0 && !groups.some((each) => each.includes(name)))
      const agents = waiting.filter(({ target }) => isIn(target.name))
      if (agents.length > 0) this.#startStep(agents, group)
    }
  }

  #startStep(agents: readonly StepAgent[], group: number | undefined): void {
    const { means, node, scripts, logger } = this.#options
    const hosts = agents.map(({ target }) => target.name)
    const args = [...means.args, ...stepArgs(hosts, group), ...exactWords(node, STEP_TEXT)]
    const step = new Step({ program: means.program, args, agents, scripts, logger })
    this.#steps.add(step)
    void step.ended.then(() => this.#steps.delete(step))
  }
}

/**
 * A task on each host, and task k on host k: `arbitrary` takes the list in its order. The step uses what the job has beside other steps (`--overlap`),
 * all processors of a node (no binding), and a task that ends does not end others.
 */
function stepArgs(hosts: readonly string[], group: number | undefined): string[] {
  const count = String(hosts.length)
  return [
    '--overlap',
    ...(group === undefined ? [] : [`--het-group=${group}`]),
    `--nodes=${count}`,
    `--ntasks=${count}`,
    '--distribution=arbitrary',
    `--nodelist=${hosts.join(',')}`,
    '--mpi=none',
    '--cpu-bind=none',
    '--label',
    '--kill-on-bad-exit=0',
    '--wait=0',
    '--no-kill',
    '--export=ALL',
  ]
}
