import type { MessagePort } from 'node:worker_threads'
import type { FunctionRef } from '../wire/pool-messages.ts'
import type { NodeMemory } from '../wire/rank-messages.ts'

/** `workerData` of a pool's thread. */
export interface PoolThreadConfig {
  readonly memory: NodeMemory
  /** Memory of the dispatcher's bell. */
  readonly bell: NodeMemory
  readonly control: SharedArrayBuffer
  readonly port: MessagePort
  readonly index: number
  readonly maySpin: boolean
  readonly mainPath: string | undefined
  readonly initializer: FunctionRef | undefined
  /** Encoded list. */
  readonly initArgs: Uint8Array
}
