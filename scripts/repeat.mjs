// Runs the programs of test/programs again and again with random delays: node scripts/repeat.mjs [options] [PROGRAM …], after a build.
//   --times N        how often (20)
//   --ranks A,B      numbers of ranks on one node (1,2,3,5,8)
//   --nodes A:B,…    ranks and nodes of jobs over ssh hosts on loopback addresses (2:2,5:3)
//   --transport A,B  of the jobs over hosts (tls,plain)
//   --seed S         the first seed; the next run has the next one. Seeds are printed
//   --no-delays      repeat only
// Delays: before calls of the library and around single steps on shared memory, in the ranks and in the agent of the first node.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const root = fileURLToPath(new URL('../', import.meta.url))
process.chdir(root)
const { allPrograms, programPaths } = await import(`${root}build/test/support/program-list.js`)
const { startSshHosts, whyNoSshd } = await import(`${root}build/test/support/sshd.js`)
const { DELAYS } = await import(`${root}build/test/support/delays.js`)

/** A job that takes longer hangs, ms. */
const HANG_MS = 300_000

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    times: { type: 'string', default: '20' },
    ranks: { type: 'string', default: '1,2,3,5,8' },
    nodes: { type: 'string', default: '2:2,5:3' },
    transport: { type: 'string', default: 'tls,plain' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
    'no-delays': { type: 'boolean', default: false },
  },
})
const isWanted = (path) => positionals.length === 0 || positionals.includes(basename(path, '.js'))
const programs = programPaths().filter(isWanted)
if (programs.length === 0) {
  console.error(`repeat: no program of test/programs is called ${positionals.join(' or ')}`)
  process.exit(2)
}

/** Runs all programs in one job. Returns what went wrong, or undefined. */
async function run(words, seed) {
  const delays = values['no-delays'] ? {} : { [DELAYS]: String(seed) }
  const environment = { ...process.env, ...delays, MPI_TEST_SEED: String(seed) }
  const hook = ['--import', `${root}build/test/support/delay-this-thread.js`]
  const child = spawn(process.execPath, [...hook, 'dist/mpirun.cjs', ...words, allPrograms, ...programs], {
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let [stdout, stderr] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text))
  let hasHung = false
  const timer = setTimeout(() => {
    hasHung = true
    child.kill('SIGKILL')
  }, HANG_MS)
  const [status] = await once(child, 'close')
  clearTimeout(timer)
  if (status === 0 && stderr === '') return undefined
  const last = stdout.trim().split('\n').at(-1)
  return `${hasHung ? `still running after ${HANG_MS / 1000} s` : `status ${status}`} in ${last}\n${stderr}`
}

const jobs =
  values.ranks === ''
    ? []
    : values.ranks.split(',').map((ranks) => ({ name: `n = ${ranks}`, words: ['-np', ranks, '--oversubscribe'] }))
const pairs = values.nodes === '' ? [] : values.nodes.split(',').map((pair) => pair.split(':'))
let hosts
if (pairs.length > 0 && whyNoSshd() !== undefined) console.log(whyNoSshd())
else if (pairs.length > 0) {
  hosts = await startSshHosts(
    Array.from({ length: Math.max(...pairs.map(([, nodes]) => Number(nodes))) }, () => 'works'),
  )
  for (const [ranks, nodes] of pairs) {
    const where = ['--host', hosts.hosts.slice(0, Number(nodes)).join(','), '--map-by', 'node']
    const words = ['-np', ranks, '--oversubscribe', ...where, '--launcher-args', hosts.launcherArgs.join(' ')]
    for (const transport of values.transport.split(',')) {
      jobs.push({ name: `n = ${ranks} over ${nodes} nodes, ${transport}`, words: ['--transport', transport, ...words] })
    }
  }
}

let [passed, failed] = [0, 0]
try {
  for (let time = 0; time < Number(values.times); time += 1) {
    const seed = Number(values.seed) + time
    const before = failed
    for (const { name, words } of jobs) {
      const problem = await run(words, seed)
      if (problem === undefined) passed += 1
      else {
        failed += 1
        console.log(`FAILED: ${name}, seed ${seed}: ${problem}`)
      }
    }
    console.log(
      `run ${time + 1} of ${values.times}, seed ${seed}: ${failed === before ? 'all passed' : `${failed - before} failed`}`,
    )
  }
} finally {
  await hosts?.stop()
}
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1
