// Stresses the shared memory between ranks with real threads for minutes: the rings, links with their overflow rings, and jobs of lent
// messages, windows, random exchanges, ranks that run ahead and collectives, with random delays.
// Usage: npm run stress [-- MINUTES [SEED]]
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { stressLinks } from '../build/test/support/link-stress.js'
import { stressRings } from '../build/test/support/ring-stress.js'

const root = fileURLToPath(new URL('../', import.meta.url))
const JOBS = ['random-loans', 'random-windows', 'random-exchange', 'random-collectives', 'ranks-ahead']
const minutes = Number(process.argv[2] ?? 3)
let seed = Number(process.argv[3] ?? Date.now() % 1_000_000)
const until = Date.now() + minutes * 60_000
let records = 0
let messages = 0
let overflows = 0

async function rings() {
  const threads = 2 + (seed % 7)
  const isOneWay = seed % 2 === 0
  const recordsPerPair = Math.ceil(200_000 / (isOneWay ? threads : threads ** 2))
  records += await stressRings({ threads, recordsPerPair, isOneWay, seed }, 120_000)
  console.log(`seed ${seed}: ${threads} threads${isOneWay ? ' one way' : ''}, ${records} records so far, all right`)
}

async function links() {
  const ranks = 2 + (seed % 7)
  const messagesPerPair = Math.ceil(12_000 / ranks ** 2)
  const largest = 2 ** (16 + (seed % 9))
  const overflowBytes = seed % 2 === 0 ? [largest] : [2 ** 15, largest]
  const hasSmallRings = seed % 3 > 0
  const stress = { ranks, messagesPerPair, largestBytes: 600_000, overflowBytes, hasSmallRings, seed }
  const result = await stressLinks(stress, 120_000)
  messages += result.messages
  overflows += result.overflows
  const rings = `${hasSmallRings ? 'small' : 'large'} rings, ${overflowBytes.map((bytes) => bytes / 1024).join(', ')} KiB of overflow`
  console.log(
    `seed ${seed}: ${ranks} ranks, ${rings}, ${messages} messages and ${overflows} overflows so far, all right`,
  )
}

while (Date.now() < until) {
  await rings()
  await links()
  for (const name of JOBS) runJob(name, 1 + (seed % 8))
  seed += 1
}

function runJob(name, ranks) {
  const env = {
    ...process.env,
    MPI_TEST_SEED: String(seed),
    RANDOM_ROUNDS: '100',
    // Every other seed: pauses before and behind single steps on shared memory.
    ...(seed % 2 === 0 ? { MPIRUN_TS_TEST_DELAYS: String(seed) } : {}),
  }
  const programs = ['all-programs', name].map((program) => `${root}build/test/programs/${program}.js`)
  const words = ['-np', String(ranks), '--oversubscribe', '--timeout', '300', ...programs]
  const { status, stderr } = spawnSync(process.execPath, [`${root}dist/mpirun.cjs`, ...words], {
    env,
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`${name} with ${ranks} ranks, seed ${seed}: status ${status}\n${stderr}`)
  console.log(`seed ${seed}: ${name} with ${ranks} ranks, all right`)
}
