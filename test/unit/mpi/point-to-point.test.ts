import { setImmediate } from 'node:timers/promises'
import { expect } from 'chai'
import { CREDIT_BYTES } from '../../../src/mpi/sending/credit.ts'
import { LatestBytes } from '../../../src/mpi/datatypes/datatype.ts'
import { MPIError } from '../../../src/mpi/terms/mpi-error.ts'
import { Status } from '../../../src/mpi/terms/status.ts'
import { failureOf } from './support/failure-of.ts'
import { onRanks } from './support/on-ranks.ts'
import { Random, testSeed } from '../../support/random.ts'
import { TestNetwork } from './support/test-network.ts'
import { Datatype } from '../../../src/wire/envelope.ts'

function queueAbort(controller: AbortController): void {
  void setImmediate().then(() => controller.abort(new Error('enough')))
}

describe('Point to point', () => {
  it('messages of a sender do not overtake, with and without wildcards', async () => {
    const count = 40
    await onRanks(4, async (comm, mpi) => {
      if (comm.rank !== 0) {
        for (let i = 0; i < count; i += 1) void comm.isend([comm.rank, i, 'x'.repeat(i * 7)], 0, i % 2)
        return
      }
      const seen = [0, 0, 0, 0]
      for (let i = 0; i < 3 * count; i += 1) {
        const status = new Status()
        const [from, number] = await comm.irecv<[number, number]>(mpi.ANY_SOURCE, mpi.ANY_TAG, { status })
        expect(status).to.include({ source: from, tag: number % 2, count: 1, type: 'value' })
        expect(number).to.equal(seen[from])
        seen[from] = number + 1
      }
    })
  })

  it('what was given to isend may be overwritten at once', async () => {
    await onRanks(2, async (comm) => {
      if (comm.rank === 0) {
        const view = new Float64Array(500).fill(1)
        const first = comm.isend(view, 1)
        view.fill(2)
        const list = [1, 2, 3]
        const second = comm.isend(list, 1)
        list[0] = 9
        await first
        await second
      } else {
        const view = await comm.irecv<Float64Array>(0)
        expect(view).to.deep.equal(new Float64Array(500).fill(1))
        expect(await comm.irecv(0)).to.deep.equal([1, 2, 3])
      }
    })
  })

  it('recvInto takes a shorter message, refuses a longer one and another type, and leaves the next intact', async () => {
    await onRanks(2, async (comm) => {
      if (comm.rank === 0) {
        await comm.isend(Int32Array.of(1, 2), 1)
        await comm.isend(Int32Array.of(1, 2, 3, 4, 5), 1)
        await comm.isend(new Float64Array(2), 1)
        await comm.isend({ a: 1 }, 1)
        await comm.isend('last', 1)
        return
      }
      const view = new Int32Array(3).fill(-1)
      expect(await comm.irecvInto(view, 0)).to.include({ source: 0, count: 2, bytes: 8, type: 'Int32Array' })
      expect([...view]).to.deep.equal([1, 2, -1])
      const long = await failureOf(comm.irecvInto(view, 0))
      expect(long).to.be.instanceOf(MPIError)
      expect(long).to.include({ code: 'ERR_TRUNCATE', rank: 1, call: 'irecvInto' })
      expect([...view]).to.deep.equal([1, 2, 3])
      expect(await failureOf(comm.irecvInto(view, 0))).to.include({ code: 'ERR_TYPE' })
      expect(await failureOf(comm.irecvInto(view, 0))).to.include({ code: 'ERR_TYPE' })
      expect(await comm.irecv(0)).to.equal('last')
    })
  })

  it('receives into the middle of a buffer, whether the receive or the message comes first', async () => {
    const seed = testSeed()
    const random = new Random(seed)
    await onRanks(2, async (comm) => {
      for (const bytes of [0, 1, 7, 8, 63, 64, 65, 199, 200, 201, 4096, 5000]) {
        if (comm.rank === 0) {
          await comm.isend(new Uint8Array(bytes).fill(bytes & 0xff), 1, bytes)
          continue
        }
        const buffer = new Uint8Array(bytes + 10).fill(7)
        if (random.chance(0.5)) for (let i = 0; i < 5; i += 1) await setImmediate()
        const status = await comm.irecvInto(buffer.subarray(3, 3 + bytes), 0, bytes)
        expect(status.count).to.equal(bytes)
        expect(buffer.subarray(0, 3).every((x) => x === 7)).to.equal(true)
        expect(buffer.subarray(3, 3 + bytes).every((x) => x === (bytes & 0xff))).to.equal(true)
        expect(buffer.subarray(3 + bytes).every((x) => x === 7)).to.equal(true)
      }
    })
  })

  it('issend is done only when the message is matched', async () => {
    await onRanks(2, async (comm) => {
      if (comm.rank === 0) {
        const request = comm.issend('now', 1, 1)
        await comm.isend('go on', 1, 2)
        expect(request.test().done).to.equal(false)
        await comm.isend('receive', 1, 3)
        await request
      } else {
        expect(await comm.irecv(0, 2)).to.equal('go on')
        expect(await comm.irecv(0, 3)).to.equal('receive')
        expect(await comm.irecv(0, 1)).to.equal('now')
      }
    })
  })

  it('isendrecv exchanges along a ring and with PROC_NULL', async () => {
    await onRanks(5, async (comm, mpi) => {
      const right = (comm.rank + 1) % 5
      const left = (comm.rank + 4) % 5
      expect(await comm.isendrecv(comm.rank, right, left)).to.equal(left)
      const into = new Int32Array(100)
      await comm.isendrecvInto(new Int32Array(100).fill(comm.rank), left, into, right, { sendTag: 3, recvTag: 3 })
      expect(into[99]).to.equal(right)
      const request = comm.isendrecv('x', mpi.PROC_NULL, mpi.PROC_NULL)
      expect(await request).to.equal(undefined)
      expect(request.status).to.include({ source: mpi.PROC_NULL, tag: mpi.ANY_TAG, count: 0 })
    })
  })

  it('a receive is cancelled or completed, never both', async () => {
    await onRanks(2, async (comm) => {
      for (let i = 0; i < 50; i += 1) {
        if (comm.rank === 0) {
          await comm.isend(i, 1, 1)
          await comm.isend('end', 1, 1)
          await comm.irecv(1)
          continue
        }
        const controller = new AbortController()
        const request = comm.irecv(0, 1, { signal: controller.signal })
        queueAbort(controller)
        let received = 0
        try {
          expect(await request).to.equal(i)
          received += 1
        } catch (error) {
          expect(error).to.have.property('message', 'enough')
        }
        while ((await comm.irecv(0, 1)) !== 'end') received += 1
        expect(received).to.equal(1)
        await comm.isend('next', 0)
      }
    })
  })

  it('probing tells what the next receive gets, and improbe takes it', async () => {
    await onRanks(
      3,
      async (comm, mpi) => {
        if (comm.rank !== 0) {
          await comm.isend(new Float32Array(comm.rank), 0, comm.rank)
          return
        }
        for (let i = 0; i < 2; i += 1) {
          let message = comm.improbe()
          while (message === null) {
            await setImmediate()
            message = comm.improbe()
          }
          const { source, tag, count, type } = message.status
          expect({ source, tag, count, type }).to.deep.equal({ source: tag, tag, count: source, type: 'Float32Array' })
          expect(comm.iprobe(source, tag)).to.equal(null)
          // recv() would block until the rest has come, and with it the sender.
          for (let turns = 0; turns < 60; turns += 1) {
            mpi.testAny([])
            await setImmediate()
          }
          expect(message.recv<Float32Array>()).to.have.length(source)
          expect(() => message?.recv()).to.throw(/has been received already/)
        }
      },
      CREDIT_BYTES,
    )
  })

  it('a message whose sender is lost in the middle of it is a failure of whoever asks for it', async () => {
    const network = new TestNetwork(2, testSeed())
    const envelope = {
      source: 1,
      dest: 0,
      context: 0,
      tag: 0,
      datatype: Datatype.uint8,
      flags: 0,
      extra: 0,
      byteLength: 9,
    }
    network.pipe(1, 0).parts.push({ type: 'begin', envelope, bytes: new Uint8Array(4) })
    await network.run(async ({ MPI }, rank) => {
      if (rank === 1) return
      while (MPI.COMM_WORLD.iprobe(1) === null) await setImmediate()
      // The end of rank 1 is seen.
      await failureOf(MPI.COMM_WORLD.irecv(1, 7))
      expect(await failureOf(MPI.COMM_WORLD.irecv(1))).to.include({ code: 'ERR_PROC_FAILED' })
    })
  })

  it('waiting for a rank that has finished fails; what it sent is received first', async () => {
    await onRanks(3, async (comm, mpi) => {
      if (comm.rank === 2) return comm.isend('bye', 0)
      if (comm.rank === 1) return undefined
      const early = comm.irecv(1)
      expect(await comm.irecv(2)).to.equal('bye')
      const error = await failureOf(early)
      expect(error).to.include({ code: 'ERR_PROC_FAILED' })
      expect(String(error)).to.match(/irecv\(source = 1, tag = ANY_TAG\): rank 1 has finished/)
      expect(await failureOf(comm.irecv(2))).to.include({ code: 'ERR_PROC_FAILED' })
      expect(await failureOf(comm.irecv(mpi.ANY_SOURCE))).to.include({ code: 'ERR_PROC_FAILED' })
      expect(await failureOf(comm.issend(1, 1))).to.include({ code: 'ERR_PROC_FAILED' })
      // Buffered, so done.
      await comm.isend(1, 1)
      return undefined
    })
  })

  it('a receive from anybody gets what this rank sends to itself, also where all others have finished', async () => {
    await onRanks(2, async (comm, mpi) => {
      if (comm.rank === 1) return
      const before = comm.irecv(mpi.ANY_SOURCE, 1)
      await failureOf(comm.irecv(1))
      const [blocking, awaited, last] = [2, 3, 4].map((tag) => comm.irecv(mpi.ANY_SOURCE, tag))
      const other = awaited?.then((value) => value)
      for (const tag of [1, 2, 3]) comm.isend(`own ${tag}`, 0, tag)
      expect(before.wait()).to.equal('own 1')
      expect(blocking?.wait()).to.equal('own 2')
      expect(await other).to.equal('own 3')
      const failures = [
        () => comm.irecv().wait(),
        () => mpi.waitAny([comm.irecv(mpi.ANY_SOURCE, 5), comm.irecv(mpi.ANY_SOURCE, 6)]),
        () => comm.sendrecv(1, mpi.PROC_NULL, mpi.ANY_SOURCE),
        () => last?.test(),
        () => mpi.testAll([comm.irecv()]),
        () => mpi.testAny([comm.irecv()]),
      ]
      for (const failure of failures) expect(failure).to.throw(/ERR_PROC_FAILED|finished/)
      const late = comm.isendrecv(1, mpi.PROC_NULL, mpi.ANY_SOURCE)
      expect(await failureOf(late)).to.include({ code: 'ERR_PROC_FAILED' })
    })
  })

  it('messages() gives out what all others have sent, then ends', async () => {
    await onRanks(4, async (comm) => {
      if (comm.rank !== 0) {
        for (let i = 0; i < 20; i += 1) await comm.isend(i, 0, comm.rank)
        return
      }
      const seen = [0, 0, 0, 0]
      for await (const { data, source, tag } of comm.messages<number>()) {
        expect({ data, tag }).to.deep.equal({ data: seen[source], tag: source })
        seen[source] = data + 1
      }
      expect(seen).to.deep.equal([0, 20, 20, 20])
    })
  })

  it('messages() of one source ends when that rank has finished, also in the blocking form', async () => {
    await onRanks(3, async (comm) => {
      if (comm.rank === 0) {
        await comm.isend('first', 1)
        await comm.isend('second', 1)
      } else if (comm.rank === 1) {
        const seen: unknown[] = []
        for await (const { data } of comm.messages({ source: 0 })) seen.push(data)
        expect(seen).to.deep.equal(['first', 'second'])
        expect([...comm.messages({ source: 0 })]).to.deep.equal([])
        await comm.isend('you may go', 2)
      } else {
        // Its own messages are given out; only it could send more.
        void comm.isend('own', 2)
        const [own, last] = [await comm.irecv(2), await comm.irecv(1)]
        expect([own, last]).to.deep.equal(['own', 'you may go'])
      }
    })
  })
})

describe('LatestBytes', () => {
  it('of() shows the memory of the view that it is given, also when that has changed since', () => {
    const latest = new LatestBytes()
    const view = new Float64Array([1, 2])
    const bytes = latest.of(view)
    expect(latest.of(view)).to.equal(bytes)
    view[1] = -2
    expect(new Float64Array(bytes.buffer, bytes.byteOffset, 2)).to.deep.equal(view)
    const other = view.subarray(1)
    expect([latest.of(other).byteOffset, latest.of(other).byteLength]).to.deep.equal([8, 8])
    expect(latest.of(view).byteLength).to.equal(16)
    structuredClone(view.buffer, { transfer: [view.buffer] })
    expect(latest.of(view).byteLength).to.equal(0)
    const large = new Uint16Array(100_000)
    expect(latest.of(large)).to.not.equal(latest.of(large))
  })
})
