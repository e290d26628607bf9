import { setImmediate as turn } from 'node:timers/promises'
import { expect } from 'chai'
import type { Comm } from '../../../src/mpi/api/comm.ts'
import { MPIError } from '../../../src/mpi/terms/mpi-error.ts'
import type { MPIStatic } from '../../../src/mpi/mpi.ts'
import { failureOf } from './support/failure-of.ts'
import { onRanks } from './support/on-ranks.ts'
import { Random, testSeed } from '../../support/random.ts'
import { DIES } from './support/test-network.ts'

/** The error code of what fails. */
async function codeOf(promise: PromiseLike<unknown>): Promise<string> {
  const error = await failureOf(promise)
  if (!(error instanceof MPIError)) throw error
  return error.code
}

/** A call that throws at once is as good as a promise that rejects. */
const later = async (call: () => PromiseLike<unknown>): Promise<unknown> => await call()

/** Runs a program on `size` ranks, of which `lost` are lost at once; what the others return. */
async function without<T>(
  lost: readonly number[],
  size: number,
  program: (comm: Comm, mpi: MPIStatic) => Promise<T>,
): Promise<T[]> {
  const results = await onRanks(size, async (comm, mpi) => {
    if (lost.includes(comm.rank)) throw DIES
    return await program(comm, mpi)
  })
  return results.filter((_, rank) => !lost.includes(rank))
}

/** The rank `last` is lost when all others have come here. */
async function everybodyHasIt(comm: Comm, last: number): Promise<void> {
  if (comm.rank !== last) return await comm.isend('here', last)
  for (let rank = 0; rank < comm.size; rank += 1) if (rank !== last) await comm.irecv(rank)
  throw DIES
}

