// Stresses the rings of shared memory with real threads for minutes. Usage: npm run stress [-- MINUTES [SEED]]
import { stressRings } from '../build/test/support/ring-stress.js'

const minutes = Number(process.argv[2] ?? 3)
let seed = Number(process.argv[3] ?? Date.now() % 1_000_000)
const until = Date.now() + minutes * 60_000
let records = 0
while (Date.now() < until) {
  const threads = 2 + (seed % 7)
  const isOneWay = seed % 2 === 0
  const recordsPerPair = Math.ceil(200_000 / (isOneWay ? threads : threads ** 2))
  records += await stressRings({ threads, recordsPerPair, isOneWay, seed }, 120_000)
  console.log(`seed ${seed}: ${threads} threads${isOneWay ? ' one way' : ''}, ${records} records so far, all right`)
  seed += 1
}
