import { expect } from 'chai'
import { encodeFailure } from '../../../src/mpi/collectives/call/failure.ts'
import type { Link, LinkSink, SharedMemory } from '../../../src/mpi/link/link.ts'
import { Area, Place, shapeOf } from '../../../src/mpi/collectives/in-memory/area/area.ts'
import { datatypeOf } from '../../../src/mpi/datatypes/datatype.ts'
import { ENVELOPE_FLAG_FAILED } from '../../../src/wire/envelope-flags.ts'
import { MPIError, type MPIErrorCode } from '../../../src/mpi/terms/mpi-error.ts'
import { createRuntime, type Runtime } from '../../../src/mpi/runtime.ts'
import type { Envelope } from '../../../src/wire/envelope.ts'
import { testHost } from '../mpi/support/test-network.ts'

/** Elements of a block; others are given its handle at once, so that it is shown. */
const LENGTH = 4096
const TIMEOUT_MS = 5
const KIB = 1024

/** Rank 0 of two in real shared memory. The steps of rank 1 are taken by hand, whenever rank 0 waits. */
class HandDrivenPair {
  readonly reports: Envelope[] = []
  readonly runtime: Runtime
  /** What rank 1 does at the first wait of rank 0, at the second, and so on. */
  script: (() => void)[] = []
  /** What it does between rank 0's last look and its clock, when its time is up. */
  atTheEnd: () => void = () => undefined
  /** Messages for rank 0. */
  private readonly arriving: ((sink: LinkSink) => void)[] = []
  readonly other: Area
  /** The block of rank 1, in its memory of MPI.alloc. */
  readonly theirs: Float64Array = new Float64Array(new SharedArrayBuffer(LENGTH * 8)).fill(1)
  /** What the clock says, ms: the time is up when rank 1 has nothing more to do. */
  now = 0

  constructor() {
    const memory = { buffer: new SharedArrayBuffer(8 * KIB * KIB) }
    const places = new Map<string, number>()
    let free = KIB
    const claim = (owner: number, kind: number, _users: number, bytes: number): number => {
      const at = places.get(`${owner}.${kind}`) ?? free
      places.set(`${owner}.${kind}`, at)
      if (at === free) free += Math.ceil(bytes / KIB) * KIB
      return at
    }
    const shared: SharedMemory = {
      memory,
      maySpin: false,
      isHere: () => true,
      claim,
      release: () => undefined,
      show: () => 1,
      hide: () => undefined,
      knows: () => true,
      find: () => this.theirs.buffer as SharedArrayBuffer,
      giveTurns: () => false,
      wake: () => undefined,
    }
    const link: Link = {
      rank: 0,
      size: 2,
      shared,
      trySend: (envelope, payload) => {
        if ((envelope.flags & ENVELOPE_FLAG_FAILED) !== 0) this.reports.push({ ...envelope })
        return payload.byteLength
      },
      receive: (sink) => {
        if (this.now > 0) this.atTheEnd()
        const messages = this.arriving.splice(0)
        for (const message of messages) message(sink)
        return messages.length > 0
      },
      wait: () => {
        const act = this.script.shift()
        if (act !== undefined) return act()
        this.now = 2 * TIMEOUT_MS
      },
      wakeOnce: () => undefined,
      cancelWake: () => undefined,
    }
    this.runtime = createRuntime(link, testHost)
    const comm = this.runtime.MPI.COMM_WORLD
    // Its area is claimed at its first call, for which rank 1 does not come.
    try {
      comm.barrier({ timeout: 0 })
    } catch (error) {
      expect(error).to.include({ code: 'ERR_TIMEOUT' })
    }
    this.other = new Area(shared, KIB, 1, [0, 1])
    this.other.next()
    this.other.skip()
    this.reports.length = 0
  }

  /** Rank 1 comes to the call that rank 0 is in, and shows its block. */
  come(): void {
    const { other } = this
    other.next()
    const { signature, sequence } = other.header(0)
    other.beginSteps()
    other.beginShowing()
    other.words[other.payloadOffset(1) / 4] = 1
    other.floats[other.payloadOffset(1) / 8 + 1] = 0
    other.publish(signature | 0, sequence, shapeOf(datatypeOf(this.theirs), Place.shown), this.theirs.byteLength)
  }

  /** Rank 1 copies the block of rank 0. */
  read(): void {
    expect(this.other.beginReading(0), 'shown').to.equal(true)
    this.other.endReading()
  }

