import { endpointOffset, type NodeMemory, SIGNALS_HEARD } from './layout.ts'

/** Signals that end a rank which has no handler for them. */
const BITS: Readonly<Record<string, number>> = { SIGINT: 1, SIGTERM: 2, SIGHUP: 4 }

/** Rank: says that the program has a handler for `signal`. Other signals need no word: they never end a rank. */
export function hearSignal(node: NodeMemory, endpoint: number, signal: string): void {
  // Pairs with the load in hearsSignal().
  Atomics.or(new Int32Array(node.memory.buffer), endpointOffset(endpoint) / 4 + SIGNALS_HEARD, BITS[signal] ?? 0)
}

/** Agent: whether the rank at `endpoint` has a handler for `signal`, so that it deserves its grace time. */
export function hearsSignal(node: NodeMemory, endpoint: number, signal: string): boolean {
  const heard = Atomics.load(new Int32Array(node.memory.buffer), endpointOffset(endpoint) / 4 + SIGNALS_HEARD)
  return (heard & (BITS[signal] ?? 0)) !== 0
}
