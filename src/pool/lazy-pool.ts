import { move } from './move.ts'
import type { Pool } from './pool.ts'

/** A stand-in for the class Pool that loads it when it is first needed; `isMain` and `move` do not need it. */
export function lazyPool(load: () => typeof Pool): typeof Pool {
  let loaded: typeof Pool | undefined
  const known = (): typeof Pool => {
    loaded ??= load()
    return loaded
  }
  // A function, because only a function can be called with `new`; the class answers for it.
  const standIn = function Pool(): void {} as unknown as typeof Pool
  return new Proxy(standIn, {
    construct: (_target, args, newTarget) => Reflect.construct(known(), args, newTarget) as object,
    apply: () => {
      throw new TypeError('Pool is a class: write new Pool(…)')
    },
    get: (_target, name) => {
      if (name === 'isMain') return !(Symbol.for('mpirun-ts.pool-thread') in globalThis)
      if (name === 'move') return move
      return Reflect.get(known(), name) as unknown
    },
  })
}
