import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { build } from 'esbuild'
import { projectDir } from '../support/run-job.ts'

/** Source files of the bundle of src/entry/`name`.ts and its size in bytes. */
async function bundle(name: string): Promise<{ inputs: string[]; bytes: number }> {
  const { metafile, outputFiles } = await build({
    absWorkingDir: projectDir,
    entryPoints: [join('src', 'entry', `${name}.ts`)],
    bundle: true,
    write: false,
    metafile: true,
    minify: true,
    platform: 'node',
    format: 'cjs',
    external: ['msgpackr-extract', 'esbuild'],
    define: { MPIRUN_TS_RANK_PROGRAM: '""', MPIRUN_TS_POOL_PROGRAM: '""' },
    logLevel: 'silent',
  })
  return { inputs: Object.keys(metafile.inputs), bytes: outputFiles[0]?.contents.length ?? 0 }
}

describe('bundles', () => {
  it('the agent that ssh ships holds nothing of the coordinator', async () => {
    const { inputs, bytes } = await bundle('agent')
    expect(inputs.filter((path) => /^src\/(cli|coordinator|placement|rank|mpi)\//.test(path))).to.deep.equal([])
    expect(inputs.filter((path) => /node_modules\/(pino|esbuild|asn1js)\//.test(path))).to.deep.equal([])
    // The checks of what others send, who is dialled in which order, keys of pairs: 181 kB; what starts further agents (src/launch): 28.
    expect(bytes).to.be.below(214_000)
    // With the rank program and the pool, packed: 202 kB, which ssh brings in one go, as text a third more.
    expect(statSync(join(projectDir, 'dist/agent.br')).size).to.be.below(206_000)
  })

  it('what programs import says nothing that webpack understands otherwise', () => {
    // It puts all files of the folder, or undefined, in place of an imported createRequire.
    for (const name of ['index.js', 'index.cjs']) {
      const text = readFileSync(join(projectDir, 'dist', name), 'utf8')
      expect(text).to.include('getBuiltinModule("node:module").createRequire(place)')
      expect(text).not.to.match(/(import|require).*["']node:module["']\)?;?$/m)
    }
  })

  it('the program of a rank holds no network and no logger', async () => {
    const { inputs } = await bundle('rank')
    // Packages that come in unseen would cost every rank's start.
    const packages = inputs.flatMap((path) => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? [])
    expect([...new Set(packages)]).to.deep.equal(['msgpackr'])
    expect(
      inputs.filter((path) => /^src\/(cli|coordinator|launch|placement|agent|transport)\//.test(path)),
    ).to.deep.equal([])
    // The whole of MPI, readable, as each job of this machine reads it: 703 kB. V8 compiles it once (docs/decisions/0029-code-cache-where-used.md).
    expect(statSync(join(projectDir, 'dist/rank.cjs')).size).to.be.below(715_000)
  })
})
