import { setImmediate } from 'node:timers/promises'
import { expect } from 'chai'
import { CREDIT_BYTES } from '../../../src/mpi/sending/credit.ts'
import type { Comm } from '../../../src/mpi/api/comm.ts'
import type { MPIStatic } from '../../../src/mpi/mpi.ts'
import { failureOf } from './support/failure-of.ts'
import { onRanks } from './support/on-ranks.ts'
import { testSeed } from '../../support/random.ts'
import { TestNetwork } from './support/test-network.ts'

describe('Collectives that fail', () => {
  it('different calls: ERR_COLLECTIVE_MISMATCH on every rank, naming both', async () => {
    const messages = await onRanks(3, async (comm) => {
      const request = comm.rank === 1 ? comm.iallreduce(1) : comm.ibarrier()
      const error = await failureOf(request)
      expect(error).to.include({ code: 'ERR_COLLECTIVE_MISMATCH' })
      return String(error)
    })
    for (const message of messages) {
      expect(message)
        .to.match(/barrier\(\)/)
        .and.match(/allreduce\(op = SUM, type = number\)/)
    }
  })

  it('different operations, types and lengths', async () => {
    const cases: ((comm: Comm, mpi: MPIStatic) => PromiseLike<unknown>)[] = [
      (comm, mpi) => comm.iallreduce(1, comm.rank === 0 ? mpi.SUM : mpi.MAX),
      (comm) => comm.iallreduce<number | bigint>(comm.rank === 0 ? 1 : 1n),
      (comm) => comm.iallreduce(new Float64Array(comm.rank === 2 ? 8 : 4)),
      (comm) => comm.iallgatherInto(new Int32Array(comm.rank === 1 ? 3 : 2), new Int32Array(comm.rank === 1 ? 9 : 6)),
    ]
    for (const [i, start] of cases.entries()) {
      await onRanks(3, async (comm, mpi) => {
        expect(await failureOf(start(comm, mpi)), `case ${i}`).to.include({ code: 'ERR_COLLECTIVE_MISMATCH' })
      })
    }
  })

  it('different roots are found out at the latest by the next call', async () => {
    await onRanks(3, async (comm) => {
      const run = async (): Promise<void> => {
        await comm.ibcast(comm.rank, comm.rank === 2 ? 2 : 0)
        await comm.ibarrier()
      }
      expect(await failureOf(run())).to.include({ code: 'ERR_COLLECTIVE_MISMATCH' })
    })
  })

  // Rank 1 gets the root's message and then one of another call with the same number, both before it makes the call.
  it('a call that matches the first early message and not the second fails', async () => {
    const network = new TestNetwork(3, testSeed())
    network.nodeOfRank = [0, 0, 0]
    // Each side must be done with its messages before the other has them.
    network.creditBytes = CREDIT_BYTES
    network.close(0, 2)
    network.close(2, 0)
    network.close(2, 1)
    await network.run(async ({ MPI: { COMM_WORLD: comm } }, rank) => {
      if (rank === 1) {
        await comm.irecv(0)
        network.open(2, 1)
        await comm.irecv(2)
        const error = await failureOf(comm.ibcast())
        expect(error).to.include({ code: 'ERR_COLLECTIVE_MISMATCH' })
        expect(String(error)).to.contain('bcast(root = 0) on rank 1 met bcast(root = 2) of rank 2 in COMM_WORLD')
        network.open(0, 2)
        network.open(2, 0)
        return
      }
      await comm.ibcast('value', rank)
      await comm.isend('sent', 1)
      expect(await failureOf(comm.ibarrier())).to.include({ code: 'ERR_COLLECTIVE_MISMATCH' })
    })
  })

  it('a message that comes when its call is over names both calls', async () => {
    const network = new TestNetwork(2, testSeed())
    // Each side must be done with its messages before the other has them.
    network.creditBytes = CREDIT_BYTES
    network.close(1, 0)
    network.close(0, 1)
    await network.run(async ({ MPI: { COMM_WORLD: comm } }, rank) => {
      await comm.ibcast('value', rank)
      network.open(1 - rank, rank)
      const error = await failureOf(comm.ibarrier())
      expect(error).to.include({ code: 'ERR_COLLECTIVE_MISMATCH' })
      expect(String(error)).to.match(/bcast\(root = \d\) on rank \d met bcast\(root = \d\) of rank \d in COMM_WORLD/)
    })
  })

  // What comes first differs from seed to seed. A rank that knows a failure from another one may end before the report reaches all.
  it('different roots are found out whatever comes first', async () => {
    const seed = testSeed()
    for (let i = 0; i < 300; i += 1) {
      await new TestNetwork(3 + (i % 3), seed + i).run(async ({ MPI: { COMM_WORLD: comm } }) => {
        const last = comm.size - 1
        const run = async (): Promise<void> => {
          for (let turn = (comm.rank * 7 + i) % 5; turn > 0; turn -= 1) await setImmediate()
          await comm.ibcast(comm.rank, comm.rank === last ? last : 0)
          await comm.ibarrier()
        }
        expect(await failureOf(run()), `seed ${seed + i}`).to.include({ code: 'ERR_COLLECTIVE_MISMATCH' })
      })
    }
  })

  it('a wrong argument on root alone fails the call on all ranks', async () => {
    await onRanks(4, async (comm) => {
      const error = await failureOf(comm.iscatter(comm.rank === 0 ? [1, 2, 3] : null))
      expect(error).to.include({ code: 'ERR_COUNT' })
      expect(String(error)).to.match(/scatter: 3 parts for 4 ranks of COMM_WORLD/)
      // The communicator goes on.
      expect(await comm.iallreduce(1)).to.equal(4)
    })
  })

  it('an operation that throws on one rank fails the call on all', async () => {
    for (const size of [2, 3, 5, 8]) {
      await onRanks(size, async (comm) => {
        const op = (lower: number, higher: number): number => {
          if (comm.rank === 0) throw new RangeError('no')
          return lower + higher
        }
        const run = async (): Promise<void> => {
          await comm.ireduce(comm.rank, op)
          await comm.ibarrier()
        }
        const error = await failureOf(run())
        if (comm.rank === 0) expect(error).to.be.instanceOf(RangeError)
        else expect(error).to.include({ code: 'ERR_OTHER', rank: 0, call: 'reduce' })
      })
    }
  })

  it('a rank that has finished fails the call of the others', async () => {
    await onRanks(3, async (comm) => {
      if (comm.rank === 1) return
      expect(await failureOf(comm.ibarrier())).to.include({ code: 'ERR_PROC_FAILED' })
    })
  })

  it('collectives of several communicators may start in different orders', async () => {
    await onRanks(4, async (comm, mpi) => {
      const copies = [comm, await comm.idup(), await comm.idup()]
      const requests = []
      for (let i = 0; i < 50; i += 1) {
        const order = comm.rank % 2 === 0 ? [0, 1, 2] : [2, 1, 0]
        const started = order.map((at) => ({ at, request: copies[at]?.iallreduce(i * 10 + at, mpi.MAX) }))
        for (const { at, request } of started) requests.push({ wanted: i * 10 + at, request })
      }
      for (const { wanted, request } of requests.reverse()) expect(await request).to.equal(wanted)
    })
  })

  it('user messages with tag 0 during a collective do not mix with it', async () => {
    await onRanks(3, async (comm) => {
      const barrier = comm.ibarrier()
      const got = comm.irecv((comm.rank + 1) % 3, 0)
      await comm.isend('mine', (comm.rank + 2) % 3, 0)
      const sum = comm.iallreduce(1)
      expect(await got).to.equal('mine')
      await barrier
      expect(await sum).to.equal(3)
    })
  })
})
