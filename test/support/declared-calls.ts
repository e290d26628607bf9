import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { projectDir } from './run-job.ts'

/** Files of src/mpi that declare what communicators and grids can do. */
export const COMM_FILES: readonly string[] = [
  'comm.ts',
  'point-to-point-calls.ts',
  'collective-calls.ts',
  'neighbor-calls.ts',
  'persistent-calls.ts',
]

const room = join(projectDir, 'src', 'mpi')
const paths = readdirSync(room, { recursive: true, encoding: 'utf8' })

/** Text of the file of src/mpi with this name, in whichever room it is. */
function textOf(file: string): string {
  const [path = file, ...others] = paths.filter((one) => basename(one) === file)
  if (others.length > 0) throw new Error(`there are several files ${file} in src/mpi`)
  return readFileSync(join(room, path), 'utf8')
}

/** Names of the calls that the interfaces and classes of a file of src/mpi declare: each line `  name(…` or `  name<…`. */
export function callsIn(file: string): string[] {
  return namesIn(file, /^ {2}(\w+)[<(]/gm).filter((name) => name !== 'constructor')
}

/** Names of the properties that are declared there: each line `  name: …` or `  readonly name: …`. */
export function propertiesIn(file: string): string[] {
  return namesIn(file, /^ {2}(?:readonly |get )?(\w+)(?:: |\(\): )/gm)
}

function namesIn(file: string, pattern: RegExp): string[] {
  const text = textOf(file)
  return [...new Set([...text.matchAll(pattern)].map(([, name = '']) => name))]
}

/** Calls, every overload of them, and properties that a file of src/mpi declares without a comment above. */
export function undocumentedIn(file: string): string[] {
  const lines = textOf(file).split('\n')
  return lines.filter(
    (line, at) => /^ {2}(?:readonly |get )?\w+\??[<(:]/.test(line) && !/^ {2}(\/\*\*| \*)/.test(lines[at - 1] ?? ''),
  )
}

/** The calls of every communicator and of grids. */
export const commCalls: readonly string[] = [...new Set(COMM_FILES.flatMap(callsIn))]

/** Whether it is `i` + a call that blocks. `iprobe` and `improbe` never wait: they are calls of their own. */
export function isTwin(name: string): boolean {
  return name.startsWith('i') && !['iprobe', 'improbe'].includes(name) && commCalls.includes(name.slice(1))
}

/** The lines of comments that stand directly above each call that a file of src/mpi declares, by name. */
export function docstringsIn(file: string): Map<string, string> {
  const lines = textOf(file).split('\n')
  const docstrings = new Map<string, string>()
  for (const [at, line] of lines.entries()) {
    const name = /^ {2}(\w+)[<(]/.exec(line)?.[1]
    if (name === undefined || docstrings.has(name)) continue
    let from = at
    while (/^ {2}(\/\*\*| \*)/.test(lines[from - 1] ?? '')) from -= 1
    docstrings.set(name, lines.slice(from, at).join('\n'))
  }
  return docstrings
}
