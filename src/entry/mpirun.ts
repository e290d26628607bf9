import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Script } from 'node:vm'

/**
 * The file `mpirun-ts`: runs entry/command.ts as V8 has compiled it when it was built (docs/decisions/0005-code-cache.md). The bundle is
 * the text of a function of what it takes from this file.
 */
const filename = join(__dirname, 'command.cjs')
const cacheFile = join(__dirname, 'command.cache')
const cachedData = existsSync(cacheFile) ? readFileSync(cacheFile) : undefined
const script = new Script(readFileSync(filename, 'utf8'), { filename, cachedData })
const command = script.runInThisContext() as (require: NodeJS.Require, __dirname: string) => void
command(require, __dirname)
