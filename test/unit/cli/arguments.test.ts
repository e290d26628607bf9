import { expect } from 'chai'
import { MpirunError } from '../../../src/base/errors.ts'
import { parseArguments } from '../../../src/cli/arguments/arguments.ts'
import type { CommandLine } from '../../../src/cli/arguments/command-line.ts'
import { randomNumbers, testSeed } from '../../support/random.ts'
import { randomTexts } from '../placement/random-text.ts'

const noFile = (path: string): string => {
  throw Object.assign(new Error(path), { code: 'ENOENT' })
}

/** Parses words that are separated by single blanks. */
function parse(words: string | readonly string[], files: Readonly<Record<string, string>> = {}): CommandLine {
  const argv = typeof words === 'string' ? words.split(' ') : words
  const parsed = parseArguments(argv, (path) => files[path] ?? noFile(path))
  if (parsed.kind !== 'run') throw new Error(`asked for ${parsed.kind}`)
  return parsed
}

function messageOf(words: string | readonly string[], files: Readonly<Record<string, string>> = {}): string {
  try {
    parse(words, files)
  } catch (thrown) {
    if (!(thrown instanceof MpirunError)) throw thrown
    expect(thrown).to.include({ code: 'ERR_USAGE', exitStatus: 2 })
    expect(thrown.message).to.not.include('\n')
    return thrown.message
  }
  throw new Error('nothing was thrown')
}

