// Stresses the shared memory between ranks with real threads for minutes: the rings, and links with their overflow rings.
// Usage: npm run stress [-- MINUTES [SEED]]
import { stressLinks } from '../build/test/support/link-stress.js'
import { stressRings } from '../build/test/support/ring-stress.js'

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
  const overflowBytes = 2 ** (16 + (seed % 9))
  const result = await stressLinks({ ranks, messagesPerPair, largestBytes: 600_000, overflowBytes, seed }, 120_000)
  messages += result.messages
  overflows += result.overflows
  const rings = `${overflowBytes / 1024} KiB of overflow`
  console.log(
    `seed ${seed}: ${ranks} ranks, ${rings}, ${messages} messages and ${overflows} overflows so far, all right`,
  )
}

while (Date.now() < until) {
  await rings()
  await links()
  seed += 1
}