  /** Rank 1 reports that a call has failed there; `envelope`: that of a report of rank 0. */
  report(envelope: Envelope, sequence: number, code: MPIErrorCode): void {
    const origin = { worldRank: 1, rank: 1, call: 'allgatherInto', name: 'COMM_WORLD' }
    const payload = encodeFailure(new MPIError(code, 1, 'allgatherInto', 'failed'), origin)
    const message = { ...envelope, source: 1, dest: 0, tag: sequence, byteLength: payload.byteLength }
    this.arriving.push((sink) => {
      sink.begin(message)?.set(payload)
      sink.complete(message, payload)
    })
  }

  /** What an allgatherInto of rank 0 throws. */
  allgather(): MPIError | undefined {
    const { MPI } = this.runtime
    const { COMM_WORLD: comm } = MPI
    const [mine, all] = [MPI.alloc(Float64Array, LENGTH).fill(2), new Float64Array(2 * LENGTH)]
    this.now = 0
    try {
      comm.allgatherInto(mine, all, { timeout: TIMEOUT_MS })
    } catch (error) {
      if (error instanceof MPIError) return error
      throw error
    }
    expect([all[0], all[2 * LENGTH - 1]]).to.deep.equal([2, 1])
    return undefined
  }
}

describe('a rank in allgatherInto from memory of MPI.alloc', () => {
  let pair: HandDrivenPair

  beforeEach(() => {
    pair = new HandDrivenPair()
    performance.now = () => pair.now
  })

  afterEach(() => {
    // The real one is the prototype's.
    Reflect.deleteProperty(performance, 'now')
  })

  it('whose time is up tells the other, which has not come', () => {
    expect(pair.allgather()).to.include({ code: 'ERR_TIMEOUT', rank: 0 })
    expect(pair.reports).to.have.length(1)
    pair.come()
    expect(pair.other.beginReading(0), 'still shown').to.equal(false)
  })

  it('whose time is up tells the other, which has read its block and waits for its last step', () => {
    pair.script = [() => pair.come(), () => pair.read()]
    expect(pair.allgather()).to.include({ code: 'ERR_TIMEOUT', rank: 0 })
    expect(pair.reports).to.have.length(1)
    expect(pair.reports[0]).to.include({ source: 0, dest: 1 })
  })

  it('whose time is up tells the other, which has come and not read, and withdraws its block', () => {
    pair.script = [() => pair.come()]
    expect(pair.allgather()).to.include({ code: 'ERR_TIMEOUT', rank: 0 })
    expect(pair.reports).to.have.length(1)
    expect(pair.other.beginReading(0), 'still shown').to.equal(false)
  })

  it('finishes where the other takes its last step in time', () => {
    pair.script = [
      () => pair.come(),
      () => {
        pair.read()
        pair.other.step(1)
      },
    ]
    expect(pair.allgather()).to.equal(undefined)
    expect(pair.reports).to.have.length(0)
    expect(pair.other.hasDone(0, 1)).to.equal(true)
  })

  it('whose time is up tells nobody where the other takes its last step just then', () => {
    pair.script = [() => pair.come(), () => pair.read()]
    let isLast = false
    pair.atTheEnd = () => {
      isLast = true
      pair.other.step(1)
    }
    expect(pair.allgather()).to.include({ code: 'ERR_TIMEOUT', rank: 0 })
    expect(isLast).to.equal(true)
    expect(pair.reports).to.have.length(0)
    // The other finds the step that it waits for.
    expect(pair.other.hasDone(0, 1)).to.equal(true)
  })

  it('whose time is up takes no step in its next call that the other would wait for in this one', () => {
    pair.script = [() => pair.come()]
    expect(pair.allgather()).to.include({ code: 'ERR_TIMEOUT' })
    expect(pair.allgather()).to.include({ code: 'ERR_TIMEOUT' })
    expect(pair.other.hasDone(0, 1), 'the last step').to.equal(true)
    expect(pair.other.hasDone(0, 2), 'a step that was never taken').to.equal(false)
  })

  for (const [code, then] of [
    ['ERR_TIMEOUT', 'finishes the next one'],
    ['ERR_OTHER', 'fails in the next one'],
  ] as const) {
    it(`which hears ${code} of a call that it has finished ${then}`, () => {
      const act = (): void => {
        pair.come()
        pair.read()
        pair.other.step(1)
      }
      expect(pair.allgather()).to.include({ code: 'ERR_TIMEOUT', rank: 0 })
      const [envelope] = pair.reports
      if (envelope === undefined) throw new Error('no report')
      pair.other.next()
      pair.other.skip()
      pair.script = [act]
      expect(pair.allgather(), 'the call that rank 0 finishes').to.equal(undefined)
      pair.script = [() => pair.report(envelope, envelope.tag + 1, code), act]
      const error = pair.allgather()
      if (code === 'ERR_TIMEOUT') expect(error).to.equal(undefined)
      else expect(error).to.include({ code, rank: 1 })
    })
  }
})
