// Runs the command as dist/mpirun.cjs does, with its arguments, and writes V8's compiled form of it: everything that was called is in it.
// Usage: node scripts/command-cache.mjs -np 2 examples/hello.js
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { Script } from 'node:vm'

const folder = fileURLToPath(new URL('../dist', import.meta.url))
const filename = `${folder}/command.cjs`
const script = new Script(readFileSync(filename, 'utf8'), { filename })
process.on('exit', () => writeFileSync(`${folder}/command.cache`, script.createCachedData()))
script.runInThisContext()(createRequire(filename), folder)
