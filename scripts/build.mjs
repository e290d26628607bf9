// Builds everything: kernels (WebAssembly), compiled sources and tests (build/), bundles (dist/).
// Usage: node scripts/build.mjs [--dev]. JavaScript, because it runs before anything is compiled.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync } from 'node:zlib'
import { build } from 'esbuild'
import { buildKernels } from './build-kernels.mjs'
import { buildTypes } from './build-types.mjs'

const root = fileURLToPath(new URL('../', import.meta.url))

const common = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  // Node shows lines of these files before errors, and their functions are in stacks and profiles.
  minify: false,
  legalComments: 'none',
  // msgpackr would load a native addon when it finds one; esbuild stands beside the bundles, for programs in TypeScript.
  external: ['msgpackr-extract', 'esbuild', './singleton.cjs', './pool.cjs'],
  logLevel: 'warning',
}

/** As it is in its own package, which has a script that runs at its installation; its programs for each kind of machine come without one. */
const OWN_ESBUILD = 'esbuild/lib/main.js'

function copyEsbuild() {
  mkdirSync(`${root}dist/esbuild/lib`, { recursive: true })
  for (const file of ['lib/main.js', 'LICENSE.md']) {
    copyFileSync(`${root}node_modules/esbuild/${file}`, `${root}dist/esbuild/${file}`)
  }
  writeFileSync(`${root}dist/esbuild/package.json`, '{ "type": "commonjs" }\n')
}

function compile() {
  rmSync(`${root}build`, { recursive: true, force: true })
  try {
    execFileSync(process.execPath, [`${root}node_modules/typescript/lib/tsc.js`, '-p', root], { stdio: 'inherit' })
  } catch {
    throw new Error('TypeScript found errors, see above')
  }
}

/** A bundle that entry/kept-program.ts starts: the text of a function of what it is handed. */
const asFunction = {
  banner: { js: '(function (require, module, __dirname, keptCode) {' },
  footer: { js: '})' },
}

/**
 * Bundles the command, and what it imports lazily (`await import('./x.ts')`) into files of its own beside it (`x.cjs`): what a job on one
 * machine does not need is not even read. A module that several of them need is in each; none of these modules has state.
 */
async function bundleCommand() {
  const waiting = [{ entry: 'src/entry/command.ts', ...asFunction }]
  const done = new Set(['command'])
  const apart = {
    name: 'lazy imports apart',
    setup(setup) {
      setup.onResolve({ filter: /^esbuild$/ }, () => ({ path: `./${OWN_ESBUILD}`, external: true }))
      setup.onResolve({ filter: /^(\.{1,2}\/.*\.ts|pino)$/ }, ({ kind, path, resolveDir }) => {
        if (kind !== 'dynamic-import') return undefined
        const name = basename(path, '.ts')
        if (!done.has(name)) {
          done.add(name)
          waiting.push({ entry: path === 'pino' ? 'pino' : join(resolveDir, path) })
        }
        return { path: `./${name}.cjs`, external: true }
      })
    },
  }
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const { entry, ...more } = next
    const outfile = `dist/${basename(entry, '.ts')}.cjs`
    // require() instead of import(): Node's loader of ES modules takes milliseconds to wake up.
    const supported = { 'dynamic-import': false }
    await build({ ...common, ...more, entryPoints: [entry], outfile, format: 'cjs', supported, plugins: [apart] })
  }
}