describe('a lost rank', () => {
  it('makes receives from it fail, before and after it is known, and sends to it', async () => {
    const codes = await without([1], 3, async (comm) => {
      const posted = await codeOf(comm.irecv(1))
      const known = await codeOf(comm.irecvInto(new Float64Array(3), 1, 7))
      const sent = await codeOf(later(() => comm.isend(1, 1)))
      return [posted, known, sent]
    })
    expect(codes).to.deep.equal(Array.from({ length: 2 }, () => Array.from({ length: 3 }, () => 'ERR_PROC_FAILED')))
  })

  it('leaves what it has sent whole', async () => {
    const results = await onRanks(2, async (comm) => {
      if (comm.rank === 0) {
        const requests = [1, 2, 3].map((i) => comm.isend(new Int32Array(40).fill(i), 1))
        for (const request of requests) await request
        throw DIES
      }
      const got = [await comm.irecv<Int32Array>(0), await comm.irecv<Int32Array>(), await comm.irecv<Int32Array>(0)]
      return [got.map((view) => view[39]), await codeOf(comm.irecv(0))]
    })
    expect(results[1]).to.deep.equal([[1, 2, 3], 'ERR_PROC_FAILED'])
  })

  it('makes every receive from ANY_SOURCE that waits fail, or the next one, and none after it', async () => {
    await onRanks(3, async (comm) => {
      const other = 1 - comm.rank
      if (comm.rank === 2) {
        await comm.irecv(0)
        throw DIES
      }
      if (comm.rank === 0) {
        void comm.isend('both wait', 2)
        const codes = await Promise.all([comm.irecv(-1, 4), comm.irecv(-1, 5)].map(codeOf))
        expect(codes).to.deep.equal(['ERR_PROC_FAILED', 'ERR_PROC_FAILED'])
      } else {
        expect(await codeOf(comm.irecv(2))).to.equal('ERR_PROC_FAILED')
        expect(await codeOf(comm.irecv(-1, 4))).to.equal('ERR_PROC_FAILED')
      }
      void comm.isend(comm.rank, other, 9)
      expect(await comm.irecv(-1, 9)).to.equal(other)
    })
  })

  it('does not end messages(), which throws', async () => {
    await without([1], 3, async (comm) => {
      if (comm.rank === 0) {
        for (let i = 0; i < 2; i += 1) {
          expect(await codeOf(comm.messages({ source: 1 })[Symbol.asyncIterator]().next())).to.equal('ERR_PROC_FAILED')
        }
        const all = comm.messages()[Symbol.asyncIterator]()
        expect(await codeOf(all.next())).to.equal('ERR_PROC_FAILED')
        await comm.isend('go', 2)
        const rest = comm.messages()[Symbol.asyncIterator]()
        expect((await rest.next()).value).to.include({ data: 'from 2', source: 2 })
        expect((await rest.next()).done).to.equal(true)
      } else {
        await comm.irecv(0)
        await comm.isend('from 2', 0)
      }
    })
  })

  const collectives: Record<string, (comm: Comm) => PromiseLike<unknown>> = {
    ibarrier: (comm) => comm.ibarrier(),
    ibcast: (comm) => comm.ibcast(new Float64Array(300), 1),
    igather: (comm) => comm.igather(comm.rank, 0),
    iallreduce: (comm) => comm.iallreduce(new Float64Array(100)),
    ialltoall: (comm) => comm.ialltoall(Array.from({ length: comm.size }, (_, i) => i)),
    iscan: (comm) => comm.iscan(1),
    iparallelMap: (comm) => comm.iparallelMap((x: number) => x, [1, 2, 3, 4, 5, 6, 7, 8]),
    isplit: (comm) => comm.isplit(0),
  }
  for (const [name, call] of Object.entries(collectives)) {
    it(`makes ${name} fail on all ranks in the end, and later ones at once`, async () => {
      for (const lost of [0, 2, 4]) {
        await without([lost], 5, async (comm) => {
          // The first may need nothing of the lost rank.
          let code = ''
          for (let i = 0; i < 2000 && code === ''; i += 1) {
            await turn()
            // Who waits for nothing, such as another rank than root, has to look.
            comm.iprobe()
            await call(comm).then(undefined, (error: unknown) => {
              code = error instanceof MPIError ? error.code : String(error)
            })
          }
          expect(code).to.equal('ERR_PROC_FAILED')
          expect(await codeOf(comm.ibarrier())).to.equal('ERR_PROC_FAILED')
        })
      }
    })
  }

  it('does not touch communicators that it is not in', async () => {
    await onRanks(4, async (comm) => {
      const pair = await comm.isplit(comm.rank < 2 ? 0 : 1)
      await everybodyHasIt(comm, 3)
      const mine = pair ?? expect.fail('it has no pair')
      if (comm.rank === 2) expect(await codeOf(mine.ibarrier())).to.equal('ERR_PROC_FAILED')
      else {
        expect(await codeOf(comm.irecv(3))).to.equal('ERR_PROC_FAILED')
        expect(await mine.iallreduce(1)).to.equal(2)
      }
    })
  })
})

describe('Comm.revoke', () => {
  it('makes what waits and what comes fail on all ranks, and leaves other communicators', async () => {
    await onRanks(3, async (comm) => {
      const copy = await comm.idup()
      if (comm.rank === 0) {
        for (let i = 0; i < 20; i += 1) await turn()
        copy.revoke()
        copy.revoke()
      }
      const waiting = [later(() => copy.irecv(1, 9)), later(() => copy.irecv(-1, 8)), later(() => copy.ibarrier())]
      if (comm.rank === 1) waiting.push(later(() => copy.icreateGroup(copy.group.incl([0, 1]))))
      expect(await Promise.all(waiting.map(codeOf))).to.deep.equal(waiting.map(() => 'ERR_REVOKED'))
      for (const call of [() => copy.isend(1, 0), () => copy.ibarrier(), () => copy.idup(), () => copy.iprobe()])
        expect(await codeOf(later(async () => await (call() as PromiseLike<unknown>)))).to.equal('ERR_REVOKED')
      expect(await comm.iallreduce(1)).to.equal(3)
      expect((await copy.ishrink()).size).to.equal(3)
    })
  })

  it('frees sends that wait for their receiver, and gives their credit back', async () => {
    await onRanks(
      2,
      async (comm) => {
        const copy = await comm.idup()
        if (comm.rank === 0) {
          const sends = [
            copy.isend(new Uint8Array(3000), 1),
            copy.issend('x', 1),
            copy.isend(new Uint8Array(90_000), 1),
          ]
          const outcomes = Promise.allSettled(sends)
          copy.revoke()
          const [, synchronous, large] = await outcomes
          expect([synchronous?.status, large?.status]).to.deep.equal(['rejected', 'rejected'])
          for (let i = 0; i < 20; i += 1) await comm.isend(new Uint8Array(2000).fill(i), 1)
        } else {
          expect(await codeOf(later(() => copy.irecv(0, 99)))).to.equal('ERR_REVOKED')
          for (let i = 0; i < 20; i += 1) expect((await comm.irecv<Uint8Array>(0))[1999]).to.equal(i)
        }
      },
      4000,
    )
  })

  it('may come before the communicator', async () => {
    await onRanks(3, async (comm) => {
      const half = await comm.icreateGroup(comm.group)
      if (comm.rank === 0) half?.revoke()
      expect(await codeOf(later(async () => await half?.irecv(0)))).to.equal('ERR_REVOKED')
      await comm.ibarrier()
    })
  })
})

