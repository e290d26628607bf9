import type { Placement } from '../../placement/placement.ts'
import type { FromAgent, ToAgent } from '../../wire/control-messages.ts'
import {
  type DeadlockCommand,
  type DeadlockEvent,
  type DeadlockState,
  initialDeadlockState,
  stepDeadlock,
} from './deadlock-state.ts'
import { deadlockTable } from './deadlock-table.ts'

export interface DeadlockFinderOptions {
  readonly placement: Placement
  readonly sendAll: (message: ToAgent) => void
  /** Logs it. */
  readonly onDeadlock: (table: string) => void
}

/** Performs what deadlock-state.ts decides for one job. */
export class DeadlockFinder {
  readonly #options: DeadlockFinderOptions
  #state: DeadlockState
  #timer: NodeJS.Timeout | undefined
  readonly #lost = new Set<number>()

  constructor(options: DeadlockFinderOptions) {
    this.#options = options
    this.#state = initialDeadlockState(options.placement.nodes.map(({ id }) => id))
  }

  receive(nodeId: number, message: Extract<FromAgent, { type: 'stalled' | 'waits' }>): void {
    if (message.type === 'stalled') this.#dispatch({ type: 'stalled', nodeId, isStalled: message.isStalled })
    else this.#dispatch({ type: 'waits', nodeId, question: message.question, waits: message })
  }

  /** The job goes on without these ranks. */
  ranksLost(ranks: readonly number[]): void {
    for (const rank of ranks) this.#lost.add(rank)
  }

  /** The job goes on without that node. */
  nodeLost(nodeId: number): void {
    this.ranksLost(this.#options.placement.nodes.find(({ id }) => id === nodeId)?.ranks.map(({ rank }) => rank) ?? [])
    this.#dispatch({ type: 'nodeLost', nodeId })
  }

  stop(): void {
    clearTimeout(this.#timer)
  }

  #dispatch(event: DeadlockEvent): void {
    const [next, commands] = stepDeadlock(this.#state, event)
    this.#state = next
    for (const command of commands) this.#perform(command)
  }

  #perform(command: DeadlockCommand): void {
    switch (command.type) {
      case 'ask':
        this.#options.sendAll({
          type: 'askWaits',
          question: command.question,
          wantsDetails: command.wantsDetails,
        })
        break
      case 'wake':
        clearTimeout(this.#timer)
        this.#timer = setTimeout(() => this.#dispatch({ type: 'awake', question: command.question }), command.ms)
        break
      case 'deadlock': {
        const table = deadlockTable(this.#options.placement, command.waits, this.#lost)
        this.#options.onDeadlock(table)
        this.#options.sendAll({ type: 'deadlock', table })
        break
      }
    }
  }
}
