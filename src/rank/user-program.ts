import module from 'node:module'
import { dirname } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Script } from 'node:vm'
import type { ProgramSpec } from '../wire/control-messages.ts'

/**
 * Runs the user's program as Node runs a main program: `process.argv[1]`, `require.main`, ES module or CommonJS by Node's own rules.
 * Errors surface as uncaught errors of the thread.
 */
export function runProgram(program: ProgramSpec, importUrl: (url: string) => Promise<unknown>): void {
  process.argv[1] = program.path
  // The text was made from other files: places in errors are to be those of the files.
  if (program.source !== undefined) process.setSourceMapsEnabled(true)
  const loader = module as unknown as MainLoader
  if (program.source === undefined) loader.runMain(program.path)
  else if (program.source.format === 'module') void importUrl(pathToFileURL(program.path).href)
  else runCommonJs(loader, program.path, program.source.code)
}

/** Parts of node:module that its types leave out: `runMain` and a module's paths, `_compile` and the main module. */
interface MainLoader {
  runMain(path: string): void
  _nodeModulePaths(folder: string): string[]
}

interface CompiledModule {
  id: string
  filename: string
  paths: string[]
  _compile(code: string, path: string): void
}

function runCommonJs(loader: MainLoader, path: string, code: string): void {
  const main = new module(path)
  Object.assign(process, { mainModule: main })
  const compiled = main as unknown as CompiledModule
  compiled.id = '.'
  compiled.filename = path
  compiled.paths = loader._nodeModulePaths(dirname(path))
  compiled._compile(code, path)
}

/** Runs a CommonJS bundle that is there as text; what it exports. */
export function evaluateProgram<T>(text: string, filename: string, require: NodeJS.Require): T {
  const holder = { exports: {} }
  const wrapped = `(function (require, module, exports) {${text}\n})`
  // The bundle's own text: a function of three arguments.
  const run = new Script(wrapped, { filename }).runInThisContext() as (...args: unknown[]) => void
  run(require, holder, holder.exports)
  // What the build put there.
  return holder.exports as T
}