describe('parseArguments()', () => {
  const settings: readonly (readonly [words: string, expected: object])[] = [
    ['a', { mapBy: 'slot', oversubscribe: false, stdin: 0, transport: 'tls', graceMs: 3000 }],
    ['--hostfile F a', { apps: [{ hostfile: 'F', program: 'a', args: [] }] }],
    ['-hostfile F a', { apps: [{ hostfile: 'F', program: 'a', args: [] }] }],
    ['--hostfile=F a', { apps: [{ hostfile: 'F', program: 'a', args: [] }] }],
    ['-machinefile=F a', { apps: [{ hostfile: 'F', program: 'a', args: [] }] }],
    ['-f - a', { apps: [{ hostfile: '-', program: 'a', args: [] }] }],
    ['-H a:2 --host b,c a', { apps: [{ hosts: 'a:2,b,c', program: 'a', args: [] }] }],
    ['--map-by node a', { mapBy: 'node' }],
    ['--map-by ppr:2:node a', { mapBy: 'slot', perNode: 2 }],
    ['--map-by PPR:2:node:oversubscribe,nolocal a', { perNode: 2, oversubscribe: true, noLocal: true }],
    ['--map-by :OVERSUBSCRIBE a', { mapBy: 'slot', oversubscribe: true }],
    ['-N 3 a', { perNode: 3 }],
    ['-ppn 3 a', { perNode: 3 }],
    ['--npernode=3 a', { perNode: 3 }],
    [
      '--pernode --bynode --nolocal -oversubscribe a',
      { perNode: 1, mapBy: 'node', noLocal: true, oversubscribe: true },
    ],
    ['--wdir /x a', { apps: [{ wdir: '/x', program: 'a', args: [] }] }],
    ['--stdin 3 a', { stdin: 3 }],
    ['--stdin none a', { stdin: 'none' }],
    ['--tag-output a', { outputPrefix: { type: 'tag' } }],
    ['-l a', { outputPrefix: { type: 'rank' } }],
    ['-prepend-pattern %r@%h%%: a', { outputPrefix: { type: 'pattern', pattern: '%r@%h%%:' } }],
    ['-outfile-pattern d/%h/out.%r -errfile-pattern e a', { outfilePattern: 'd/%h/out.%r', errfilePattern: 'e' }],
    ['--timeout 1.5 --grace 0 --launch-timeout .5 a', { timeoutMs: 1500, graceMs: 0, launchTimeoutMs: 500 }],
    ['--forward-signals none a', { forwardSignals: [] }],
    ['--forward-signals usr1,SIGALRM,12 a', { forwardSignals: ['SIGUSR1', 'SIGALRM', 'SIGUSR2'] }],
    ['--launcher ssh a', { launcher: { type: 'ssh' } }],
    ['--launcher ./my-ssh a', { launcher: { type: 'command', command: './my-ssh' } }],
    [
      '--launcher pbs --on-rank-loss continue --pool --sync-send a',
      { launcher: { type: 'pbs' }, onRankLoss: 'continue', pool: true, syncSend: true },
    ],
    ['--launcher lsf a', { launcher: { type: 'lsf' } }],
    [
      '--mca plm_rsh_agent rsh --mca oob_tcp_if_include ib0,eth0 a',
      { launcher: { type: 'command', command: 'rsh' }, interface: 'ib0,eth0' },
    ],
    [
      '--transport plain --interface 10.0.0.1 --node /opt/node a',
      { transport: 'plain', interface: '10.0.0.1', nodePath: '/opt/node' },
    ],
    ['--allow-run-as-root --bind-to core --report-bindings a', { warnings: [] }],
    [
      '--mca btl tcp --mca btl self -mca pml ob1 a',
      { warnings: ['Ignored parameters of --mca that have no meaning here: btl, pml.'] },
    ],
    ['-v a', { verbose: true, logLevel: 'debug' }],
    ['-v -q a', { verbose: false, quiet: true, logLevel: 'error' }],
    ['--log-level info -q a', { logLevel: 'info' }],
    ['--no-progress a', { progress: 'off' }],
  ]
  for (const [words, expected] of settings) {
    it(`understands ${words}`, () => {
      expect(parse(words)).to.deep.include(expected)
    })
  }

  for (const spelling of ['-n 4', '-np 4', '--np 4', '--n 4', '-c 4', '-np=4', '--np=4']) {
    it(`takes ${spelling} as the number of ranks`, () => {
      expect(parse(`${spelling} a`).apps).to.deep.equal([{ np: 4, program: 'a', args: [] }])
    })
  }

  it('splits --launcher-args as a shell would', () => {
    expect(parse(['--launcher-args', `-p 22 -o "A=b c" 'd "e'`, 'a']).launcherArgs).to.deep.equal([
      '-p',
      '22',
      '-o',
      'A=b c',
      'd "e',
    ])
    expect(parse(['--mca', 'plm_rsh_agent', 'ssh -p 22', 'a'])).to.deep.include({
      launcher: { type: 'ssh' },
      launcherArgs: ['-p', '22'],
    })
    expect(parse(['--mca', 'plm_rsh_agent', 'qrsh -V : ssh -x:rsh', 'a'])).to.deep.include({
      launcher: { type: 'command', command: 'qrsh', others: [['ssh', '-x'], ['rsh']] },
      launcherArgs: ['-V'],
    })
  })

  it('joins the flags of several --node-args', () => {
    const { nodeArgs } = parse(['--node-args', '--expose-gc -r "a b"', '--node-args=--max-old-space-size=9', 'a'])
    expect(nodeArgs).to.deep.equal(['--expose-gc', '-r', 'a b', '--max-old-space-size=9'])
  })

  it('leaves all that follows the program to the program', () => {
    const args = ['a b', '$HOME', '*', '', 'a:b', '-np', '8', '--', '--help', '::']
    expect(parse(['-np', '1', 'args.js', ...args]).apps).to.deep.equal([{ np: 1, program: 'args.js', args }])
    expect(parse(['-np', '1', '--', 'args.js', ...args]).apps[0]?.args).to.deep.equal(args)
    expect(parse(['--', '-odd.js']).apps[0]?.program).to.equal('-odd.js')
  })

  it('begins another program at a lone colon', () => {
    expect(parse('-np 2 a x : -np 3 -x FOO b y:z : c').apps).to.deep.equal([
      { np: 2, program: 'a', args: ['x'] },
      { np: 3, environment: { rules: [{ type: 'copy', pattern: 'FOO' }] }, program: 'b', args: ['y:z'] },
      { program: 'c', args: [] },
    ])
  })

  it('takes a colon as the value of an option', () => {
    expect(parse(['--prepend-pattern', ':', 'a']).outputPrefix).to.deep.equal({ type: 'pattern', pattern: ':' })
  })

  it('keeps the environment of each program apart, in order, and -genv for all wherever it stands', () => {
    const set = (name: string, value: string): object => ({ type: 'set', name, value })
    const copy = (pattern: string): object => ({ type: 'copy', pattern })
    const words = ['-x', 'A', '-x', 'B=1=2', '-x', 'PBS_*', '-env', 'C', 'x y', '-env', 'D=1', 'a', ':']
    const parsed = parse([...words, '-x', 'A=2', '-genv', 'G', '1', '-envnone', 'b', ':', '-genv', 'H=2=3', 'c'])
    expect(parsed.apps.map(({ environment }) => environment)).to.deep.equal([
      { rules: [copy('A'), set('B', '1=2'), copy('PBS_*'), set('C', 'x y'), set('D', '1')] },
      { inherit: 'none', rules: [set('A', '2')] },
      undefined,
    ])
    expect(parsed.environment).to.deep.equal({ rules: [set('G', '1'), set('H', '2=3')] })
    expect(parse('-genvlist A,B a').environment).to.deep.equal({ inherit: ['A', 'B'], rules: [] })
    for (const word of ['-genvnone', '--clean-env']) {
      expect(parse(`${word} a`).environment.inherit).to.equal('none')
    }
    expect(parse('-genvnone -genvall a').environment.inherit).to.equal('all')
    expect(parse('-envlist A a : -envall b').apps.map(({ environment }) => environment?.inherit)).to.deep.equal([
      ['A'],
      'all',
    ])
  })

  it('keeps hosts, hostfile, folder and path of each program apart', () => {
    const words = '-H n1 -host n2:2 -wdir /a p : -hostfile F -path /x:/y -np 2 q : r'
    expect(parse(words).apps).to.deep.equal([
      { hosts: 'n1,n2:2', wdir: '/a', program: 'p', args: [] },
      { hostfile: 'F', path: '/x:/y', np: 2, program: 'q', args: [] },
      { program: 'r', args: [] },
    ])
  })

  it('gives each program of --app what stands before it, unless its line says otherwise', () => {
    const file = '-np 1 p\n-x A=2 -wdir /b -host n2 q\n'
    const { apps } = parse('-x A=1 -wdir /a -host n1 --app F', { F: file })
    expect(apps.map(({ hosts, wdir, environment }) => ({ hosts, wdir, rules: environment?.rules }))).to.deep.equal([
      { hosts: 'n1', wdir: '/a', rules: [{ type: 'set', name: 'A', value: '1' }] },
      {
        hosts: 'n2',
        wdir: '/b',
        rules: [
          { type: 'set', name: 'A', value: '1' },
          { type: 'set', name: 'A', value: '2' },
        ],
      },
    ])
  })

  it('answers --help and --version before the program alone', () => {
    for (const word of ['-h', '--help', '-help']) expect(parseArguments([word], noFile)).to.deep.equal({ kind: 'help' })
    for (const word of ['-V', '--version', '-version']) {
      expect(parseArguments(['-np', '2', word], noFile)).to.deep.equal({ kind: 'version' })
    }
    expect(parse('a --help').apps[0]?.args).to.deep.equal(['--help'])
  })

  it('reads programs from --app, with comments, quotes and continued lines', () => {
    const app = '# both\n-np 2 a.js "x y" # first\n\n-np 3 \\\r\n  b.js \\\n  \'#1\' a#b\n'
    const expected = [
      { np: 2, program: 'a.js', args: ['x y'] },
      { np: 3, program: 'b.js', args: ['#1', 'a#b'] },
    ]
    for (const option of ['--app', '-configfile'])
      expect(parse(`-v ${option} F`, { F: app }).apps).to.deep.equal(expected)
  })

  const mistakes: readonly (readonly [words: string | readonly string[], ...parts: string[]])[] = [
    [[], 'No program', '--help'],
    ['-np 2', 'No program'],
    ['-np', '-np', 'lacks its value'],
    ['-genv A', '-genv NAME VALUE'],
    ['-genv=A a', 'takes 2 words'],
    ['-env =1 a', 'name of a variable'],
    ['-np 0 a', '"0"', '-np', 'whole number'],
    ['-np -1 a', '"-1"', '-np'],
    ['-np abc a', '"abc"', '-np'],
    ['-np 2x a', '"2x"'],
    ['-np=1.5 a', '"1.5"'],
    ['-np= a', '""'],
    ['--np 99999999 a', '"99999999"'],
    ['-N 0 a', '"0"', '-N'],
    ['--hostfle F a', '"--hostfle"', 'Did you mean --hostfile?'],
    ['--oversubcribe a', 'Did you mean --oversubscribe?'],
    ['--map_by slot a', 'Did you mean --map-by?'],
    ['--zzzzzz a', 'Unknown option "--zzzzzz". See'],
    ['--__proto__ a', 'Unknown option'],
    ['--map-by foo a', '"foo"', '--map-by', 'ppr:2:node'],
    ['--map-by ppr:0:node a', '"ppr:0:node"'],
    ['--map-by ppr:2:moon a', '"ppr:2:moon"'],
    ['--map-by core:pe=x a', '"core:pe=x"', 'pe=2'],
    ['--map-by rankfile a', '--rankfile FILE'],
    ['--rank-by moon a', '"moon"', '--rank-by'],
    ['-rmk moon a', '"moon"', 'slurm'],
    ['--display moon a', '"moon"'],
    ['--output dir= a', '--output', 'empty'],
    ['--map-by slot:up a', '"slot:up"'],
    ['--stdin foo a', '"foo"', '--stdin'],
    ['--stdin -1 a', '"-1"'],
    ['--timeout abc a', '"abc"', '--timeout', 'seconds'],
    ['--timeout 0 a', '"0"', 'above 0'],
    ['--timeout 1e9 a', '"1e9"'],
    ['--timeout 9999999 a', '2147483'],
    ['--grace -1 a', '"-1"', 'from 0'],
    ['--outfile-pattern %q a', '"%q"', '%r (rank)'],
    ['--errfile-pattern x%', '"%"'],
    ['--prepend-pattern %😀 a', 'unknown'],
    ['--transport foo a', '"foo"', 'tls, plain'],
    ['--on-rank-loss contine a', 'did you mean continue?'],
    ['--launcher shh a', '"shh"', 'did you mean ssh?'],
    ['--log-level loud a', '"loud"', 'debug'],
    ['--forward-signals FOO a', '"FOO"'],
    ['--forward-signals KILL a', 'SIGKILL'],
    ['-x =1 a', '-x'],
    ['-x A*=1 a', '-x'],
    ['-genvlist A=1 a', '-genvlist'],
    ['--progress=yes a', 'takes no value'],
    [['--node-args', 'x', 'a'], '--node-args', 'flags of Node'],
    [['--launcher-args', '"x', 'a'], 'not closed'],
    [['--hostfile', '', 'a'], '--hostfile', 'empty'],
    [[''], '""'],
    ['-', '"-"'],
    [': a', '":"'],
    ['a :', 'No program after ":"'],
    ['a : : b', '":"'],
    ['a : --map-by node b', '--map-by', 'before the first program'],
    ['--app F', '"F"', '--app', 'no such file'],
    ['-np 2 --app F', '--app next to -np'],
    ['--app F a', '--app'],
  ]
  for (const [words, ...parts] of mistakes) {
    it(`refuses ${typeof words === 'string' ? words : JSON.stringify(words)}`, () => {
      const message = messageOf(words)
      for (const part of parts) expect(message).to.include(part)
    })
  }

  it('names the line of an --app file', () => {
    expect(messageOf('--app F', { F: '# x\n-np 2 a\n-np x b\n' })).to.match(/^F:3: .*"x"/)
    expect(messageOf('--app F', { F: 'a\n-np 2\n' })).to.match(/^F:2: .*no program/)
    expect(messageOf('--app F', { F: '--app F a' })).to.match(/^F:1: /)
    expect(messageOf('--app F', { F: '#\n' })).to.include('names no program')
    expect(messageOf('--app F', { F: 'a "b' })).to.include('F:1')
  })

  it('throws nothing but MpirunError, whatever the words', () => {
    const seed = testSeed()
    const random = randomNumbers(seed)
    const texts = [...randomTexts(seed, 500), '--app', '-x', '-genv', '--mca', '--launcher-args', '--forward-signals']
    for (let round = 0; round < 5000; round++) {
      const argv = Array.from(
        { length: Math.floor(random() * 6) },
        () => texts[Math.floor(random() * texts.length)] ?? '',
      )
      const file = texts[Math.floor(random() * texts.length)] ?? ''
      try {
        parseArguments(argv, () => file)
      } catch (thrown) {
        if (!(thrown instanceof MpirunError))
          throw new Error(`seed ${seed}: ${JSON.stringify(argv)}`, { cause: thrown })
      }
    }
  })
})
