/** What the pool bench measures of every pool of workers: `increment(x)` and `busy(ms)` run one task each. */
export function poolFigures(increment, busy) {
  return {
    tasks: async () => {
      const items = Array.from({ length: 50_000 }, (_, i) => i)
      await Promise.all(items.slice(0, 5000).map(increment))
      return items.length / (await secondsOf(() => Promise.all(items.map(increment))))
    },
    apply: async () => {
      for (let i = 0; i < 2000; i += 1) await increment(i)
      return microsecondsOf(10_000, increment)
    },
    skewed: async () => {
      const lengths = Array.from({ length: 70 }, (_, i) => 5e-6 * 10 ** ((i % 7) + 1))
      return 1000 * (await secondsOf(() => Promise.all(lengths.map(busy))))
    },
    start: () => 0,
  }
}

/** µs of one of `count` calls, one after the other. */
export async function microsecondsOf(count, call) {
  const seconds = await secondsOf(async () => {
    for (let i = 0; i < count; i += 1) await call(i)
  })
  return (1e6 / count) * seconds
}

async function secondsOf(work) {
  const start = performance.now()
  await work()
  return (performance.now() - start) / 1000
}
