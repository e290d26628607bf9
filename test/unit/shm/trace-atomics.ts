const OPERATIONS = ['load', 'store', 'add', 'sub', 'exchange', 'compareExchange', 'notify', 'wait'] as const

/**
 * The Atomics calls of `run` in their order, as `load tail` or `store sleeping 1`. `names`: what the words are called, by index.
 * Nothing sleeps: a wait returns at once.
 */
export function traceAtomics(names: ReadonlyMap<number, string>, run: () => void): string[] {
  const trace: string[] = []
  const real = Object.fromEntries(OPERATIONS.map((name) => [name, Reflect.get(Atomics, name)]))
  for (const name of OPERATIONS) {
    const call = real[name] as (...args: unknown[]) => unknown
    Reflect.set(Atomics, name, (words: Int32Array, index: number, ...rest: number[]) => {
      const value = name === 'store' ? ` ${String(rest[0])}` : ''
      trace.push(`${name} ${names.get(index) ?? `word ${index}`}${value}`)
      return name === 'wait' ? 'not-equal' : call(words, index, ...rest)
    })
  }
  try {
    run()
  } finally {
    for (const name of OPERATIONS) Reflect.set(Atomics, name, real[name])
  }
  return trace
}
