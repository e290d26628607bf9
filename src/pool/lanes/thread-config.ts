import type { MessagePort } from 'node:worker_threads'
import type { ProgramSpec } from '../../wire/control-messages.ts'
import type { Packed } from '../dispatch/payload.ts'
import type { FunctionRef } from '../../wire/pool-messages.ts'
import type { NodeMemory } from '../../wire/rank-messages.ts'

/** The memory and the endpoint of a bell. */
export interface BellPlace {
  readonly memory: NodeMemory
  readonly endpoint: number
}

/** `workerData` of a pool's thread. */
export interface PoolThreadConfig {
  readonly memory: NodeMemory
  /** Where the dispatcher's bell is. */
  readonly bell: BellPlace
  readonly control: SharedArrayBuffer
  readonly port: MessagePort
  readonly index: number
  readonly maySpin: boolean
  /** Of a rank: the user's program, so that the thread finds modules and the package as the rank does. */
  readonly program: ProgramSpec | undefined
  readonly mainPath: string | undefined
  /** Where esbuild is, for modules in TypeScript. */
  readonly esbuild: string | undefined
  readonly initializer: FunctionRef | undefined
  /** A list. */
  readonly initArgs: Packed
  /** As in ThreadProgram. */
  readonly compiled: SharedArrayBuffer | undefined
}
