// The one command: node scripts/check.mjs [--all] [SUITE …]. Builds, runs the tests of the suites (folders of test/, all by
// default) and ends with 'N passed, N failed' alone on the last line. --all: formatting and lint too, before the tests.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../', import.meta.url))
process.chdir(root)

const SUITES = ['unit', 'compliance', 'integration', 'programs', 'multi-node', 'faults']

function step(name, command, args) {
  console.log(`\n── ${name}`)
  const { status } = spawnSync(command, args, { stdio: 'inherit' })
  return status === 0
}

const words = process.argv.slice(2)
const wanted = words.filter((word) => !word.startsWith('--'))
const unknown = wanted.filter((suite) => !SUITES.includes(suite))
if (unknown.length > 0) {
  console.error(`check: no suite "${unknown[0]}"; the suites are ${SUITES.join(', ')}`)
  process.exit(2)
}

let failedSteps = 0
if (words.includes('--all')) {
  if (!step('format', 'node_modules/.bin/biome', ['format', '.'])) failedSteps += 1
  if (!step('lint', 'node_modules/.bin/oxlint', ['--type-aware'])) failedSteps += 1
}
if (!words.includes('--no-build') && !step('build', process.execPath, ['scripts/build.mjs'])) {
  console.log('0 passed, 1 failed')
  process.exit(1)
}

console.log('\n── tests')
const { default: Mocha } = await import('mocha')
const mocha = new Mocha({
  timeout: 90_000,
  slow: 10_000,
  reporter: 'spec',
  forbidOnly: true,
  color: process.stdout.isTTY,
})
if (existsSync('build/test/support/leak-check.js')) mocha.addFile('build/test/support/leak-check.js')
const suites = wanted.length > 0 ? wanted : SUITES
for (const suite of suites) for (const file of testFiles(`build/test/${suite}`)) mocha.addFile(file)
await mocha.loadFilesAsync()
const runner = mocha.run((failures) => {
  const { passes, pending } = runner.stats
  console.log(`${passes} passed, ${failures + failedSteps} failed${pending > 0 ? `, ${pending} skipped` : ''}`)
  process.exit(failures + failedSteps > 0 ? 1 : 0)
})

function testFiles(folder) {
  if (!existsSync(folder)) return []
  const names = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith('.test.js'))
  return names.sort().map((name) => `${folder}/${name}`)
}
