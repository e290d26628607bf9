import { execFileSync } from 'node:child_process'
import { closeSync, constants, mkdtempSync, openSync, readFileSync, readSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { expect } from 'chai'
import { OutputWriter } from '../../../src/cli/output/output-writer.ts'

interface Broken {
  readonly message: string
  readonly isClosed: boolean
}

function writerTo(fd: number, isFile = false): { writer: OutputWriter; broken: Broken[] } {
  const broken: Broken[] = []
  return {
    writer: new OutputWriter(
      { fd, name: 'standard output', isFile },
      (message, isClosed) => void broken.push({ message, isClosed }),
    ),
    broken,
  }
}

describe('OutputWriter', () => {
  let folder: string
  let fds: number[]

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'mpirun-ts-test-'))
    fds = []
  })

  afterEach(() => {
    for (const fd of fds) closeSync(fd)
    rmSync(folder, { recursive: true })
  })

  function open(path: string, flags: string | number): number {
    const fd = openSync(path, flags)
    fds.push(fd)
    return fd
  }

  it('writes everything in order and calls written in that order', async () => {
    const path = join(folder, 'out')
    const { writer, broken } = writerTo(open(path, 'w'))
    const order: number[] = []
    let expected = ''
    for (let index = 0; index < 500; index += 1) {
      const text = `${index} ${'x'.repeat(index * 7)}\n`
      expected += text
      writer.write(Buffer.from(text), () => void order.push(index))
    }
    await writer.drained()
    expect(readFileSync(path, 'utf8')).to.equal(expected)
    expect(order).to.deep.equal(Array.from({ length: 500 }, (_, index) => index))
    expect(broken).to.deep.equal([])
  })

  it('writes pieces that are larger than one write, and empty ones', async () => {
    const path = join(folder, 'out')
    const { writer } = writerTo(open(path, 'w'))
    let calls = 0
    for (const bytes of [3_000_000, 0, 1, 1_048_576, 5])
      writer.write(new Uint8Array(bytes).fill(65), () => void (calls += 1))
    await writer.drained()
    expect([readFileSync(path).length, calls]).to.deep.equal([3_000_000 + 1 + 1_048_576 + 5, 5])
  })

  it('drained() resolves at once when nothing was written, and after what written() writes', async () => {
    const path = join(folder, 'out')
    const { writer } = writerTo(open(path, 'w'))
    await writer.drained()
    writer.write(Buffer.from('a'), () => writer.write(Buffer.from('b'), () => undefined))
    await writer.drained()
    expect(readFileSync(path, 'utf8')).to.equal('ab')
  })

  it('breaks once when the disk is full, and accepts everything from then on', async () => {
    const { writer, broken } = writerTo(open('/dev/full', 'w'))
    let calls = 0
    for (let count = 0; count < 10; count += 1) writer.write(Buffer.from('text'), () => void (calls += 1))
    await writer.drained()
    writer.write(Buffer.from('more'), () => void (calls += 1))
    await writer.drained()
    expect(calls).to.equal(11)
    expect(broken.length).to.equal(1)
    expect(broken[0]?.isClosed).to.equal(false)
    expect(broken[0]?.message).to.match(/^cannot write to standard output: .*ENOSPC/)
  })

  describe('to a pipe', () => {
    /** Both ends of a new pipe. */
    function pipe(): { writeEnd: number; readEnd: number } {
      const path = join(folder, 'pipe')
      execFileSync('mkfifo', [path])
      const readEnd = open(path, constants.O_RDONLY | constants.O_NONBLOCK)
      return { readEnd, writeEnd: open(path, constants.O_WRONLY) }
    }

    it('lets the event loop turn while the reader is slow, and loses nothing', async () => {
      const { writeEnd, readEnd } = pipe()
      const { writer, broken } = writerTo(writeEnd)
      let written = 0
      const piece = Buffer.alloc(64 * 1024, 'x')
      for (let count = 0; count < 64; count += 1) writer.write(piece, () => void (written += 1))
      // Nobody reads, and still the event loop turns.
      for (let turns = 0; turns < 1000; turns += 1) await turn()
      expect(written).to.be.lessThan(64)
      let total = 0
      const chunk = Buffer.alloc(1_000_000)
      const reading = setInterval(() => {
        try {
          for (;;) total += readSync(readEnd, chunk)
        } catch (error) {
          expect(error).to.include({ code: 'EAGAIN' })
        }
      }, 1)
      await writer.drained()
      while (total < 64 * piece.length) await turn()
      clearInterval(reading)
      expect([total, written]).to.deep.equal([64 * piece.length, 64])
      expect(broken).to.deep.equal([])
    })

    it('goes on when a descriptor that does not block is full', async () => {
      const path = join(folder, 'pipe')
      execFileSync('mkfifo', [path])
      const readEnd = open(path, constants.O_RDONLY | constants.O_NONBLOCK)
      const { writer, broken } = writerTo(open(path, constants.O_WRONLY | constants.O_NONBLOCK))
      writer.write(Buffer.alloc(300_000, 'x'), () => undefined)
      let total = 0
      const chunk = Buffer.alloc(1_000_000)
      while (total < 300_000) {
        await new Promise((resolve) => void setTimeout(resolve, 1))
        try {
          total += readSync(readEnd, chunk)
        } catch (error) {
          expect(error).to.include({ code: 'EAGAIN' })
        }
      }
      await writer.drained()
      expect([total, broken]).to.deep.equal([300_000, []])
    })

    it('breaks once as closed when the reader goes away', async () => {
      const { writeEnd, readEnd } = pipe()
      const { writer, broken } = writerTo(writeEnd)
      writer.write(Buffer.from('hello'), () => undefined)
      await writer.drained()
      closeSync(readEnd)
      fds.splice(fds.indexOf(readEnd), 1)
      let written = 0
      for (let count = 0; count < 100; count += 1) writer.write(Buffer.alloc(100_000), () => void (written += 1))
      await writer.drained()
      expect(written).to.equal(100)
      expect(broken.map(({ isClosed }) => isClosed)).to.deep.equal([true])
      expect(broken[0]?.message).to.match(/EPIPE/)
    })
  })
})
