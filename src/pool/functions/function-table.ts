import type { FunctionRef } from '../../wire/pool-messages.ts'
import { describeFunction, type KnownTexts } from './function-ref.ts'
import type { AnyFunction } from '../modules/task-registry.ts'

/** A function that a pool's threads can be told to call. */
export interface FunctionHandle {
  readonly id: number
  readonly ref: FunctionRef
}

/** The functions of one pool. The same text is the same function, so that a program may write it anew for each call. */
export class FunctionTable {
  readonly #byFunction = new WeakMap<AnyFunction, FunctionHandle>()
  readonly #byRef = new Map<string, FunctionHandle>()
  readonly #texts: KnownTexts = new Map()

  /** Throws TypeError where the function cannot travel. `callerUrl`: file of the code that calls the pool. */
  handleOf(fn: AnyFunction | string, callerUrl: () => string | undefined): FunctionHandle {
    const known = typeof fn === 'string' ? undefined : this.#byFunction.get(fn)
    if (known !== undefined) return known
    const ref = describeFunction(fn, callerUrl, this.#texts)
    const key = JSON.stringify(ref)
    let handle = this.#byRef.get(key)
    if (handle === undefined) {
      handle = { id: this.#byRef.size, ref }
      this.#byRef.set(key, handle)
    }
    if (typeof fn !== 'string') this.#byFunction.set(fn, handle)
    return handle
  }
}
