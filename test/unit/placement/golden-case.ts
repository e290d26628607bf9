import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { resolveAllocation } from '../../../src/cli/nodes/allocation.ts'
import { parseArguments } from '../../../src/cli/arguments/arguments.ts'
import { isHere } from '../../../src/cli/nodes/local-host.ts'
import { splitWords } from '../../../src/cli/arguments/words.ts'
import { MpirunError } from '../../../src/base/errors.ts'
import { renderMap } from '../../../src/placement/display.ts'
import { place } from '../../../src/placement/map-by.ts'

/** A command of a golden file and the output that is expected of it. */
export interface GoldenCase {
  readonly command: string
  readonly expected: string
  readonly files: ReadonlyMap<string, string>
}

const FOLDER = join(process.cwd(), 'test/unit/placement/golden')
/** The machine on which all commands are typed. */
const HERE = { hostname: 'here', cores: 2 }

/**
 * Reads a golden file: `=== name` begins a file that ends at `===`; `$ command` is followed by its output up to a blank line;
 * other lines are comments.
 */
export function readGolden(name: string): GoldenCase[] {
  const files = new Map<string, string>()
  const cases: { command: string; expected: string; files: typeof files }[] = []
  let fileName: string | undefined
  let current: (typeof cases)[number] | undefined
  for (const line of readFileSync(join(FOLDER, name), 'utf8').split('\n')) {
    if (fileName !== undefined) {
      if (line === '===') fileName = undefined
      else files.set(fileName, `${files.get(fileName) ?? ''}${line}\n`)
    } else if (line.startsWith('=== ')) {
      fileName = line.slice(4)
      files.set(fileName, '')
    } else if (line.startsWith('$ ')) {
      current = { command: line.slice(2), expected: '', files }
      cases.push(current)
    } else if (line === '' || line.startsWith('#')) {
      current = undefined
    } else if (current !== undefined) {
      current.expected += `${line}\n`
    }
  }
  return cases
}

/** What a command of a golden file would do: its notes and map, or its error with the exit status. */
export function runGolden({ command, files }: GoldenCase): string {
  const words = splitWords(command, 'the command')
  const start = words.indexOf('mpirun-ts')
  const environment = Object.fromEntries(
    words.slice(0, start).map((word) => [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)]),
  )
  const readText = (path: string): string => {
    const text = files.get(path)
    if (text === undefined) throw Object.assign(new Error(`no ${path}`), { code: 'ENOENT' })
    return text
  }
  try {
    const commandLine = parseArguments(words.slice(start + 1), readText, environment)
    if (commandLine.kind !== 'run') return `${commandLine.kind}\n`
    const { noLocal } = commandLine
    const allocation = resolveAllocation(commandLine, environment, readText, HERE)
    const placement = place(allocation, commandLine.apps, {
      ...commandLine,
      noLocal: (node) => noLocal && isHere(node, HERE),
    })
    const notes = [...commandLine.warnings, ...(allocation.notes ?? [])].map((note) => `Note: ${note}\n`).join('')
    return (
      notes +
      renderMap(
        placement,
        commandLine.apps.map((app) => app.program),
      )
    )
  } catch (thrown) {
    if (!(thrown instanceof MpirunError)) throw thrown
    return `exit ${thrown.exitStatus}: ${thrown.message}\n`
  }
}

/** Writes the present output of each command into the file, to be read with care before it is committed. */
export function updateGolden(name: string): void {
  const outputs = readGolden(name).map(runGolden)
  const path = join(FOLDER, name)
  const lines: string[] = []
  let isOutput = false
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    if (line === '') isOutput = false
    if (line.startsWith('$ ')) {
      if (lines.at(-1) !== '' && lines.at(-1)?.startsWith('#') !== true) lines.push('')
      lines.push(line, ...(outputs.shift() ?? '').trimEnd().split('\n'))
      isOutput = true
    } else if (!isOutput) {
      lines.push(line)
    }
  }
  writeFileSync(path, lines.join('\n'))
}
