import { OPTIONS, type OptionSpec } from './options.ts'

const WIDTH = 80
/** Column at which explanations begin. */
const HELP_COLUMN = 30

const HEADER = `Usage: mpirun-ts [options] program [arguments] [: [options] program [arguments]]
       mpirun-ts scaling [-np 1,2,4] program [arguments]

Runs a JavaScript or TypeScript program as many ranks on many nodes, with MPI's
message passing between them. All that follows the program is its own. Long
options take one dash or two; a value follows after a blank or after "=".`

const FOOTER = `Without --hostfile and --host, the nodes are those of the PBS, Slurm, SGE or LSF
job around it; outside of one, this machine alone.

Examples:
  mpirun-ts -np 4 hello.js
  mpirun-ts --hostfile hosts --map-by node pi.js 1e9
  mpirun-ts -np 1 server.js : -np 3 client.js
  mpirun-ts scaling -np 1,2,4 pi.js 1e10     (see mpirun-ts scaling --help)

Exit status: that of the first rank to fail; 2 a mistake in options, hostfile or
slots; 3 a node lost; 124 timeout; 126, 127 program unreadable, not found;
128+N ended by signal N.`

/** The text of --help, at most 80 columns wide. */
export function usage(): string {
  const lines = [HEADER]
  let group: string | undefined
  for (const spec of OPTIONS) {
    if (spec.group !== group) lines.push('', `${spec.group}:`)
    group = spec.group
    lines.push(...optionLines(spec))
  }
  return `${[...lines, '', FOOTER].join('\n')}\n`
}

function optionLines(spec: OptionSpec): string[] {
  const left = `  ${[spec.names.join(', '), ...spec.values].join(' ')}`
  const [first = '', ...rest] = wrap(spec.help, WIDTH - HELP_COLUMN)
  const indent = ' '.repeat(HELP_COLUMN)
  const head = left.length + 2 <= HELP_COLUMN ? [left.padEnd(HELP_COLUMN) + first] : [left, indent + first]
  return [...head, ...rest.map((line) => indent + line)]
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line)
      line = word
    } else {
      line = line === '' ? word : `${line} ${word}`
    }
  }
  return [...lines, line]
}
