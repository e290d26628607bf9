/** Python's rule (multiprocessing.pool, `_map_async`): each thread's share in four chunks, rounded up. 1 for no items. */
export function defaultChunkSize(items: number, threads: number): number {
  return Math.max(1, Math.ceil(items / (threads * 4)))
}
