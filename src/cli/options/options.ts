import { nearestSpelling } from '../../base/nearest-spelling.ts'
import type { OptionId, TypedOption } from './option-id.ts'
import { OPTIONS_OF_OTHERS } from './options-of-others.ts'

/** One option: how it is written, what it takes, what --help says. What it does is in arguments-effects.ts. */
export interface OptionSpec extends TypedOption {
  /** Spellings that --help shows. */
  readonly names: readonly string[]
  /** Spellings of other launchers, accepted too. */
  readonly also?: readonly string[]
  readonly help: string
  readonly group: OptionGroup
}

export type OptionGroup =
  | 'Ranks and nodes'
  | 'Placement'
  | 'Environment of the ranks'
  | 'Input and output'
  | 'End of the job'
  | 'Start of the nodes'
  | 'Ways to run'
  | 'Reports'
  | 'Accepted for habit'

/** Options without their dashes: long ones take one dash or two. */
const BY_NAME = new Map<string, TypedOption>()

/** Every option, in the order of --help. */
export const OPTIONS: readonly OptionSpec[] = [
  ...group('Ranks and nodes', [
    option('np', '-n, -np, -c', 'N', 'ranks; default: every slot, or every core of this machine'),
    option('hostfile', '--hostfile, --machinefile, -f', 'FILE', 'nodes and their slots, a line each; "-" reads stdin'),
    option(
      'host',
      '-H, --host',
      'A:2,B',
      'nodes and their slots; with a hostfile, which of its nodes',
      '-hosts, -hostlist',
    ),
    option('rmk', '-rmk', 'NAME', 'whose nodes: pbs, slurm, sge, lsf, cobalt, or user for no scheduler'),
    option('app', '--app, --configfile', 'FILE', 'programs of the job, a line each: [options] program [arguments]'),
  ]),
  ...group('Placement', [
    option(
      'mapBy',
      '--map-by',
      'POLICY',
      'slot: fill each node (default); node: one to each node in turn; ppr:N:node: N on each node; seq: one for each line of the hostfile; ' +
        'with :pe=N a rank takes N slots',
    ),
    option('rankBy', '--rank-by', 'slot|node', 'how the ranks of a program are numbered over its nodes'),
    option('rankfile', '--rankfile, -rf', 'FILE', 'the node of each rank, a line each: rank 0=node1 slot=0'),
    option('perNode', '-N, --npernode, -ppn', 'N', 'at most N ranks on a node; without -np N on each', '-perhost'),
    option('onePerNode', '--pernode', '', 'the same as -N 1'),
    option('byNode', '--bynode', '', 'the same as --map-by node'),
    option('bySlot', '--byslot', '', 'the same as --map-by slot'),
    option('noLocal', '--nolocal', '', 'no ranks on this machine', '-skip-launch-node'),
    option('oversubscribe', '--oversubscribe', '', 'more ranks than slots, but never more than max_slots'),
    option('noOversubscribe', '--nooversubscribe', '', 'never more ranks than slots (default)'),
  ]),
  ...group('Environment of the ranks', [
    option(
      'export',
      '-x',
      'NAME[=VALUE]',
      'give the ranks this variable, also HOME and others that stay at home; NAME may have * (PBS_*)',
    ),
    option('setOwnEnv', '-env', 'NAME VALUE', 'the same as -x NAME=VALUE'),
    option('exportOwnList', '-envlist', 'A,B', 'give the ranks these variables and no others'),
    option('exportOwnAll', '-envall', '', 'give the ranks all variables (default)'),
    option('cleanOwnEnv', '-envnone', '', 'give the ranks no variables but those of -x and -genv'),
    option('setEnv', '-genv', 'NAME VALUE', 'as -env, for all programs of A : B'),
    option('exportList', '-genvlist', 'A,B', 'as -envlist, for all programs'),
    option('exportAll', '-genvall', '', 'as -envall, for all programs'),
    option('cleanEnv', '--clean-env, -genvnone', '', 'as -envnone, for all programs'),
    option('wdir', '--wdir, -wd', 'DIR', 'working directory on every node; default: this one'),
    option('path', '--path', 'DIR:DIR', 'folders in which the program is looked for'),
  ]),
  ...group('Input and output', [
    option('stdin', '--stdin', 'N|all|none', 'which rank reads stdin; default 0'),
    option('tagOutput', '--tag-output', '', 'begin each line with [1,RANK]<stdout>:'),
    option('prependRank', '-l, --prepend-rank', '', 'begin each line with [RANK]'),
    option('prependPattern', '--prepend-pattern', 'P', 'begin each line with P; %r rank, %h host, %p pid, %t time'),
    option('timestampOutput', '--timestamp-output', '', 'begin each line with the time'),
    option('outputDirectory', '--output-filename', 'DIR', 'write the output of each rank to files in DIR'),
    option('outfilePattern', '--outfile-pattern', 'P', 'write stdout to files; P as in --prepend-pattern'),
    option('errfilePattern', '--errfile-pattern', 'P', 'write stderr to files'),
    option('mergeStderr', '--merge-stderr-to-stdout', '', 'send what ranks write to stderr to stdout'),
  ]),
  ...group('End of the job', [
    option('timeout', '--timeout', 'S', 'end the job after S seconds, with exit status 124'),
    option('grace', '--grace', 'S', 'seconds for ranks to end by themselves when told to; default 3'),
    option('forwardSignals', '--forward-signals', 'LIST|none', 'signals passed to the ranks; default USR1,USR2,WINCH'),
    option('onRankLoss', '--on-rank-loss', 'abort|continue', 'what a lost rank does to the job; default abort'),
  ]),
  ...group('Start of the nodes', [
    option(
      'launcher',
      '--launcher',
      'NAME|PATH',
      'auto, ssh, pbs, slurm, sge, lsf, or the path of a program called with a host and a command; also $MPIRUN_TS_LAUNCHER',
    ),
    option('launcherArgs', '--launcher-args', '"..."', 'arguments for the launcher, such as "-p 2222"'),
    option(
      'launchTimeout',
      '--launch-timeout',
      'S',
      'seconds within which all nodes must be up; default 10, and one more for each 4 nodes above 16',
    ),
    option('launchConcurrency', '--launch-concurrency', 'N', 'nodes that are started at the same time; default 32'),
    option(
      'launchFanout',
      '--launch-fanout',
      'N',
      'nodes that this machine starts itself; with more of them each starts as many others; default 32',
    ),
    option('noTree', '--no-tree', '', 'this machine starts all nodes itself'),
    option('nodePath', '--node', 'PATH', 'path of Node.js on the other machines'),
    option(
      'nodeArgs',
      '--node-args',
      '"..."',
      'flags of Node.js for the ranks of all nodes, such as --max-old-space-size=8192; also from NODE_OPTIONS',
    ),
    option('transport', '--transport', 'tls|plain', 'between machines; default tls'),
    option(
      'interface',
      '--interface',
      'NAME|ADDRESS',
      'what listeners of all machines are bound to, and agents dial; also networks (10.0.0.0/8), several with commas',
      '-iface',
    ),
    option('tunnel', '--tunnel', '', 'agents come back through ssh, where nothing else passes'),
    option('portRange', '--port-range', 'A-B', 'ports of every listener, on all machines; default: any'),
    option('preload', '--preload', '', 'ship the program with its imports: no shared file system needed'),
  ]),
  ...group('Ways to run', [
    option('pool', '--pool', '', 'rank 0 runs the program, its Pool uses every rank'),
    option('syncSend', '--sync-send', '', 'a send completes when it is received: shows reliance on buffers'),
  ]),
  ...group('Reports', [
    option('displayMap', '--display-map', '', 'show which rank runs where'),
    option('displayAllocation', '--display-allocation', '', 'show the nodes and their slots'),
    option('dryRun', '--dry-run', '', 'show the map and start nothing', '-do-not-launch, -donotlaunch'),
    option(
      'progress',
      '--progress',
      '',
      'how far calls of Pool are, on stderr: on a terminal a line, elsewhere one every 10 s',
    ),
    option('noProgress', '--no-progress', '', 'never, also for calls that ask for it'),
    option('verbose', '-v', '', 'say what is being done, and more of errors', '-verbose'),
    option('quiet', '-q', '', 'say nothing but errors', '-quiet'),
    option('logLevel', '--log-level', 'LEVEL', 'trace, debug, info, warn, error, fatal or silent'),
    option('logFile', '--log-file', 'FILE', 'write logs there instead of to stderr'),
    option('version', '-V, --version', '', 'print the version'),
    option('help', '-h, --help', '', 'print this'),
  ]),
  ...group('Accepted for habit', [
    option('allowRoot', '--allow-run-as-root', '', 'no effect: root may run jobs'),
    option('bindTo', '--bind-to', 'X', 'no effect: ranks are threads, they are not bound to cores'),
    option('reportBindings', '--report-bindings', '', 'no effect'),
    option(
      'mca',
      '--mca',
      'KEY VALUE',
      'what decides on nodes, ranks, the launcher, interfaces and ports is obeyed (also $OMPI_MCA_KEY); others are ignored',
      '-gmca, -prtemca, -pmixmca',
    ),
  ]),
]

