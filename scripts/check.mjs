// The one command: node scripts/check.mjs [--all] [--clean] [--no-build] [--tests FOLDER] [--silence SECONDS] [SUITE …]. Builds, runs
// the tests of the suites (folders of test/, all by default), and ends with 'N passed, N failed' alone on the last line, whatever
// happens. Each suite runs in a process of its own: check/suite-rounds.mjs. --all: formatting and lint too, before the tests.
// --clean: fails when there are changed files at the end. --tests: compiled tests elsewhere than in build/test. --silence: how long
// the tests' thread may be blocked (180 s).
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { Report } from './check/report.mjs'
import { runInRounds } from './check/suite-rounds.mjs'

process.chdir(fileURLToPath(new URL('../', import.meta.url)))

const SUITES = ['unit', 'compliance', 'integration', 'programs', 'multi-node', 'faults']
/** Takes much processor time and measures none: runs beside the other suites, in the time in which those wait. */
const BESIDE = 'programs'
const NICENESS = 2
const SUPPORT = resolve('build/test/support/leak-check.js')

const { values: options, positionals: wanted } = parseArgs({
  allowPositionals: true,
  options: {
    all: { type: 'boolean' },
    clean: { type: 'boolean' },
    'no-build': { type: 'boolean' },
    tests: { type: 'string', default: 'build/test' },
    silence: { type: 'string', default: '180' },
  },
})
const known = options.tests === 'build/test' ? SUITES : readdirSync(options.tests).sort()
const unknown = wanted.find((suite) => !known.includes(suite))
if (unknown !== undefined) {
  console.error(`check: no suite "${unknown}"; the suites are ${known.join(', ')}`)
  process.exit(2)
}

const report = new Report()
process.on('exit', (status) => {
  if (status !== 0 && !report.hasFailed) report.failure('check', 'ended early', `status ${status}`)
  report.print()
  if (report.hasFailed) process.exitCode = 1
})
process.on('uncaughtException', (error) => {
  report.failure('check', 'failed itself', error.stack ?? String(error))
  process.exit(1)
})
const stop = new AbortController()
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(name, () => {
    if (!stop.signal.aborted) report.failure('check', 'was told to end', `by ${name}`)
    stop.abort()
  })
}

if (options.all) {
  step('format', 'node_modules/.bin/biome', ['format', '.'])
  step('lint', 'node_modules/.bin/oxlint', ['--type-aware'])
}
const isBuilt = options['no-build'] || step('build', process.execPath, ['scripts/build.mjs'])
const suites = wanted.length > 0 ? wanted : known
if (!isBuilt) for (const suite of suites) report.failure(suite, 'did not run', 'the build failed')
else await runSuites(suites)
if (options.clean) {
  const changed = execFileSync('git', ['status', '--porcelain'], { encoding: 'utf8' })
  if (changed !== '') report.failure('clean', 'the checks changed files', changed)
}

function step(name, command, args) {
  console.log(`\n── ${name}`)
  const { status, error } = spawnSync(command, args, { stdio: 'inherit' })
  if (status === 0) return true
  report.failure(name, 'failed', error?.message ?? 'see above')
  return false
}

async function runSuites(all) {
  const isBeside = (suite) => suite === BESIDE && all.length > 1
  const output = []
  const onOutput = (text) => void output.push(text)
  const beside = all.filter(isBeside).map((suite) => runSuite(suite, { niceness: NICENESS, onOutput }))
  for (const suite of all.filter((one) => !isBeside(one))) {
    console.log(`\n── ${suite}`)
    if (stop.signal.aborted) report.failure(suite, 'did not run', 'see check')
    else await runSuite(suite)
  }
  if (beside.length > 0) console.log(`\n── ${BESIDE}, beside the others`)
  await Promise.all(beside)
  process.stdout.write(output.join(''))
}

async function runSuite(suite, how = {}) {
  const began = performance.now()
  const files = testFiles(resolve(options.tests, suite))
  const silenceSeconds = Number(options.silence)
  await runInRounds({ suite, files, support: [SUPPORT], silenceSeconds, signal: stop.signal, ...how }, report)
  console.log(`\n   ${suite}: ${((performance.now() - began) / 1000).toFixed(1)} s`)
}

function testFiles(folder) {
  if (!existsSync(folder)) return []
  const names = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith('.test.js'))
  return names.sort().map((name) => join(folder, name))
}
