import { isMainThread, parentPort, type MessagePort, Worker, workerData } from 'node:worker_threads'

/** What one thread of a stress test is given. */
export interface StressThreadData {
  readonly seed: number
}

/**
 * A thread of the module `file` for each of `data`; resolves with what runStressThread() gives in each. Rejects with what one of them throws,
 * and when one hangs for `timeoutMs`. No thread is left behind. `ports`: of each thread's data, one each.
 */
export async function stressThreads(
  file: string,
  data: readonly StressThreadData[],
  timeoutMs: number,
  ports: readonly MessagePort[] = [],
): Promise<number[]> {
  const workers = data.map(
    (workerData, index) => new Worker(file, { workerData, transferList: ports.slice(index, index + 1) }),
  )
  const over = workers.map(
    (worker) =>
      new Promise<number>((resolve, reject) => {
        worker.once('message', resolve)
        worker.once('error', reject)
      }),
  )
  let timer: NodeJS.Timeout | undefined
  const hang = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`a thread hangs (seed ${data[0]?.seed})`)), timeoutMs)
  })
  try {
    return await Promise.race([Promise.all(over), hang])
  } finally {
    clearTimeout(timer)
    await Promise.all(workers.map((worker) => worker.terminate()))
  }
}

/** In a thread that stressThreads() has started, and nowhere else: runs it and posts its result. `isOf`: the data is of this kind of stress. */
export function runStressThread<D extends StressThreadData>(isOf: keyof D, run: (data: D) => number): void {
  // stressThreads() has given it.
  const data = workerData as D | null
  if (!isMainThread && parentPort !== null && data?.[isOf] !== undefined) parentPort.postMessage(run(data))
}
