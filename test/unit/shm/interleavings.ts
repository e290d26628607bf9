/**
 * Explores every interleaving of small programs whose steps are atomic, with shared words and one word to sleep on: what is true of all
 * of them is true of threads whose steps are sequentially consistent Atomics.
 */

/** Shared words by name; all start at 0. */
export type Words = Record<string, number>

/** One atomic step. `go` returns the label to go on at; nothing: the next step. `sleep`: waits while `bell` is what `seen` says. */
export interface ModelStep {
  /** What the code does here, as `traceAtomics` prints it. */
  readonly does: string
  readonly label?: string
  readonly go?: (words: Words, own: Words) => string | undefined
  readonly sleep?: true
  readonly notify?: true
}

export type Program = readonly ModelStep[]

interface Thread {
  readonly at: number
  readonly own: Words
  readonly isAsleep: boolean
}

interface World {
  readonly words: Words
  readonly threads: readonly Thread[]
}

export interface Exploration {
  /** Different states that were seen. */
  readonly states: number
  /** The steps that lead to a state in which a thread sleeps for ever; undefined: there is none. */
  readonly lost: readonly string[] | undefined
}

export function explore(programs: readonly Program[]): Exploration {
  const start: World = {
    words: { bell: 0, sleeping: 0 },
    threads: programs.map(() => ({ at: 0, own: {}, isAsleep: false })),
  }
  const seen = new Set<string>()
  const stack: Visit[] = [{ world: start, does: '', from: undefined }]
  for (let visit = stack.pop(); visit !== undefined; visit = stack.pop()) {
    const { world } = visit
    const key = keyOf(world)
    if (seen.has(key)) continue
    seen.add(key)
    let moved = false
    for (const [index, program] of programs.entries()) {
      const after = advance(world, index, program)
      if (after === undefined) continue
      moved = true
      const does = program[world.threads[index]?.at ?? 0]?.does ?? ''
      stack.push({ world: after, does: `thread ${index}: ${does}`, from: visit })
    }
    if (!moved && world.threads.some((thread) => thread.isAsleep)) return { states: seen.size, lost: pathTo(visit) }
  }
  return { states: seen.size, lost: undefined }
}

interface Visit {
  readonly world: World
  readonly does: string
  readonly from: Visit | undefined
}

function pathTo(visit: Visit): string[] {
  const path: string[] = []
  for (let at: Visit | undefined = visit; at?.from !== undefined; at = at.from) path.unshift(at.does)
  return path
}

function keyOf({ words, threads }: World): string {
  let key = keyOfWords(words)
  for (const { at, own, isAsleep } of threads) key += `|${at}${isAsleep ? 'z' : ''} ${keyOfWords(own)}`
  return key
}

function keyOfWords(words: Words): string {
  let key = ''
  for (const name in words) key += `${name}${words[name] ?? 0} `
  return key
}

/** The world after one step of a thread; undefined where the thread sleeps or is over. */
function advance(world: World, index: number, program: Program): World | undefined {
  const thread = world.threads[index]
  const step = program[thread?.at ?? 0]
  if (thread === undefined || step === undefined || thread.isAsleep) return undefined
  const words = { ...world.words }
  const own = { ...thread.own }
  const label = step.go?.(words, own)
  const at = label === undefined ? thread.at + 1 : target(program, label)
  const isAsleep = step.sleep === true && words['bell'] === own['seen']
  const threads = world.threads.map((other, place) => {
    if (place === index) return { at, own, isAsleep }
    return step.notify === true ? { ...other, isAsleep: false } : other
  })
  return { words, threads }
}

function target(program: Program, label: string): number {
  return label === 'end' ? program.length : program.findIndex((step) => step.label === label)
}
