import { visibleLine } from '../../base/visible-text.ts'
import { usageError } from './values.ts'
import { splitWords } from './words.ts'
import { quote } from '../../placement/host-name.ts'

/** Gives the text of a file, or of stdin for `-`; throws as node:fs does. */
export type ReadText = (path: string) => string

/** One line of an --app file, cut into words. */
export interface AppLine {
  readonly words: readonly string[]
  /** file:line, for messages. */
  readonly where: string
}

/**
 * Reads the file of --app: `[options] program [arguments]` on each line, words quoted as in a shell, comments from `#` at the
 * start of a word, `\` at the end of a line joins the next (MPI 4.1 §11.5, `mpiexec -configfile`).
 * Throws ERR_USAGE (exit status 2), also where the file cannot be read.
 */
export function readAppFile(path: string, readText: ReadText): AppLine[] {
  const lines = textOf(path, readText, '--app').split(/\r\n|\r|\n/)
  const found: AppLine[] = []
  let joined = ''
  let start = 1
  for (const [index, line] of lines.entries()) {
    if (joined === '') start = index + 1
    const code = withoutComment(line)
    if (code === line && /(?<!\\)\\[ \t]*$/.test(line) && index + 1 < lines.length) {
      joined += `${line.replace(/\\[ \t]*$/, '')} `
      continue
    }
    const where = `${visibleLine(path)}:${start}`
    const words = splitWords(joined + code, where)
    if (words.length > 0) found.push({ words, where })
    joined = ''
  }
  if (found.length === 0) {
    throw usageError(`Cannot use ${quote(path)} of --app: it names no program. Write a line such as: -np 2 program.js`)
  }
  return found
}

/** Text of a file the user named. Throws ERR_USAGE (exit status 2) that says why it cannot be read. */
export function textOf(path: string, readText: ReadText, option: string): string {
  try {
    return readText(path)
  } catch (thrown) {
    throw usageError(`Cannot read ${quote(path)} of ${option}: ${reasonOf(thrown)}.`)
  }
}

function reasonOf(thrown: unknown): string {
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined
  if (code === 'ENOENT') return 'there is no such file. Check the path and the working directory'
  if (code === 'EACCES') return 'it may not be read. Check its permissions'
  if (code === 'EISDIR') return 'it is a directory. Name a file'
  return thrown instanceof Error ? thrown.message : String(thrown)
}

/** `#` begins a comment where a word could begin, outside of quotes. */
function withoutComment(line: string): string {
  let mark = ''
  for (let index = 0; index < line.length; index++) {
    const letter = line.charAt(index)
    if (letter === '\\' && mark !== "'") index++
    else if (mark !== '') mark = letter === mark ? '' : mark
    else if (letter === "'" || letter === '"') mark = letter
    else if (letter === '#' && (index === 0 || /\s/.test(line.charAt(index - 1)))) return line.slice(0, index)
  }
  return line
}
