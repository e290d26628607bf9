// Compares mpirun-ts with its peers, side by side: npm run bench -- pi|start|launch [options]; docs/benchmarks.md explains.
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../', import.meta.url))
const main = `${root}build/scripts/bench/main.js`
if (!existsSync(main) || !existsSync(`${root}dist/mpirun.cjs`)) {
  console.error('bench: mpirun-ts is not built yet; run: npm run build')
  process.exit(2)
}
const { bench } = await import(main)
process.exitCode = await bench(process.argv.slice(2), root)
