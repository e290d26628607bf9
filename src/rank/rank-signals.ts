import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads'
import type { ToRank } from '../wire/rank-messages.ts'
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

/** The next signal that waits for the event loop. `deliver` gets what came before it, when the loop turns: code of the program must not run now. */
export function nextSignal(port: MessagePort, deliver: (message: ToRank) => void): NodeJS.Signals | undefined {
  for (;;) {
    const received = receiveMessageOnPort(port) as { readonly message: ToRank } | undefined
    if (received === undefined) return undefined
    const { message } = received
    // The agent has checked that it is one.
    if (message.type === 'signal') return message.signal as NodeJS.Signals
    process.nextTick(deliver, message)
  }
}
