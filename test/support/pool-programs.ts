/** Programs for jobs with --pool; they stand in a folder without node_modules. */
export const poolPrograms: Readonly<Record<string, string>> = {
  'pool.mjs': `
import { MPI, Pool, task } from 'mpirun-ts'
import { inc } from './work.mjs'

const { shift } = task(import.meta, { shift: (x) => x + offset })
const offset = 100

function failure(call) {
  try {
    return call()
  } catch (error) {
    return [error.name, error.code ?? '', error.message, error.taskIndex, error.cause?.message ?? '']
  }
}

if (Pool.isMain) {
  const pool = new Pool()
  const items = Array.from({ length: 1000 }, (_, i) => i)
  const say = (name, value) => console.log(name + ' ' + JSON.stringify(value))
  say('size', pool.size)
  say('map', pool.map((x) => x * 2, items).every((x, i) => x === 2 * i))
  say('small', pool.map((x) => x * 2, items, { chunkSize: 1 }).every((x, i) => x === 2 * i))
  say('async', (await pool.mapAsync(async (x) => x - 1, items, { chunkSize: 3 })).every((x, i) => x === i - 1))
  say('imap', [...pool.imap((x) => 'r' + x, items)].every((x, i) => x === 'r' + i))
  say('views', pool.map((v) => v.map((x) => x + 1), [new Float64Array(5), new Float64Array(50000)]).map((v) => v.length + v[0]))
  const shared = MPI.alloc(Float64Array, 20000).fill(3)
  say('allocated', pool.map((v) => v[19999] + v.length, Array(40).fill(shared), { chunkSize: 1 }).every((x) => x === 20003))
  say('export', pool.map(inc, [1]))
  say('task', pool.map(shift, [1]))
  say('throw', failure(() => pool.map((x) => { if (x === 7) throw new RangeError('seven', { cause: new Error('why') }); return x }, items, { chunkSize: 1 })))
  say('exit', failure(() => pool.map((x) => { if (x === 7) process.exit(5); return x }, items.slice(0, 16), { chunkSize: 1 })))
  say('after', pool.map((x) => x, [1, 2, 3]))
  const stop = new AbortController()
  setTimeout(() => stop.abort(new Error('stop')), 100)
  say('cancel', await pool.mapAsync((x, { signal }) => { while (!signal.aborted); }, Array(5000).fill(0), { chunkSize: 1, signal: stop.signal }).catch((error) => error.message))
  say('again', await pool.mapAsync((x) => x, [1, 2, 3]))
  const before = pool.stats().threads.map(({ tasks }) => tasks)
  const areAllAtWork = () => pool.stats().threads.every(({ tasks }, i) => tasks > before[i])
  // A thread that takes another's place may take its time to start, on a machine with much other work.
  for (let round = 0; round < 60 && !areAllAtWork(); round += 1) {
    pool.map((ms) => { const until = Date.now() + ms; while (Date.now() < until); }, Array(100).fill(5), { chunkSize: 1 })
  }
  say('all at work', areAllAtWork())
  say('shares', pool.stats().threads.filter(({ tasks }) => tasks > 0).length)
  const other = new Pool(1, { initializer: (v) => { globalThis.v = v }, initArgs: [5] })
  say('other', [other.size, other.map((x) => x + globalThis.v, [1])])
  other.terminate()
  pool.close()
  await pool.join()
  say('bad start', failure(() => new Pool(undefined, { initializer: () => { throw new Error('no start') } }).map((x) => x, items)).slice(0, 2))
}
`,
  'work.mjs': 'const k = 1\nexport const inc = (x) => x + k\n',
}

/** What pool.mjs prints with so many ranks. */
export function poolOutput(ranks: number): string {
  return [
    `size ${ranks}`,
    ...['map', 'small', 'async', 'imap'].map((name) => `${name} true`),
    'views [6,50001]',
    'allocated true',
    'export [2]',
    'task [101]',
    'throw ["RangeError","","seven",7,"why"]',
    'exit ["PoolError","ERR_POOL_THREAD_DIED","task 7 was lost: its thread ended by process.exit(5)",7,""]',
    'after [1,2,3]',
    'cancel "stop"',
    'again [1,2,3]',
    'all at work true',
    `shares ${ranks}`,
    'other [1,[6]]',
    'bad start ["PoolError","ERR_POOL_INITIALIZER"]',
    '',
  ].join('\n')
}
