import { expect } from 'chai'
import { parseScaling, type Study, withoutShown } from '../../../src/cli/scaling/scaling-words.ts'

function study(...words: string[]): Study {
  const parsed = parseScaling(words)
  if (parsed.kind !== 'study') throw new Error(parsed.kind)
  return parsed.study
}

describe('parseScaling()', () => {
  it('reads own options among those of mpirun-ts, up to the program', () => {
    const words =
      '-x A=b --repeat 5 -np 4,1,2,2 --hostfile=hosts --svg=a.svg -genv N 1 --csv - --json j pi.js -np 3 --weak'
    expect(study(...words.split(' '))).to.deep.equal({
      counts: [1, 2, 4],
      isWeak: false,
      repeat: 5,
      warmUp: 1,
      leastEfficiency: 0.7,
      showsOutput: false,
      svg: 'a.svg',
      csv: '-',
      json: 'j',
      options: ['-x', 'A=b', '--hostfile=hosts', '-genv', 'N', '1'],
      program: 'pi.js',
      args: ['-np', '3', '--weak'],
      notes: [],
    })
  })

  it('has no counts without -np, reads ranges, and takes a program behind --', () => {
    expect(study('pi.js').counts).to.equal(undefined)
    expect(study('--np=1-3,8', '--warm-up', '0', '--efficiency', '50%', '--', '-x.js')).to.deep.include({
      counts: [1, 2, 3, 8],
      warmUp: 0,
      leastEfficiency: 0.5,
      program: '-x.js',
    })
  })

  for (const [words, message] of [
    ['', 'No program given'],
    ['-np 1,x pi.js', 'numbers of ranks with commas between them'],
    ['-np 4-1 pi.js', 'numbers of ranks with commas between them'],
    ['-np 0 pi.js', 'numbers of ranks with commas between them'],
    ['-np', 'lacks its value'],
    ['--repeat 0 pi.js', '"0" as the value of --repeat'],
    ['--efficiency 120 pi.js', 'a percentage from 1 to 100'],
    ['--json pi.js 1e8', 'it must be the file to write: --json scaling.json'],
    ['--csv --json a pi.js', 'it must be the file to write: --csv scaling.csv'],
    ['--weak=2 pi.js', 'takes no value'],
    ['--reapet 2 pi.js', 'Did you mean --repeat?'],
    ['--hostfil h pi.js', 'Did you mean --hostfile?'],
    ['--app f', 'it measures one program'],
    ['a.js : b.js', 'scaling measures one program'],
    ['--weak pi.js', 'no argument is a number'],
    ['--weak pi.js 1e8 1e9', 'several arguments are numbers'],
  ] as const) {
    it(`refuses "${words}": ${message}`, () => {
      expect(() => parseScaling(words.split(' ').filter(Boolean)))
        .to.throw(message)
        .with.property('exitStatus', 2)
    })
  }

  it('--weak: the one number among the arguments grows, and the user is told', () => {
    const { args, notes } = study('--weak', 'pi.js', '1e8', '--seed', '42')
    expect(args).to.deep.equal(['{1e8*np}', '--seed', '42'])
    expect(notes).to.deep.equal(['--weak: the argument 1e8 is multiplied by the number of ranks ({1e8*np}).'])
    expect(study('--weak', 'p.js', '--trials', '5').args).to.deep.equal(['--trials', '{5*np}'])
  })

  it('--weak: what is marked grows, and nothing else', () => {
    const words = ['{1e8*np}', '7', '-o', 'r-{np}']
    expect(study('--weak', 'pi.js', ...words)).to.deep.include({ args: words, notes: [] })
  })

  it('says that work which grows needs --weak', () => {
    expect(study('pi.js', '{1e8*np}').notes.join()).to.include('add --weak')
    expect(study('pi.js', '1e8', '-o', 'r-{np}').notes).to.deep.equal([])
  })

  it('knows --help and --version', () => {
    expect(parseScaling(['-np', '1', '--help'])).to.deep.equal({ kind: 'help' })
    expect(parseScaling(['-V'])).to.deep.equal({ kind: 'version' })
  })
})

describe('withoutShown()', () => {
  it('takes away what prints maps, with its values', () => {
    const words = '--display map --host a:2 --display-map --dry-run --oversubscribe'.split(' ')
    expect(withoutShown(words)).to.deep.equal(['--host', 'a:2', '--oversubscribe'])
  })
})
