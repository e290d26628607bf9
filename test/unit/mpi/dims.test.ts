import { spawnSync } from 'node:child_process'
import { expect } from 'chai'
import { createDims } from '../../../src/mpi/groups/dims.ts'
import { skipHere } from '../../support/skip-here.ts'

const dims = (n: number, wanted: number | number[]): number[] => createDims(n, wanted, 0)

/** All lists of `count` factors of n that do not increase. */
function allGrids(n: number, count: number, most: number): number[][] {
  if (count === 0) return n === 1 ? [[]] : []
  const grids: number[][] = []
  for (let first = 1; first <= Math.min(n, most); first += 1) {
    if (n % first === 0) for (const rest of allGrids(n / first, count - 1, first)) grids.push([first, ...rest])
  }
  return grids
}

const spread = (grid: number[]): number => (grid[0] ?? 1) - (grid.at(-1) ?? 1)

describe('dims', () => {
  it('finds grids that are as close to a cube as there is, for n = 1…300 in up to 5 dimensions', () => {
    for (let n = 1; n <= 300; n += 1) {
      for (let count = 1; count <= 5; count += 1) {
        const found = dims(n, count)
        expect(found.reduce((product, extent) => product * extent, 1)).to.equal(n)
        expect(found).to.deep.equal([...found].sort((a, b) => b - a))
        const best = Math.min(...allGrids(n, count, n).map(spread))
        expect(spread(found), `n = ${n}, ${count} dimensions: ${String(found)}`).to.equal(best)
      }
    }
  })

  it('keeps what is given, and fills in zeros', () => {
    // The examples of MPI 4.1 §8.5.2.
    expect(dims(6, [0, 0])).to.deep.equal([3, 2])
    expect(dims(7, [0, 0])).to.deep.equal([7, 1])
    expect(dims(6, [0, 3, 0])).to.deep.equal([2, 3, 1])
    expect(() => dims(7, [0, 3, 0]))
      .to.throw(/7 ranks/)
      .with.property('code', 'ERR_DIMS')
    expect(dims(24, [0, 2, 0])).to.deep.equal([4, 2, 3])
    expect(dims(6, [2, 3])).to.deep.equal([2, 3])
    expect(dims(1, [])).to.deep.equal([])
    const given = [0, 0]
    expect(dims(4, given)).to.deep.equal([2, 2])
    expect(given).to.deep.equal([0, 0])
  })

  it('refuses what is impossible', () => {
    const bad: [number, number | number[]][] = [
      [0, 2],
      [-4, 2],
      [1.5, 1],
      [4, -1],
      [4, 0],
      [4, [3, 0]],
      [4, [-2, 0]],
      [4, [2, 1.5]],
      [6, [2, 2]],
      [Number.NaN, 1],
    ]
    for (const [n, wanted] of bad)
      expect(() => dims(n, wanted), `${n} ${String(wanted)}`)
        .to.throw()
        .with.property('code', 'ERR_DIMS')
  })

  it('is quick for numbers with many and with large factors', () => {
    expect(dims(2 ** 40, 8)).to.deep.equal(new Array<number>(8).fill(32))
    expect(dims(1_000_003, 3)).to.deep.equal([1_000_003, 1, 1])
    expect(dims(963_761_198_400, 6)).to.have.length(6)
  })

  it('does what MPI_Dims_create of the installed MPI does, for n = 1…64 in up to 4 dimensions', function () {
    const program = `
from mpi4py import MPI
import json
print(json.dumps([MPI.Compute_dims(n, k) for n in range(1, 65) for k in range(1, 5)]))
print(json.dumps([MPI.Compute_dims(n, [0, 2, 0]) for n in range(2, 65, 2)]))
`
    const { status, stdout } = spawnSync('/usr/bin/python3', ['-c', program], { encoding: 'utf8', timeout: 30_000 })
    if (status !== 0) {
      skipHere(this, 'there is no mpi4py; install it with: apt-get install python3-mpi4py')
    }
    const ours = []
    const kept = []
    for (let n = 1; n <= 64; n += 1) {
      for (let count = 1; count <= 4; count += 1) ours.push(dims(n, count))
      if (n % 2 === 0) kept.push(dims(n, [0, 2, 0]))
    }
    const [free = '', given = ''] = stdout.trim().split('\n')
    expect(ours).to.deep.equal(JSON.parse(free))
    expect(kept).to.deep.equal(JSON.parse(given))
  })
})
