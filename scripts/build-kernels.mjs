// Compiles the WebAssembly kernels of src/kernels/ and embeds each as base64 in a generated, git-ignored module.
// Usage: node scripts/build-kernels.mjs (scripts/build.mjs calls it). Nothing is compiled while nothing has changed.
import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

const root = new URL('../', import.meta.url)

/** Source, generated module and the name that it exports. */
const kernels = [
  {
    source: 'src/kernels/pi.ts',
    output: 'src/pi/pi-wasm.generated.ts',
    name: 'piWasmBase64',
    // 64 KiB of memory of its own.
    memoryFlags: ['--initialMemory', '1', '--maximumMemory', '1'],
  },
  {
    source: 'src/kernels/reduce.ts',
    output: 'src/mpi/collectives/in-memory/combining/reduce-wasm.generated.ts',
    name: 'reduceWasmBase64',
    // Works in the memory of a node, of any size.
    memoryFlags: [
      '--enable',
      'threads',
      '--importMemory',
      '--sharedMemory',
      '--initialMemory',
      '1',
      '--maximumMemory',
      '65536',
    ],
  },
]

/** No runtime and no garbage collector. */
const ascFlags = ['--runtime', 'stub', '--enable', 'simd', '-O3', '--converge', '--noAssert', '--noExportMemory']

/** Compiles every kernel whose source, flags or compiler changed. Throws with the compiler's words when one does not compile. */
export async function buildKernels() {
  const compiler = createRequire(import.meta.url)('assemblyscript/package.json').version
  for (const kernel of kernels) {
    const source = await readFile(new URL(kernel.source, root), 'utf8')
    const key = JSON.stringify([compiler, ascFlags, kernel.memoryFlags, source])
    const stamp = `// Generated from ${kernel.source} by scripts/build-kernels.mjs. ${createHash('sha256').update(key).digest('hex')}\n`
    const output = new URL(kernel.output, root)
    const current = await readFile(output, 'utf8').catch(() => '')
    if (current.startsWith(stamp)) continue
    const wasm = await compile(kernel)
    const base64 = Buffer.from(wasm).toString('base64')
    await writeFile(output, `${stamp}export const ${kernel.name}: string =\n  '${base64}'\n`)
  }
}

async function compile({ source, memoryFlags }) {
  // Loaded only when there is something to compile: loading it takes a second.
  const { default: asc } = await import('assemblyscript/asc')
  let wasm
  let errors = ''
  const { error } = await asc.main(
    [source, '--baseDir', fileURLToPath(root), '--outFile', 'kernel.wasm', ...ascFlags, ...memoryFlags],
    {
      stderr: {
        write: (text) => {
          errors += text
        },
      },
      writeFile: (_name, contents) => {
        wasm = contents
      },
    },
  )
  if (error || wasm === undefined) throw new Error(`Cannot compile ${source}: ${error?.message}\n${errors}`)
  return wasm
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildKernels()
