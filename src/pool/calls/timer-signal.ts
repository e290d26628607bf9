/** Throws TypeError where a call that blocks is to be ended by AbortSignal.timeout(): its timer waits for the thread that the call blocks. */
export function refuseTimer(signal: AbortSignal | undefined): void {
  if (signal === undefined || signal.aborted || !hasTimer(signal)) return
  throw new TypeError(
    'a call that blocks never sees AbortSignal.timeout(), whose timer waits for this thread: await mapAsync(), starmapAsync(), applyAsync() or `for await`',
  )
}

/** Whether it is a signal of AbortSignal.timeout(), or one of AbortSignal.any() with such a one in it: Node notes it on the signal. */
function hasTimer(signal: object): boolean {
  for (const symbol of Object.getOwnPropertySymbols(signal)) {
    const value: unknown = (signal as Record<symbol, unknown>)[symbol]
    if (symbol.description === 'kTimeout' && value === true) return true
    if (symbol.description !== 'kSourceSignals' || !isIterable(value)) continue
    for (const source of value) {
      const one: unknown = isReference(source) ? source.deref() : source
      if (typeof one === 'object' && one !== null && hasTimer(one)) return true
    }
  }
  return false
}

function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.iterator in value
}

function isReference(value: unknown): value is { deref(): unknown } {
  return typeof value === 'object' && value !== null && 'deref' in value
}