/** The files that start bundles. They tell what V8 has compiled of other builds by a hash of theirs. */
async function bundleStarts() {
  const { SHUT_DEBUGGER } = await import(`${root}build/src/base/shut-debugger.js`)
  const hash = createHash('sha256')
  for (const name of ['command', 'rank', 'pool-program', 'singleton-program']) {
    const path = `${root}dist/${name}.cjs`
    writeFileSync(path, ascii(readFileSync(path, 'utf8')))
    hash.update(readFileSync(path))
  }
  const start = (entry, outfile, more = {}) =>
    build({
      ...common,
      entryPoints: [`src/entry/${entry}.ts`],
      outfile: `dist/${outfile}`,
      format: 'cjs',
      define: { MPIRUN_TS_BUILD: JSON.stringify(id) },
      ...more,
    })
  const id = hash.digest('hex').slice(0, 16)
  await Promise.all([
    start('mpirun', 'mpirun.cjs', { banner: { js: `#!/usr/bin/env node\n${SHUT_DEBUGGER}` } }),
    start('start-pool', 'pool.cjs'),
    start('start-singleton', 'singleton.cjs'),
  ])
  chmodSync(`${root}dist/mpirun.cjs`, 0o755)
}

/** What an agent carries goes through ssh for each node: without comments and space, but with its names, which profiles show. */
const shipped = { minifyWhitespace: true, minifySyntax: true }

/** Text of the bundle of `entry`. */
async function bundleText(entry, more) {
  const { outputFiles } = await build({
    ...common,
    entryPoints: [`src/${entry}.ts`],
    format: 'cjs',
    write: false,
    ...more,
  })
  return ascii(outputFiles[0].text)
}

/** In ASCII: V8 takes one byte for a character then, and Node reads it without decoding. What is not ASCII is in comments and literals alone. */
function ascii(text) {
  return text.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** Text of the pool: one file that carries the program of its threads as text. */
async function poolText(more, wrapping = {}) {
  const thread = await bundleText('entry/pool-thread', more)
  const define = { MPIRUN_TS_POOL_THREAD_PROGRAM: JSON.stringify(thread) }
  return bundleText('entry/pool', { ...more, ...wrapping, define })
}

async function bundle() {
  const cjs = (entry, outfile, more = {}) =>
    build({ ...common, entryPoints: [`src/${entry}.ts`], outfile: `dist/${outfile}`, format: 'cjs', ...more })
  const esm = (entry, outfile) =>
    build({ ...common, entryPoints: [`src/${entry}.ts`], outfile: `dist/${outfile}`, format: 'esm' })
  mkdirSync(`${root}dist`, { recursive: true })
  const [rankShipped, poolShipped, pool] = await Promise.all([
    bundleText('entry/rank', shipped),
    poolText(shipped),
    poolText({}, asFunction),
  ])
  writeFileSync(`${root}dist/pool-program.cjs`, pool)
  // The agent is one file that carries the rank program and the pool as text: nothing of the package is needed on a node.
  const agent = await bundleText('entry/agent', {
    minify: true,
    define: {
      MPIRUN_TS_RANK_PROGRAM: JSON.stringify(rankShipped),
      MPIRUN_TS_POOL_PROGRAM: JSON.stringify(poolShipped),
    },
  })
  writeFileSync(`${root}dist/agent.br`, brotliCompressSync(agent))
  await Promise.all([
    bundleCommand(),
    cjs('entry/rank', 'rank.cjs'),
    cjs('entry/singleton', 'singleton-program.cjs', asFunction),
    cjs('index', 'index.cjs', { define: { 'import.meta.url': '__filename' } }),
    esm('index', 'index.js'),
    cjs('pi/index', 'pi.cjs'),
    esm('pi/index', 'pi.js'),
  ])
}

/** A first job, whose compiled code is kept for the next ones with this Node. */
function runFirstJob() {
  rmSync(`${root}dist/cache`, { recursive: true, force: true })
  const words = [`${root}dist/mpirun.cjs`, '-np', '2', `${root}examples/hello.js`]
  execFileSync(process.execPath, words, { stdio: ['ignore', 'ignore', 'inherit'] })
}

await buildKernels()
compile()
buildTypes(`${root}build/src`, `${root}dist/types`, ['index.d.ts', 'pi/index.d.ts'])
copyEsbuild()
await bundle()
await bundleStarts()
runFirstJob()
