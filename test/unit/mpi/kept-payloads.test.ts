import { expect } from 'chai'
import { onRanks } from './support/on-ranks.ts'

describe('Payloads that wait to leave', () => {
  it('large views given to isend may be overwritten at once, also where their copies are in memory that was used before', async () => {
    const sizes = [32_767, 32_768, 40_000, 70_000, 32_769, 0]
    const rounds = 2
    for (const creditBytes of [undefined, 50_000]) {
      await onRanks(
        2,
        async (comm) => {
          for (let round = 0; round < rounds; round += 1) {
            if (comm.rank === 0) {
              const view = new Uint8Array(70_000)
              const requests = sizes.map((size, index) => {
                view.fill(round * 10 + index)
                const request =
                  index === 3 ? comm.issend(view.subarray(0, size), 1) : comm.isend(view.subarray(0, size), 1)
                view.fill(255)
                return request
              })
              await Promise.all(requests)
              // Whoever has the memory now writes other things into it.
              await comm.isend(view.fill(200 + round), 1, 1)
            } else {
              const views = await Promise.all(sizes.map(() => comm.irecv<Uint8Array>(0, 0)))
              expect(views.map((view) => [view.length, view.every((x) => x === view[0])])).to.deep.equal(
                sizes.map((size) => [size, true]),
              )
              expect(views.slice(0, -1).map((view) => view[0])).to.deep.equal(
                [0, 1, 2, 3, 4].map((i) => round * 10 + i),
              )
              expect((await comm.irecv<Uint8Array>(0, 1))[0]).to.equal(200 + round)
            }
          }
        },
        creditBytes,
      )
    }
  })
})
