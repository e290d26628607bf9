// What pi.js reads and prints: its arguments, a progress line, the lesson's line and a table.

/** The lesson's list: 10 to 10 million darts. */
const LESSON = [1, 2, 3, 4, 5, 6, 7].map((power) => 10n ** BigInt(power))
const LARGEST_TRIALS = 10n ** 18n

/** `[trials…] [--seed N] [--json]`; a mistake ends the program with status 2. */
export function readArguments(words) {
  const list = []
  let seed = 42
  let json = false
  for (let i = 0; i < words.length; i++) {
    const word = words[i]
    if (word === '--json') json = true
    else if (word === '--seed') seed = readSeed(words[++i])
    else if (word.startsWith('--seed=')) seed = readSeed(word.slice(7))
    else if (word.startsWith('--')) fail(`unknown option "${word}"; pi.js knows --seed N and --json`)
    else list.push(readTrials(word))
  }
  return { seed, list: list.length > 0 ? list : LESSON, json }
}

/** A whole number of darts, also as 1e9 or 2.5e6. */
function readTrials(word) {
  const [, whole, fraction = '', exponent = '0'] = /^\+?(\d+)(?:\.(\d+))?(?:e\+?(\d{1,4}))?$/i.exec(word) ?? []
  const places = BigInt(exponent) - BigInt(fraction.length)
  if (whole === undefined || places < 0n) fail(`trials must be a whole number such as 1000000 or 1e9, not "${word}"`)
  if (places > 18n) fail(`trials must be at most 1e18, not "${word}"`)
  const trials = BigInt(whole + fraction) * 10n ** places
  if (trials < 1n) fail(`trials must be at least 1, not "${word}"`)
  if (trials > LARGEST_TRIALS) fail(`trials must be at most 1e18, not "${word}"`)
  return trials
}

function readSeed(word) {
  const seed = Number(word)
  if (/^\d+$/.test(word ?? '') && Number.isSafeInteger(seed)) return seed
  return fail(`--seed must be a whole number from 0 to ${Number.MAX_SAFE_INTEGER}, not "${word ?? ''}"`)
}

function fail(message) {
  process.stderr.write(`pi.js: ${message}\n`)
  process.exit(2)
}

/** The estimate with its standard error, "pi = 3.14159 ± 0.00005". */
export function estimateText(hits, trials) {
  if (trials === 0n) return ''
  const share = Number(hits) / Number(trials)
  const error = 4 * Math.sqrt((share * (1 - share)) / Number(trials))
  const digits = error > 0 ? Math.min(12, Math.max(1, Math.ceil(-Math.log10(error)) + 1)) : 1
  return `pi = ${(4 * share).toFixed(digits)} ± ${error.toFixed(digits)}`
}

/** On a terminal, one line that says how far a long run is. */
export function progressLine() {
  const isShown = process.stderr.isTTY
  const start = performance.now()
  let isThere = false
  return {
    show: ({ done, total }) => {
      if (!isShown || performance.now() - start < 1000) return
      isThere = true
      const seconds = (performance.now() - start) / 1000
      const left = (seconds * (total - done)) / done
      process.stderr.write(`\r${Math.floor((100 * done) / total)} % of the darts, ${left.toFixed(0)} s left \x1b[K`)
    },
    clear: () => {
      if (isThere) process.stderr.write('\r\x1b[K')
    },
  }
}

export function printTable({ runs, seconds, ranks, nodes }) {
  const estimates = runs.map(({ pi }) => Number(pi.toPrecision(10)))
  console.log(`Pi convergence : [${estimates.join(', ')}] calculated in ${seconds.toFixed(3)} seconds`)
  console.log(`\n${ranks} ${ranks === 1 ? 'rank' : 'ranks'} on ${nodes} ${nodes === 1 ? 'node' : 'nodes'}`)
  const rows = runs.map(({ trials, hits, pi }) => {
    const standardError = 4 * Math.sqrt(((Math.PI / 4) * (1 - Math.PI / 4)) / Number(trials))
    return [
      String(trials),
      String(hits),
      pi.toFixed(10),
      Math.abs(pi - Math.PI).toExponential(2),
      standardError.toExponential(2),
    ]
  })
  const table = [['trials', 'hits', 'estimate', 'error', 'expected error'], ...rows]
  const widths = table[0].map((_, column) => Math.max(...table.map((row) => row[column].length)))
  for (const row of table) console.log(row.map((cell, column) => cell.padStart(widths[column])).join('  '))
}

/** JSON with exact integers: hits beyond 2^53 are written digit by digit. */
export function printJson({ seed, ranks, nodes, seconds, runs }) {
  const shown = runs.map(({ trials, hits, pi }) => `{"trials":${trials},"hits":${hits},"pi":${pi}}`)
  console.log(`{"seed":${seed},"ranks":${ranks},"nodes":${nodes},"seconds":${seconds},"runs":[${shown.join(',')}]}`)
}
