import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Script } from 'node:vm'
import { type CodeCache, openCodeCache } from './code-cache.ts'

/** Put in by scripts/build.mjs: a hash of the bundles. */
declare const MPIRUN_TS_BUILD: string

/** What is compiled is kept after runs that are shorter, s: V8 forgets functions that are not called for long. */
const MOST_UPTIME_S = 10

/** What a bundle is handed, to start what it brings as V8 has compiled it in an earlier run. */
export interface KeptCode extends CodeCache {
  /** Calls `action` at the end of a run that was short and ends well. */
  atGoodEnd(action: () => void): void
  /** Keeps what V8 has compiled of the bundle itself; undefined: that is kept already. */
  readonly keepProgram: (() => void) | undefined
}

/** The text of a bundle is that of such a function (scripts/build.mjs). */
type Program = (require: NodeJS.Require, module: { exports: object }, __dirname: string, keptCode: KeptCode) => void

/** Runs the bundle `name`.cjs, which lies in `folder`, as V8 has compiled it in an earlier run; what it exports. */
export function startProgram<Exports>(require: NodeJS.Require, folder: string, name: string): Started<Exports> {
  const filename = join(folder, `${name}.cjs`)
  const cache = openCodeCache(folder, MPIRUN_TS_BUILD)
  const cachedData = cache.read(name)
  // The build writes ASCII, which Node reads quicker as Latin-1.
  const script = new Script(readFileSync(filename, 'latin1'), { filename, cachedData })
  const isKept = cachedData !== undefined && script.cachedDataRejected !== true
  const keptCode: KeptCode = {
    ...cache,
    atGoodEnd: (action) => {
      process.on('exit', (status) => {
        if (status === 0 && process.uptime() < MOST_UPTIME_S) action()
      })
    },
    keepProgram: isKept ? undefined : () => cache.keep(name, script.createCachedData()),
  }
  const program = script.runInThisContext() as Program
  const module = { exports: {} }
  program(require, module, folder, keptCode)
  // What the build put there.
  return { exports: module.exports as Exports, keptCode }
}

/** The same for a part of the library, which runs in the user's program: it is kept when that ends. */
export function startLibrary<Exports>(require: NodeJS.Require, folder: string, name: string): Exports {
  const { exports, keptCode } = startProgram<Exports>(require, folder, name)
  if (keptCode.keepProgram !== undefined) keptCode.atGoodEnd(keptCode.keepProgram)
  return exports
}

interface Started<Exports> {
  readonly exports: Exports
  readonly keptCode: KeptCode
}
