import type { ModelStep, Program } from './interleavings.ts'

/** Ways to get it wrong, which the model must find. */
export type Mistake =
  | 'looks before it announces its sleep'
  | 'does not look again'
  | 'does not look at its wish again'
  | 'rings before it publishes'
  | 'rings without changing the bell'

/** Doorbell.ring(): called by a waker after it has changed something. */
function ring(mistake: Mistake | undefined): ModelStep[] {
  const add: ModelStep = {
    does: 'add bell',
    go: (words) => {
      if (mistake !== 'rings without changing the bell') words['bell'] = (words['bell'] ?? 0) + 1
      return undefined
    },
  }
  return [
    { does: 'load sleeping', go: (words) => (words['sleeping'] === 0 ? 'end' : undefined) },
    { does: 'store sleeping 0', go: assign('sleeping', 0) },
    add,
    { does: 'notify bell', notify: true },
  ]
}

function assign(word: string, value: number): (words: Record<string, number>) => undefined {
  return (words) => {
    words[word] = value
    return undefined
  }
}

/** RingWriter.commit() by the producer of ring `index`. */
export function publisher(index: number, mistake?: Mistake): Program {
  const publish: ModelStep = { does: `store tail${index}`, go: assign(`tail${index}`, 1) }
  if (mistake !== 'rings before it publishes') return [publish, ...ring(mistake)]
  // The same steps in another order; a waker that sees nobody asleep goes on to publish.
  const [look, ...others] = ring(mistake)
  const skip = {
    ...look,
    does: 'load sleeping',
    go: (words: Record<string, number>) => (words['sleeping'] === 0 ? 'publish' : undefined),
  }
  return [skip, ...others, { ...publish, label: 'publish' }]
}

/** RingReader.release() by the consumer of ring `index`, a record after the other. */
export function consumer(index: number, records: number, mistake?: Mistake): Program {
  return Array.from({ length: records }, (_, record) => release(index, record, mistake)).flat()
}

function release(index: number, record: number, mistake: Mistake | undefined): ModelStep[] {
  const next = `record ${record + 1}`
  const toNext = (step: ModelStep): ModelStep => ({
    ...step,
    go: (words, own) => (step.go?.(words, own) === 'end' ? next : undefined),
  })
  const free = (words: Record<string, number>): undefined => {
    words[`head${index}`] = (words[`head${index}`] ?? 0) + 1
    return undefined
  }
  return [
    { does: `store head${index}`, label: `record ${record}`, go: free },
    { does: `load wanted${index}`, go: (words) => (words[`wanted${index}`] === 1 ? undefined : next) },
    { does: `store wanted${index} 0`, go: assign(`wanted${index}`, 0) },
    ...ring(mistake).map(toNext),
    { does: 'goes on', label: next },
  ]
}

/** What the owner of a bell waits for. */
export interface Wishes {
  /** Rings that it reads; each gets one record. */
  readonly reads: readonly number[]
  /** Rings that it has filled; it wants so many records released in each. */
  readonly needs: Readonly<Record<number, number>>
}

/** A rank that waits (ShmLink.wait) until each of its rings has had its record and each of its full rings has room. */
export function owner({ reads, needs }: Wishes, mistake?: Mistake): Program {
  const full = Object.keys(needs).map(Number)
  const announce: ModelStep[] = [
    {
      does: 'load bell',
      go: (words, own) => {
        own['seen'] = words['bell'] ?? 0
        return undefined
      },
    },
    { does: 'store sleeping 1', go: assign('sleeping', 1) },
  ]
  const look = mistake === 'does not look again' ? [] : lookAgain(reads, full, mistake)
  const early = mistake === 'looks before it announces its sleep'
  return [
    ...reads.map((index, place) => read(index, place === 0 ? 'try' : undefined)),
    ...full.flatMap((index, place) =>
      reserve(index, needs[index] ?? 0, reads.length + place === 0 ? 'try' : undefined),
    ),
    {
      does: 'is content?',
      go: (_, own) => {
        const has = reads.every((index) => own[`tail${index}`] === 1)
        return has && full.every((index) => own[`room${index}`] === 1) ? 'end' : undefined
      },
    },
    ...(early ? [...look, ...announce] : [...announce, ...look]),
    { does: 'wait bell', sleep: true },
    { does: 'store sleeping 0', go: (words) => (assign('sleeping', 0)(words), 'try') },
    { does: 'store sleeping 0', label: 'awake', go: (words) => (assign('sleeping', 0)(words), 'try') },
  ]
}

/** RingReader.next(). */
function read(index: number, label: string | undefined): ModelStep {
  const take: ModelStep = {
    does: `load tail${index}`,
    go: (words, own) => {
      own[`tail${index}`] = words[`tail${index}`] ?? 0
      return undefined
    },
  }
  return label === undefined ? take : { ...take, label }
}

/** RingWriter.reserve() that found no room in what it knew of the head. */
function reserve(index: number, need: number, label: string | undefined): ModelStep[] {
  const after = `reserved ${index}`
  const wish: ModelStep = {
    does: `store wanted${index} 1`,
    go: (words, own) => {
      if (own[`room${index}`] === 1) return after
      words[`wanted${index}`] = 1
      own[`waits${index}`] = 1
      return undefined
    },
  }
  return [
    label === undefined ? wish : { ...wish, label },
    { does: `load head${index}`, go: (words) => ((words[`head${index}`] ?? 0) >= need ? undefined : after) },
    {
      does: `store wanted${index} 0`,
      go: (words, own) => {
        words[`wanted${index}`] = 0
        own[`room${index}`] = 1
        own[`waits${index}`] = 0
        return undefined
      },
    },
    { does: 'goes on', label: after },
  ]
}

/** Between prepare() and sleep(): RingReader.hasNext() and RingWriter.takeNewRoom() of each ring. */
function lookAgain(reads: readonly number[], full: readonly number[], mistake: Mistake | undefined): ModelStep[] {
  const readers = reads.map((index): ModelStep => {
    return {
      does: `load tail${index}`,
      go: (words, own) => ((words[`tail${index}`] ?? 0) === own[`tail${index}`] ? undefined : 'awake'),
    }
  })
  if (mistake === 'does not look at its wish again') return readers
  const writers = full.map((index): ModelStep => {
    const takeNewRoom = (words: Record<string, number>, own: Record<string, number>): boolean =>
      own[`waits${index}`] === 1 && words[`wanted${index}`] === 0
    return { does: `load wanted${index}`, go: (words, own) => (takeNewRoom(words, own) ? 'awake' : undefined) }
  })
  return [...readers, ...writers]
}
