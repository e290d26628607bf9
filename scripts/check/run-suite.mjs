// Runs the tests of one suite; a process of its own, started by suite-rounds.mjs, which sends what to run and is told of each step
// at once, so that it knows what ran whatever happens to this process.
import { relative } from 'node:path'
import Mocha from 'mocha'
import { errorText } from './error-text.mjs'

const ALIVE_MS = 1000

const tell = (message) => void process.send(message)
// Nobody would hear the results.
process.once('disconnect', () => process.exit(1))
const orders = new Promise((resolve) => void process.once('message', resolve))
const { files, support, withoutFiles, withoutTests } = await orders
setInterval(tell, ALIVE_MS, { type: 'alive' }).unref()

/** The tree of tests as it grows; failures are told at the end of all suites. */
class Tree extends Mocha.reporters.Spec {
  epilogue() {}
}

const mocha = new Mocha({
  timeout: 90_000,
  slow: 10_000,
  reporter: Tree,
  forbidOnly: true,
})

for (const file of [...support, ...files.filter((name) => !withoutFiles.includes(name))]) {
  tell({ type: 'loading', file })
  mocha.files = [file]
  try {
    await mocha.loadFilesAsync()
  } catch (error) {
    tell({ type: 'failure', title: `${relative('.', file)} cannot be loaded`, text: errorText(error) })
  }
}

/** Names of tests that are the same in every round: two tests may have the same title. */
const keys = new Map()
const counts = new Map()
mocha.suite.eachTest((test) => {
  const number = (counts.get(test.file) ?? 0) + 1
  counts.set(test.file, number)
  keys.set(test, `${relative('.', test.file)}#${number}`)
})
tell({ type: 'tests', tests: [...keys].map(([test, key]) => ({ key, title: test.fullTitle() })) })

const over = new Set(withoutTests)
leaveOut(mocha.suite)

function leaveOut(suite) {
  suite.tests = suite.tests.filter((test) => !over.has(keys.get(test)))
  suite.suites.forEach(leaveOut)
}

/** A test whose hooks may still fail it. */
let open

function close() {
  if (open?.state !== undefined) tell({ type: 'result', ...open })
  open = undefined
}

function fail(text) {
  open.state = 'failed'
  open.text = open.text === undefined ? text : `${open.text}\n${text}`
}

const keysBelow = (suite) => {
  const below = []
  suite.eachTest((test) => below.push(keys.get(test)))
  return below
}

const isForAll = (hook) => / all" hook/.test(hook.title)

const runner = mocha.run(() => {
  close()
  process.send({ type: 'end' }, () => process.exit(0))
})
runner.on('suite', close)
runner.on('suite end', close)
runner.on('hook', (hook) => {
  if (!isForAll(hook)) return
  close()
  tell({ type: 'begin', title: `${hook.parent.fullTitle()} ${hook.title}`, keys: keysBelow(hook.parent) })
})
runner.on('test', (test) => {
  close()
  open = { key: keys.get(test) }
  tell({ type: 'begin', title: test.fullTitle(), keys: [open.key] })
})
runner.on('pass', () => {
  open.state = 'passed'
})
runner.on('pending', (test) => {
  close()
  const reason = test.skipReason ?? reasonOf(test.parent) ?? 'no reason given'
  tell({ type: 'result', key: keys.get(test), state: 'skipped', text: reason })
})
runner.on('fail', (failed, error) => {
  const isEachHook = failed.type === 'hook' && !isForAll(failed)
  if (open !== undefined && (isEachHook || keys.get(failed) === open.key)) {
    fail(isEachHook ? `${failed.title}: ${errorText(error)}` : errorText(error))
    return
  }
  tell({ type: 'failure', title: failed.fullTitle(), text: errorText(error) })
  if (failed.type !== 'hook' || !failed.title.startsWith('"before all"')) return
  for (const key of keysBelow(failed.parent)) {
    tell({ type: 'result', key, state: 'failed', text: `did not run: ${failed.title} failed` })
  }
})

function reasonOf(suite) {
  return suite === undefined ? undefined : (suite.skipReason ?? reasonOf(suite.parent))
}
