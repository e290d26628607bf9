import { closeSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { parseArguments } from '../../../src/cli/arguments/arguments.ts'
import { JobOutput } from '../../../src/cli/output/job-output.ts'
import { OutputFiles, type RankNames } from '../../../src/cli/output/output-files.ts'
import { outputOptions } from '../../../src/cli/output/output-options.ts'

const NAMES: RankNames = { hostOf: (rank) => `host${rank}`, pidOf: (rank) => 1000 + rank }

function optionsOf(words: readonly string[], isTerminal = false) {
  return openOptions(words, isTerminal).options
}

function openOptions(words: readonly string[], isTerminal = false, broken: string[] = []) {
  const commandLine = parse([...words, 'p.js'])
  const onBroken = (message: string): void => void broken.push(message)
  const files = new OutputFiles(commandLine, NAMES, onBroken)
  return { files, options: outputOptions(commandLine, NAMES, files, () => isTerminal, onBroken) }
}

function parse(words: readonly string[]) {
  const parsed = parseArguments(words, () => '')
  if (parsed.kind !== 'run') throw new Error('no job')
  return parsed
}

describe('outputOptions()', () => {
  let folder: string

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'mpirun-ts-test-'))
  })

  afterEach(() => {
    rmSync(folder, { recursive: true })
  })

  /** Runs lines of two ranks through an output with these options; returns what it says is broken. */
  async function write(...words: readonly string[]): Promise<readonly string[]> {
    const broken: string[] = []
    const { files, options } = openOptions(words, false, broken)
    await files.open(2)
    files.openRest(2)
    const output = new JobOutput(options)
    for (const rank of [0, 1]) {
      output.add(rank, 1, Buffer.from(`out ${rank}\n`), () => undefined)
      output.add(rank, 2, Buffer.from(`err ${rank}\n`), () => undefined)
    }
    await output.finish()
    return broken
  }

  const read = (name: string): string => readFileSync(join(folder, name), 'utf8')

  const prefixes: readonly { words: readonly string[]; expected: readonly [string, string] | undefined }[] = [
    { words: [], expected: undefined },
    { words: ['--tag-output'], expected: ['[1,3]<stdout>: ', '[1,3]<stderr>: '] },
    { words: ['-l'], expected: ['[3] ', '[3] '] },
    { words: ['--prepend-rank'], expected: ['[3] ', '[3] '] },
    { words: ['--prepend-pattern', '%r@%h:%p 100%% '], expected: ['3@host3:1003 100% ', '3@host3:1003 100% '] },
  ]
  for (const { words, expected } of prefixes) {
    it(`marks lines with ${JSON.stringify(expected)} for ${JSON.stringify(words)}`, () => {
      const { prefix } = optionsOf(words)
      expect(prefix === undefined ? undefined : [prefix(3, 1), prefix(3, 2)]).to.deep.equal(expected)
    })
  }

  it('puts the time before the mark', () => {
    const time = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`
    expect(optionsOf(['--timestamp-output']).prefix?.(3, 1)).to.match(new RegExp(`^${time} $`))
    expect(optionsOf(['--timestamp-output', '-l']).prefix?.(3, 1)).to.match(new RegExp(`^${time} \\[3\\] $`))
    expect(optionsOf(['--prepend-pattern', '%t|']).prefix?.(3, 1)).to.match(new RegExp(`^${time}\\|$`))
  })

  it('gives each rank a folder of its own', async () => {
    await write('--output-filename', join(folder, 'deep/out'))
    expect(['0', '1'].map((rank) => read(`deep/out/rank.${rank}/stdout`))).to.deep.equal(['out 0\n', 'out 1\n'])
    expect(read('deep/out/rank.1/stderr')).to.equal('err 1\n')
  })

  it('gives each rank a file by its pattern, and begins it anew', async () => {
    writeFileSync(join(folder, 'o.0.host0'), 'old and long text\n')
    await write('--outfile-pattern', join(folder, 'o.%r.%h'), '--errfile-pattern', join(folder, 'e.%p'))
    expect([read('o.0.host0'), read('o.1.host1'), read('e.1001')]).to.deep.equal(['out 0\n', 'out 1\n', 'err 1\n'])
  })

  it('writes ranks with the same file into it in turns', async () => {
    await write('--outfile-pattern', join(folder, 'all'), '--errfile-pattern', join(folder, 'all'))
    expect(read('all')).to.equal('out 0\nerr 0\nout 1\nerr 1\n')
  })

  it('writes stderr where stdout goes when they are merged', async () => {
    await write('--outfile-pattern', join(folder, 'o.%r'), '--merge-stderr-to-stdout')
    expect(read('o.1')).to.equal('out 1\nerr 1\n')
  })

  it('opens every file of every rank at once, but those with %p in their names', async () => {
    const { files } = openOptions([
      '--outfile-pattern',
      join(folder, 'o.%r'),
      '--errfile-pattern',
      join(folder, 'e.%%p.%p'),
    ])
    await files.open(3)
    expect(readdirSync(folder).sort()).to.deep.equal(['o.0', 'o.1', 'o.2'])
    files.openRest(3)
    expect(readdirSync(folder).sort()).to.deep.equal(['e.%p.1000', 'e.%p.1001', 'e.%p.1002', 'o.0', 'o.1', 'o.2'])
  })

  it('takes a folder whose name has percent signs', async () => {
    await write('--output-filename', join(folder, '100%r'))
    expect(read('100%r/rank.1/stdout')).to.equal('out 1\n')
  })

  it('gives %t one value in a job', async () => {
    await write('--outfile-pattern', join(folder, '%t/%r'), '--errfile-pattern', join(folder, '%t/e'))
    const [only, ...others] = readdirSync(folder)
    expect(others).to.deep.equal([])
    expect(readdirSync(join(folder, only ?? '')).sort()).to.deep.equal(['0', '1', 'e'])
  })

  it('says that a file is broken when it is closed, if the disk says so only then', async () => {
    const broken: string[] = []
    const { files } = openOptions(['--outfile-pattern', join(folder, 'o')], false, broken)
    await files.open(1)
    const sink = files.sinkOf(0, 1)
    // Closed behind its back: what close() says then is all that an end hears.
    closeSync(descriptorOf(join(folder, 'o')))
    await Promise.all([sink?.end(), sink?.end()])
    expect(broken).to.have.length(1)
    expect(broken[0]).to.match(/^cannot write to ".*\/o": EBADF/)
  })

  it('shows partial lines on a terminal, of what goes there', () => {
    const shown = (...words: readonly string[]): boolean[] => {
      const { showsPartialLines } = optionsOf(words, true)
      return [showsPartialLines(0, 1), showsPartialLines(0, 2)]
    }
    expect(shown()).to.deep.equal([true, true])
    expect(shown('--outfile-pattern', 'x')).to.deep.equal([false, true])
    expect(shown('--errfile-pattern', 'x')).to.deep.equal([true, false])
    expect(shown('--output-filename', 'x')).to.deep.equal([false, false])
    expect(optionsOf([]).showsPartialLines(0, 1)).to.equal(false)
  })
})

/** Of this process, the one that leads to this file. */
function descriptorOf(path: string): number {
  const isIt = (fd: string): boolean => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`) === path
    } catch {
      // The one that readdir had.
      return false
    }
  }
  return Number(readdirSync('/proc/self/fd').find(isIt))
}