describe('Comm.agree and Comm.shrink', () => {
  it('are the same on all ranks, without and with losses', async () => {
    await without([1, 3], 5, async (comm) => {
      expect(await comm.iagree(true)).to.equal(true)
      expect(await comm.iagree(comm.rank !== 2)).to.equal(false)
      const small = await comm.ishrink()
      expect([small.size, small.group.worldRanks]).to.deep.equal([3, [0, 2, 4]])
      expect(await small.iallgather(comm.rank)).to.deep.equal([0, 2, 4])
      expect(await (await small.ishrink()).iallreduce(1)).to.equal(3)
    })
  })

  it('keep the order of a communicator that is not that of the world', async () => {
    await onRanks(4, async (comm) => {
      const turned = await comm.isplit(0, -comm.rank)
      await everybodyHasIt(comm, 2)
      const small = (await turned?.ishrink()) ?? expect.fail('there is none')
      expect(small.group.worldRanks).to.deep.equal([3, 1, 0])
      expect(await small.iallgather(comm.rank)).to.deep.equal([3, 1, 0])
    })
  })

  it('refuse what is no boolean, and a freed communicator; ranks that do not make the same call all hear of it', async () => {
    await onRanks(3, async (comm) => {
      const copy = await comm.idup()
      expect(await codeOf(later(() => copy.iagree(1 as unknown as boolean)))).to.equal('ERR_ARG')
      const code = await codeOf(later(() => (comm.rank === 1 ? copy.ishrink() : copy.iagree(true))))
      expect(code).to.equal('ERR_COLLECTIVE_MISMATCH')
      copy.free()
      expect(await codeOf(later(() => copy.ishrink()))).to.equal('ERR_COMM')
    })
  })

  it('give all that are left the same answer, whenever others are lost, and end', async () => {
    for (let round = 0; round < 25; round += 1) {
      const seed = testSeed()
      const size = 2 + (round % 7)
      const answers = new Map<string, unknown>()
      const same = (what: string, answer: unknown): void => {
        if (!answers.has(what)) answers.set(what, answer)
        expect(answer, `${what}, seed ${seed}, ${size} ranks`).to.deep.equal(answers.get(what))
      }
      await onRanks(size, async (comm) => {
        const random = new Random(seed + comm.rank)
        const dieAt = comm.rank > 0 && random.chance(0.5) ? random.below(12) : -1
        let team = comm
        for (let i = 0; i < 6; i += 1) {
          for (let pause = random.below(8); pause > 0; pause -= 1) await turn()
          if (dieAt === 2 * i) throw DIES
          const request = team.iagree(random.chance(0.8))
          if (dieAt === 2 * i + 1) throw DIES
          same(`agree ${i}`, await request)
          if (i % 2 === 0) continue
          team = await team.ishrink()
          same(`shrink ${i}`, team.group.worldRanks)
        }
        for (let isDone = false; !isDone; ) {
          try {
            expect(await team.iallreduce(1)).to.equal(team.size)
            isDone = true
          } catch {
            team.revoke()
          }
          isDone = await team.iagree(isDone)
          if (!isDone) team = await team.ishrink()
        }
      })
    }
  })
})
