import { SHUT_DEBUGGER } from '../../base/shut-debugger.ts'
import type { RankFailure } from '../../wire/control-messages.ts'

/** Runs Node with these arguments and resolves with what it prints on stderr. */
export type RunNode = (args: readonly string[]) => Promise<string>

/**
 * Compiles an ES module and what it imports by path, without running anything, until one throws the error that is looked for:
 * uncaught, so that Node prints the place. vm.SourceTextModule knows a module's imports and is behind a flag.
 */
const FIND = `${SHUT_DEBUGGER}
const { readFileSync } = require('node:fs')
const { pathToFileURL } = require('node:url')
const { SourceTextModule } = require('node:vm')
const [path, wanted] = process.argv.slice(1)
const seen = new Set()
function visit(url) {
  if (seen.has(url.href)) return
  seen.add(url.href)
  let text, module
  try {
    text = readFileSync(url, 'utf8')
    module = new SourceTextModule(text, { identifier: url.href })
  } catch (error) {
    if ('SyntaxError: ' + error.message === wanted) throw error
    return
  }
  const later = [...text.matchAll(/\\bimport\\(\\s*(['"])(.+?)\\1/g)].map(([, , specifier]) => specifier)
  for (const each of [...module.dependencySpecifiers, ...later]) if (/^(\\.|\\/|file:)/.test(each)) visit(new URL(each, url))
}
visit(pathToFileURL(path))
`

/**
 * Node does not say in a thread where the syntax error of an ES module is: adds file, line and text to such a failure, as `node
 * program.js` prints them. Any other failure stays as it is, and so does one whose place cannot be found on this machine.
 */
export async function withSyntaxPlace(failure: RankFailure, path: string, runNode: RunNode): Promise<RankFailure> {
  if (!failure.message.startsWith('SyntaxError: ') || failure.stack !== failure.message) return failure
  const printed = await runNode(['--experimental-vm-modules', '--no-warnings', '-e', FIND, path, failure.message])
  const end = printed.indexOf(`\n${failure.message}\n`)
  return end < 0 ? failure : { ...failure, stack: `${printed.slice(0, end)}\n${failure.message}` }
}
