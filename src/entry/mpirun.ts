import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Script } from 'node:vm'
import { type KeptCode, openCodeCache } from './code-cache.ts'

/** Put in by scripts/build.mjs: a hash of the bundles. */
declare const MPIRUN_TS_BUILD: string

/**
 * The file `mpirun-ts`: runs entry/command.ts as V8 has compiled it in an earlier run. The bundle is the text of a function of what it takes from
 * this file. The build puts base/shut-debugger.ts before all this.
 */
const filename = join(__dirname, 'command.cjs')
const cache = openCodeCache(__dirname, MPIRUN_TS_BUILD)
const cachedData = cache.read('command')
const script = new Script(readFileSync(filename, 'utf8'), { filename, cachedData })
const command = script.runInThisContext() as (require: NodeJS.Require, __dirname: string, keptCode: KeptCode) => void
command(require, __dirname, {
  rank: () => cache.read('rank'),
  keepRank: (compiled) => cache.keep('rank', compiled),
  keepCommand: () => {
    if (cachedData === undefined || script.cachedDataRejected === true) cache.keep('command', script.createCachedData())
  },
})
