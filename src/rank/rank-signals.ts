import { hearSignal } from '../shm/heard-signals.ts'
import type { NodeMemory } from '../shm/layout.ts'

/** Lets the agent know for which signals the program has handlers (a worker gets no signals itself). */
export function reportSignalHandlers(node: NodeMemory, endpoint: number): void {
  process.on('newListener', (event: string | symbol) => {
    if (typeof event === 'string' && event.startsWith('SIG')) hearSignal(node, endpoint, event)
  })
}

/** Hands a signal that reached the launcher to the program's handlers. */
export function raiseSignal(signal: string): void {
  process.emit(signal as NodeJS.Signals, signal as NodeJS.Signals)
}
