/**
 * Does `work` for each item, `limit` at a time; resolves with the results in the order of the items. When one fails no more are begun,
 * and it rejects when those that were have come to their end. For jobs that wait more than they compute, as for a deadlock to be found.
 */
export async function sideBySide<T, R>(
  items: readonly T[],
  limit: number,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = []
  const errors: unknown[] = []
  const waiting = items.entries()
  const lane = async (): Promise<void> => {
    for (const [index, item] of waiting) {
      if (errors.length > 0) return
      try {
        results[index] = await work(item)
      } catch (error) {
        errors.push(error)
      }
    }
  }
  await Promise.all(Array.from({ length: limit }, lane))
  if (errors.length > 0) throw errors[0]
  return results
}

/** Starts jobs side by side before the tests of a suite; each test then takes its own result. Call it within describe(). */
export function jobsSideBySide<T, R>(
  items: readonly T[],
  limit: number,
  work: (item: T) => Promise<R>,
): (item: T) => R {
  let results: R[] = []
  before(async () => {
    results = await sideBySide(items, limit, work)
  })
  return (item) => {
    const result = results[items.indexOf(item)]
    if (result === undefined) throw new Error('this job has not run')
    return result
  }
}