/** The option that `word` spells (without its value), or `undefined`. */
export function findOption(word: string): TypedOption | undefined {
  if (BY_NAME.size === 0) {
    for (const spec of OPTIONS) {
      for (const name of [...spec.names, ...(spec.also ?? [])]) BY_NAME.set(name.replace(/^--?/, ''), spec)
    }
    for (const other of OPTIONS_OF_OTHERS) for (const name of other.names) BY_NAME.set(name, other)
  }
  return BY_NAME.get(word.replace(/^--?/, ''))
}

/** The spelling of an option that is nearest to `word`. */
export function nearestOption(word: string): string | undefined {
  const bare = word.replace(/^-+/, '')
  const names = OPTIONS.flatMap((spec) => spec.names)
  const nearest = nearestSpelling(
    bare,
    names.map((name) => name.replace(/^-+/, '')),
  )
  return names.find((name) => name.replace(/^-+/, '') === nearest)
}

function option(id: OptionId, names: string, values: string, help: string, also?: string): Omit<OptionSpec, 'group'> {
  const spec = { id, names: names.split(', '), values: values === '' ? [] : values.split(' '), help }
  return also === undefined ? spec : { ...spec, also: also.split(', ') }
}

function group(name: OptionGroup, specs: readonly Omit<OptionSpec, 'group'>[]): OptionSpec[] {
  return specs.map((spec) => ({ ...spec, group: name }))
}
