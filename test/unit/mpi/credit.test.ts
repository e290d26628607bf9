import { setImmediate } from 'node:timers/promises'
import { expect } from 'chai'
import { Credit } from '../../../src/mpi/sending/credit.ts'
import { failureOf } from './support/failure-of.ts'
import { onRanks } from './support/on-ranks.ts'

/** What a message costs beyond its payload. */
const COST = 512

describe('Credit', () => {
  it('tryUse() stops at the limit, for each rank by itself, and goes on when credit returns', () => {
    const credit = new Credit(3, 10_000)
    expect(credit.tryUse(1, 10_000 - COST)).to.equal(true)
    expect(credit.tryUse(1, 0)).to.equal(false)
    expect(credit.tryUse(2, 0)).to.equal(true)
    credit.returned(1, 5000)
    expect(credit.tryUse(1, 5000 - COST + 1)).to.equal(false)
    expect(credit.tryUse(1, 5000 - COST)).to.equal(true)
  })

  it('settle() gives back everything, in lots of a quarter', () => {
    const credit = new Credit(3, 8000)
    expect(credit.settle(1, 1000)).to.equal(0)
    expect(credit.settle(2, 100)).to.equal(0)
    expect(credit.settle(1, 1000)).to.equal(2000 + 2 * COST)
    expect(credit.settle(1, 8000)).to.equal(8000 + COST)
    expect(credit.settle(1, 0)).to.equal(0)
  })
})

describe('Messages beyond the credit', () => {
  it('are done when they are matched; those behind them are not held up', async () => {
    await onRanks(
      2,
      async (comm) => {
        if (comm.rank === 0) {
          const view = new Float64Array(700).fill(1)
          const large = comm.isend(view, 1, 1)
          view.fill(2)
          const other = comm.isend({ text: 'x'.repeat(5000) }, 1, 2)
          await comm.isend('small', 1, 3)
          await comm.isend('small', 1, 3)
          expect(large.test().done, 'matched too early').to.equal(false)
          await other
          expect(large.test().done, 'matched too early').to.equal(false)
          await comm.isend('go', 1, 4)
          await large
        } else {
          expect(await comm.irecv(0, 3)).to.equal('small')
          expect(await comm.irecv(0, 3)).to.equal('small')
          const { status } = comm.irecv(0, 9)
          expect(status.count).to.equal(0)
          expect(await comm.irecv(0, 2)).to.deep.equal({ text: 'x'.repeat(5000) })
          expect(await comm.irecv(0, 4)).to.equal('go')
          const into = new Float64Array(700)
          const found = comm.iprobe(0, 1)
          expect(found).to.include({ source: 0, tag: 1, count: 700, bytes: 5600, type: 'Float64Array' })
          expect(await comm.irecvInto(into, 0, 1)).to.include({ count: 700 })
          expect(into.every((x) => x === 1)).to.equal(true)
        }
      },
      4000,
    )
  })

  it('come in order with those within it', async () => {
    await onRanks(
      3,
      async (comm, mpi) => {
        const count = 60
        if (comm.rank > 0) {
          const sent = []
          for (let i = 0; i < count; i += 1) sent.push(comm.isend(new Int32Array((i * 37) % 500).fill(i), 0, i % 2))
          await Promise.all(sent)
          return
        }
        const seen = [
          [0, 0],
          [0, 0],
          [0, 0],
        ]
        for (let i = 0; i < 2 * count; i += 1) {
          if (i % 7 === 0) for (let turns = 0; turns < 20; turns += 1) await setImmediate()
          const request = comm.irecv<Int32Array>(mpi.ANY_SOURCE, mpi.ANY_TAG)
          const view = await request
          const { source, tag } = request.status
          const numbers = seen[source] ?? []
          const number = 2 * (numbers[tag] ?? 0) + tag
          expect(view).to.deep.equal(new Int32Array((number * 37) % 500).fill(number))
          numbers[tag] = (numbers[tag] ?? 0) + 1
        }
      },
      6000,
    )
  })

  it('that nobody receives keep no rank from ending', async () => {
    await onRanks(
      2,
      async (comm) => {
        for (let i = 0; i < 5; i += 1) void comm.isend(new Float64Array(300), 1 - comm.rank, i)
        await comm.isendrecv('in', 1 - comm.rank, 1 - comm.rank, { sendTag: 99, recvTag: 99 })
      },
      3000,
    )
  })

  it('synchronous ones fail where the receiver ends without receiving them', async () => {
    await onRanks(
      2,
      async (comm) => {
        if (comm.rank === 1) return
        const error = await failureOf(comm.issend(new Float64Array(1000), 1))
        expect(error).to.include({ code: 'ERR_PROC_FAILED', call: 'issend' })
      },
      3000,
    )
  })

  it('use no credit once they have been received', async () => {
    await onRanks(
      2,
      async (comm) => {
        for (let round = 0; round < 40; round += 1) {
          if (comm.rank === 0) {
            await comm.isend(new Float64Array(100), 1)
            await comm.irecv(1)
          } else {
            if (round % 3 === 0) await setImmediate()
            await comm.irecv(0)
            await comm.isend('next', 0)
          }
        }
        // Nothing is left at the receiver but what is less than a lot, so this fits and is done unmatched.
        if (comm.rank === 0) {
          await comm.isend(new Float64Array(500), 1)
          await comm.isend('last', 1, 1)
        } else {
          await comm.irecv(0, 1)
          await comm.irecv(0)
        }
      },
      8000,
    )
  })
})
