import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { Pool } from 'mpirun-ts'
import { thrownBy, withPool } from '../support/with-pool.ts'
import { skipHere } from '../support/skip-here.ts'

/** What multiprocessing.Pool(2) does, a line of JSON for each method of the table in docs/coming-from-multiprocessing.md. */
const PYTHON = `
import json, math
from multiprocessing import Pool

def square(x): return x * x
def add(a, b): return a + b
def fail(x):
    if x in (3, 5): raise ValueError(f"bad {x}")
    return x
def start(base):
    global offset
    offset = base
def shifted(x): return x + offset
def is_first(x):
    global hasRun
    was, hasRun = globals().get("hasRun", False), True
    return not was

def error(call):
    try: return call()
    except Exception as e: return str(e)

def each(iterator):
    out = []
    while True:
        try: out.append(next(iterator))
        except StopIteration: return out
        except ValueError as e: out.append(str(e))

def say(name, value): print(json.dumps([name, value]))

if __name__ == "__main__":
    with Pool(2) as pool:
        say("map", pool.map(square, range(10)))
        say("map_async", pool.map_async(square, range(10), 3).get())
        say("empty", pool.map(square, []))
        say("starmap", pool.starmap(add, [(1, 2), (3, 4)]))
        say("starmap_async", pool.starmap_async(add, [(1, 2)]).get())
        say("imap", list(pool.imap(square, range(10), 3)))
        say("imap_unordered", sorted(pool.imap_unordered(square, range(10))))
        say("apply", pool.apply(add, (1, 2)))
        say("apply_async", pool.apply_async(add, (1, 2)).get())
        say("error", error(lambda: pool.map(fail, range(8), 8)))
        say("imap error", each(pool.imap(fail, range(8))))
        say("builtin", pool.map(math.sqrt, [1, 4]))
        pool.close()
        say("closed", type(error(lambda: pool.map(square, [1]))).__name__)
    with Pool(1) as pool:
        say("join", error(lambda: pool.join()) is not None)
    with Pool(1, start, (100,)) as pool:
        say("initializer", pool.map(shifted, [1, 2]))
    with Pool(1, maxtasksperchild=2) as pool:
        say("maxtasksperchild", pool.map(is_first, range(6), 1))
        say("maxtasksperchild chunks", pool.map(is_first, range(8), 2))
`

const square = (x: number): number => x * x
const add = (a: number, b: number): number => a + b
const fail = (x: number): number => {
  if (x === 3 || x === 5) throw new RangeError(`bad ${x}`)
  return x
}
const isFirst = (): boolean => {
  const holder = globalThis as { hasRun?: boolean }
  const was = holder.hasRun === true
  holder.hasRun = true
  return !was
}
const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i)

async function messageOf(call: () => unknown): Promise<string> {
  return ((await thrownBy(call)) as Error).message
}

function each(iterator: Iterator<unknown>): unknown[] {
  const out: unknown[] = []
  for (;;) {
    try {
      const step = iterator.next()
      if (step.done === true) return out
      out.push(step.value)
    } catch (error) {
      out.push((error as Error).message)
    }
  }
}

/** The same with a Pool of ours. */
async function ours(): Promise<Record<string, unknown>> {
  const said: Record<string, unknown> = {}
  await withPool(2, {}, async (pool) => {
    said['map'] = pool.map(square, range(10))
    said['map_async'] = await pool.mapAsync(square, range(10), { chunkSize: 3 })
    said['empty'] = pool.map(square, [])
    said['starmap'] = pool.starmap(add, [
      [1, 2],
      [3, 4],
    ])
    said['starmap_async'] = await pool.starmapAsync(add, [[1, 2]])
    said['imap'] = [...pool.imap(square, range(10), { chunkSize: 3 })]
    said['imap_unordered'] = [...pool.imapUnordered(square, range(10))].sort((a, b) => a - b)
    said['apply'] = pool.apply(add, [1, 2])
    said['apply_async'] = await pool.applyAsync(add, [1, 2])
    said['error'] = await messageOf(() => pool.map(fail, range(8), { chunkSize: 8 }))
    said['imap error'] = each(pool.imap(fail, range(8)))
    said['builtin'] = pool.map(Math.sqrt, [1, 4])
    pool.close()
    said['closed'] = (await messageOf(() => pool.map(square, [1]))) === '' ? '' : 'str'
  })
  await withPool(1, {}, async (pool) => {
    said['join'] = (await messageOf(() => pool.join())) !== ''
  })
  const initializer = (base: number): void => void Object.assign(globalThis, { offset: base })
  const shifted = (x: number): number => x + ((globalThis as { offset?: number }).offset ?? 0)
  await withPool(1, { initializer, initArgs: [100] }, (pool) => {
    said['initializer'] = pool.map(shifted, [1, 2])
  })
  await withPool(1, { maxTasksPerChild: 2 }, (pool) => {
    said['maxtasksperchild'] = pool.map(isFirst, range(6), { chunkSize: 1 })
    said['maxtasksperchild chunks'] = pool.map(isFirst, range(8), { chunkSize: 2 })
  })
  return said
}

describe('Pool beside multiprocessing.Pool', () => {
  const python = '/usr/bin/python3'
  const hasPython = spawnSync(python, ['--version']).status === 0

  it('does the same, method by method', async function () {
    if (!hasPython) skipHere(this, 'there is no python3; install it with: apt-get install python3')
    const folder = mkdtempSync(join(tmpdir(), 'mpirun-ts-test-'))
    try {
      writeFileSync(join(folder, 'pool.py'), PYTHON)
      const { stdout, stderr, status } = spawnSync(python, [join(folder, 'pool.py')], {
        encoding: 'utf8',
        timeout: 30_000,
      })
      expect({ stderr, status }).to.deep.equal({ stderr: '', status: 0 })
      const theirs = Object.fromEntries(
        stdout
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line) as [string, unknown]),
      )
      expect(await ours()).to.deep.equal(theirs)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })

  it('cuts as many chunks as Python does', async () => {
    await withPool(2, {}, (pool) => {
      for (const [items, chunks] of [
        [1, 1],
        [8, 8],
        [9, 5],
        [100, 8],
      ] as const) {
        const before = pool.stats().chunks
        pool.map(square, range(items))
        expect(pool.stats().chunks - before, `${items} items`).to.equal(chunks)
      }
      expect(pool).to.be.instanceOf(Pool)
    })
  })
})
