import assert from 'node:assert/strict'
import { setImmediate } from 'node:timers/promises'
import type { Comm } from '../../src/mpi/api/comm.ts'
import type { MPIStatic } from '../../src/mpi/mpi.ts'
import type { Request } from '../../src/mpi/terms/request.ts'
import { Random } from './random.ts'
import { contradiction, type ReceiveEvent, type SentMessage } from './matching-rules.ts'

/** A message of the plan, which all ranks make from the same seed. Ranks are those of its communicator. */
interface Planned extends SentMessage {
  /** Its place in the plan. */
  readonly id: number
  readonly comm: number
  readonly dest: number
  readonly kind: 'value' | 'view' | 'alloc' | 'synchronous'
  readonly length: number
}

export interface ExchangeOptions {
  readonly seed: number
  /** Messages that each rank sends, on the average. */
  readonly messages: number
  /** Elements of the longest view. */
  readonly longest: number
  /** Blocking calls, too: ranks have threads of their own. */
  readonly isBlocking: boolean
}

const TAGS = 4
/** Views alone travel with this tag, so that a receive into a view may ask for it. */
const VIEW_TAG = 3

interface Pending {
  readonly event: { comm: number; source: number; tag: number; posted: number }
  readonly request: Request<unknown>
  readonly into: Int32Array | undefined
}

/**
 * Ranks send each other random messages on three communicators, and receive them with whatever calls and wildcards come to mind, cancel some,
 * and probe; then every message must have come once, intact, and in an order that MPI permits. Failures name the seed.
 */
export async function randomExchange(mpi: MPIStatic, options: ExchangeOptions): Promise<void> {
  try {
    await new Exchange(mpi, options, await communicators(mpi.COMM_WORLD)).run()
  } catch (error) {
    if (error instanceof Error) error.message += ` (rank ${mpi.COMM_WORLD.rank}, seed ${options.seed})`
    throw error
  }
}

async function communicators(world: Comm): Promise<Comm[]> {
  return [world, await world.idup(), (await world.isplit(0, -world.rank)) ?? assert.fail('no communicator')]
}

/** The plan: every message of the run in an order that is each sender's. */
function plan(size: number, { seed, messages, longest }: ExchangeOptions): Planned[] {
  const random = new Random(seed)
  const next = new Map<string, number>()
  return Array.from({ length: size * messages }, (_, id) => {
    const [comm, source, dest, tag] = [random.below(3), random.below(size), random.below(size), random.below(TAGS)]
    const route = `${comm} ${source} ${dest}`
    const number = next.get(route) ?? 0
    next.set(route, number + 1)
    const kinds = tag === VIEW_TAG ? (['view', 'alloc'] as const) : (['value', 'view', 'alloc', 'synchronous'] as const)
    // Most are short, as in life; few are long.
    const length = random.below(Math.ceil(longest ** random.next()) + 1)
    return { id, comm, source, dest, tag, number, kind: kinds[random.below(kinds.length)] ?? 'value', length }
  })
}

class Exchange {
  private readonly mpi: MPIStatic
  private readonly options: ExchangeOptions
  private readonly comms: readonly Comm[]
  private readonly planned: readonly Planned[]
  private readonly random: Random
  private readonly sends: Request<void>[] = []
  private readonly pending: Pending[] = []
  private readonly events: ReceiveEvent[][] = [[], [], []]
  private readonly received = [0, 0, 0]
  private step = 0

  constructor(mpi: MPIStatic, options: ExchangeOptions, comms: readonly Comm[]) {
    this.mpi = mpi
    this.options = options
    this.comms = comms
    this.planned = plan(mpi.COMM_WORLD.size, options)
    this.random = new Random(options.seed * 31 + mpi.COMM_WORLD.rank)
  }

  async run(): Promise<void> {
    const mine = this.planned.filter(({ comm, source }) => this.comms[comm]?.rank === source)
    while (mine.length > 0) {
      const message = mine[0]
      if (message !== undefined && this.random.chance(0.4)) {
        mine.shift()
        this.send(message)
      } else await this.receiveSomehow()
      if (this.random.chance(0.2)) await setImmediate()
    }
    for (let i = this.random.below(10); i > 0; i -= 1) await this.receiveSomehow()
    await this.drain()
    for (const send of this.sends) await send
    // Whoever has nothing to do any more must not end: receives that others will cancel would fail.
    await this.comm(0).ibarrier()
    for (const comm of this.comms.keys()) {
      const sent = this.expected(comm)
      assert.equal(contradiction(sent, this.events[comm] ?? []), undefined)
    }
    for (const comm of this.comms.slice(1)) comm.free()
  }

  private comm(index: number): Comm {
    return this.comms[index] ?? assert.fail(`no communicator ${index}`)
  }

  private expected(index: number): Planned[] {
    return this.planned.filter(({ comm, dest }) => comm === index && this.comm(comm).rank === dest)
  }

  private send(message: Planned): void {
    const comm = this.comm(message.comm)
    const content = contentOf(message, this.mpi)
    if (message.kind === 'synchronous') this.sends.push(comm.issend(content, message.dest, message.tag))
    else if (this.options.isBlocking && this.random.chance(0.5)) comm.send(content, message.dest, message.tag)
    else this.sends.push(comm.isend(content, message.dest, message.tag))
    // Memory of MPI.alloc belongs to the request; all other memory may change at once.
    if (message.kind === 'view' && ArrayBuffer.isView(content)) new Uint8Array(content.buffer).fill(255)
  }

