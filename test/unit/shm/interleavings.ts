/**
 * Explores every interleaving of small programs whose steps are atomic, with shared words: what is true of all of them is true of threads
 * whose steps are sequentially consistent Atomics.
 */

/** Shared words by name; all start at 0. */
export type Words = Record<string, number>

/**
 * One atomic step. `go` returns the label to go on at; nothing: the next step. `sleep`: waits while `bell` is what `seen` says, or as long as
 * `while` holds; whoever has slept looks for itself what has come. `notify`: wakes who sleeps on `bell`, or on the thing of that name.
 * A step that makes the word `wrong` other than 0 has gone wrong.
 */
export interface ModelStep {
  /** What the code does here, as `traceAtomics` prints it. */
  readonly does: string
  readonly label?: string
  readonly go?: (words: Words, own: Words) => string | undefined
  readonly sleep?: true | Sleep
  readonly notify?: true | string
}

export interface Sleep {
  readonly on: string
  readonly while: (words: Words, own: Words) => boolean
}

export type Program = readonly ModelStep[]

interface Thread {
  readonly at: number
  readonly own: Words
  /** What it sleeps on; '': it does not. */
  readonly sleepsOn: string
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
  /** The steps that lead to one that goes wrong; undefined: there is none. */
  readonly wrong?: readonly string[]
}

const BELL: Sleep = { on: 'bell', while: (words, own) => words['bell'] === own['seen'] }

export function explore(programs: readonly Program[], words: Words = { bell: 0, sleeping: 0 }): Exploration {
  const start: World = { words, threads: programs.map(() => ({ at: 0, own: {}, sleepsOn: '' })) }
  const labels = programs.map((program) => new Map(program.map(({ label }, at) => [label, at])))
  const seen = new Set<string>()
  const stack: Visit[] = [{ world: start, does: '', from: undefined }]
  for (let visit = stack.pop(); visit !== undefined; visit = stack.pop()) {
    const { world } = visit
    const key = keyOf(world)
    if (seen.has(key)) continue
    seen.add(key)
    if ((world.words['wrong'] ?? 0) !== 0) return { states: seen.size, lost: undefined, wrong: pathTo(visit) }
    let moved = false
    for (const [index, program] of programs.entries()) {
      const after = advance(world, index, program, labels[index])
      if (after === undefined) continue
      moved = true
      const does = program[world.threads[index]?.at ?? 0]?.does ?? ''
      stack.push({ world: after, does: `thread ${index}: ${does}`, from: visit })
    }
    if (!moved && world.threads.some((thread) => thread.sleepsOn !== ''))
      return { states: seen.size, lost: pathTo(visit) }
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
  for (const { at, own, sleepsOn } of threads) key += `|${at}${sleepsOn} ${keyOfWords(own)}`
  return key
}

function keyOfWords(words: Words): string {
  let key = ''
  for (const name in words) key += `${name}${words[name] ?? 0} `
  return key
}

/** The world after one step of a thread; undefined where the thread sleeps or is over. */
function advance(
  world: World,
  index: number,
  program: Program,
  labels: ReadonlyMap<string | undefined, number> | undefined,
): World | undefined {
  const thread = world.threads[index]
  const step = program[thread?.at ?? 0]
  if (thread === undefined || step === undefined || thread.sleepsOn !== '') return undefined
  const words = { ...world.words }
  const own = { ...thread.own }
  const label = step.go?.(words, own)
  const at = label === undefined ? thread.at + 1 : target(program, label, labels)
  const sleep = step.sleep === true ? BELL : step.sleep
  const sleepsOn = sleep?.while(words, own) === true ? sleep.on : ''
  const woken = step.notify === true ? BELL.on : step.notify
  const threads = world.threads.map((other, place) => {
    if (place === index) return { at, own, sleepsOn }
    return woken !== undefined && other.sleepsOn === woken ? { ...other, sleepsOn: '' } : other
  })
  return { words, threads }
}

function target(program: Program, label: string, labels: ReadonlyMap<string | undefined, number> | undefined): number {
  if (label === 'end') return program.length
  const at = labels?.get(label)
  if (at === undefined) throw new Error(`no step is called "${label}"`)
  return at
}