  /** One call of the receiving side, at random. */
  private async receiveSomehow(): Promise<void> {
    const index = this.random.below(3)
    const comm = this.comm(index)
    const source = this.random.chance(0.4) ? this.mpi.ANY_SOURCE : this.random.below(comm.size)
    const tag = this.random.chance(0.4) ? this.mpi.ANY_TAG : this.random.below(TAGS)
    const posted = this.now()
    switch (this.random.below(6)) {
      case 0:
      case 1: {
        const event = { comm: index, source, tag, posted }
        if (tag === VIEW_TAG && this.random.chance(0.5)) {
          const into = new Int32Array(this.options.longest + 4).fill(-7)
          this.pending.push({ event, request: comm.irecvInto(into, source, tag), into })
        } else this.pending.push({ event, request: comm.irecv(source, tag), into: undefined })
        return
      }
      case 2:
        return this.look()
      case 3:
        return this.cancel()
      case 4:
        // recv() of a message blocks until the rest of it has come, which only threads of their own may do.
        return this.options.isBlocking ? this.takeProbed(index, source, tag) : this.receiveProbed(index, source, tag)
      default:
        return this.receiveProbed(index, source, tag)
    }
  }

  /** Probes; a receive of that source and tag must then get that message. */
  private async receiveProbed(index: number, source: number, tag: number): Promise<void> {
    const comm = this.comm(index)
    const status = comm.iprobe(source, tag)
    if (status === null) return
    const exact = { comm: index, source: status.source, tag: status.tag, posted: this.now() }
    const data = await this.receive(comm, exact.source, exact.tag)
    const { length } = this.note(exact, data)
    if (ArrayBuffer.isView(data)) assert.equal(status.count, length + 1)
  }

  private takeProbed(index: number, source: number, tag: number): void {
    const posted = this.now()
    const message = this.comm(index).improbe(source, tag)
    if (message === null) return
    const got = this.note({ comm: index, source, tag, posted }, message.recv(), posted)
    assert.deepEqual([message.status.source, message.status.tag], [got.source, got.tag])
  }

  private receive(comm: Comm, source: number, tag: number): unknown {
    return this.options.isBlocking && this.random.chance(0.7) ? comm.recv(source, tag) : comm.irecv(source, tag)
  }

  /** Asks after one pending receive. */
  private look(): void {
    const at = this.random.below(Math.max(1, this.pending.length))
    const pending = this.pending[at]
    if (pending === undefined) return
    const tested = pending.request.test()
    if (tested.done) this.complete(pending, tested.value)
  }

  private cancel(): void {
    const pending = this.pending[this.random.below(Math.max(1, this.pending.length))]
    if (pending === undefined || !this.random.chance(0.5)) return
    this.withdraw(pending)
  }

  /** Cancels a receive; whether that came in time. */
  private withdraw(pending: Pending): boolean {
    if (!pending.request.cancel()) return false
    const now = this.now()
    const { comm, source, tag, posted } = pending.event
    this.events[comm]?.push({ source, tag, posted, earliest: now, latest: now, got: null })
    this.pending.splice(this.pending.indexOf(pending), 1)
    return true
  }

  /** Takes all that is left: cancels what is posted, then receives whatever comes. */
  private async drain(): Promise<void> {
    for (const pending of this.random.shuffle(this.pending)) {
      if (!this.withdraw(pending)) this.complete(pending, await pending.request)
    }
    for (const index of this.random.shuffle([0, 1, 2])) {
      while ((this.received[index] ?? 0) < this.expected(index).length) {
        const event = { comm: index, source: this.mpi.ANY_SOURCE, tag: this.mpi.ANY_TAG, posted: this.now() }
        this.note(event, await this.receive(this.comm(index), event.source, event.tag))
      }
    }
  }

  private complete(pending: Pending, value: unknown): void {
    this.pending.splice(this.pending.indexOf(pending), 1)
    const { into, request } = pending
    if (into === undefined) return void this.note(pending.event, value)
    const { count } = request.status
    assert.ok(
      into.subarray(count).every((x) => x === -7),
      'elements behind the message changed',
    )
    this.note(pending.event, into.subarray(0, count))
  }

  /** Notes that a receive got `data`, which must be as it was sent. */
  private note(event: Pending['event'], data: unknown, latest: number = this.now()): Planned {
    const id = ArrayBuffer.isView(data) ? (data as Int32Array)[0] : (data as { id: number }).id
    const message = this.planned[id ?? -1] ?? assert.fail(`no message ${id}`)
    assert.equal(message.comm, event.comm)
    assert.equal(message.dest, this.comm(message.comm).rank)
    const wanted = contentOf(message, undefined)
    assert.ok(sameContent(data, wanted), `message ${id} was changed on its way`)
    const { source, tag, posted } = event
    this.events[event.comm]?.push({ source, tag, posted, earliest: posted, latest, got: message })
    this.received[event.comm] = (this.received[event.comm] ?? 0) + 1
    return message
  }

  private now(): number {
    this.step += 1
    return this.step
  }
}

/** What a message holds: its place in the plan, and as much more as it is long. */
function contentOf(message: Planned, mpi: MPIStatic | undefined): Int32Array | { id: number; text: string } {
  const { id } = message
  if (message.kind === 'value' || message.kind === 'synchronous') return { id, text: 'é'.repeat(message.length) }
  const length = message.length + 1
  const isAllocated = message.kind === 'alloc' && mpi !== undefined
  const view = isAllocated ? (mpi.alloc(Int32Array, length) as Int32Array) : new Int32Array(length)
  view[0] = id
  for (let i = 1; i < length; i += 1) view[i] = id * 7 + i
  return view
}

function sameContent(data: unknown, wanted: Int32Array | { id: number; text: string }): boolean {
  if (wanted instanceof Int32Array) {
    return data instanceof Int32Array && data.length === wanted.length && data.every((x, i) => x === wanted[i])
  }
  const { id, text } = data as { id?: unknown; text?: unknown }
  return id === wanted.id && text === wanted.text
}
