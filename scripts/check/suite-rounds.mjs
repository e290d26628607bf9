import { fork } from 'node:child_process'
import { getPriority, setPriority } from 'node:os'
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'

/** For the process to say its first word. */
const START_SECONDS = 180
const RUN_SUITE = fileURLToPath(new URL('run-suite.mjs', import.meta.url))

/**
 * Runs the tests of one suite in a process of their own. One that dies, is blocked for `silenceSeconds`, or is given up by mocha (a
 * failed hook for each test, an error outside of any test) hides no others: the tests that have no result yet are run in a next
 * process, as long as each of these gives at least one result. `report` hears each result once.
 * A `niceness` above 0 lets other processes go first; `onOutput` hears what the tests print, which is shown at once where there is none.
 */
export async function runInRounds({ suite, files, support, silenceSeconds, signal, niceness = 0, onOutput }, report) {
  const expected = new Map()
  const over = new Set()
  const withoutFiles = new Set()
  const told = new Set()
  const settle = (key, state, text) => {
    if (over.has(key)) return
    over.add(key)
    report.result(suite, expected.get(key) ?? key, state, text)
  }
  // What fails outside of tests fails in each round.
  const fail = (title, text) => {
    if (!told.has(title)) report.failure(suite, title, text)
    told.add(title)
  }

  for (;;) {
    const before = over.size + withoutFiles.size
    const orders = { files, support, withoutFiles: [...withoutFiles], withoutTests: [...over] }
    const death = await runRound(orders, { silenceSeconds, signal, niceness, onOutput }, (message) => {
      if (message.type === 'tests') for (const { key, title } of message.tests) expected.set(key, title)
      else if (message.type === 'failure') fail(message.title, message.text)
      else if (message.type === 'result') settle(message.key, message.state, message.text)
    })
    if (signal.aborted) break
    if (death?.file !== undefined) {
      fail(`${relative('.', death.file)} cannot be loaded`, death.reason)
      withoutFiles.add(death.file)
    } else if (death !== undefined) {
      const running = death.keys.filter((key) => !over.has(key))
      if (running.length === 0) fail(death.title, death.reason)
      for (const key of running) settle(key, 'failed', `${death.reason}, in ${death.title}`)
    }
    const missing = [...expected.keys()].filter((key) => !over.has(key))
    if (missing.length === 0 && death?.file === undefined) break
    if (over.size + withoutFiles.size === before) break
  }

  if (expected.size === 0) fail('no tests ran', 'the suite has none that could be loaded')
  for (const key of expected.keys()) settle(key, 'failed', 'did not run')
}

/** One process; resolves with undefined when it came to its end, and else with why and in what it died. */
async function runRound(orders, { silenceSeconds, signal, niceness, onOutput }, hear) {
  // A process group of its own: what its tests have left ends with it.
  const output = onOutput === undefined ? 'inherit' : 'pipe'
  // With CI=true mocha and what it uses colour what a machine reads, too; what tests start is not to see it.
  const words = process.stdout.isTTY === true ? [] : ['--no-color']
  const child = fork(RUN_SUITE, words, { detached: true, stdio: ['ignore', output, output, 'ipc'] })
  if (niceness > 0) setPriority(child.pid, Math.min(getPriority() + niceness, 19))
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', onOutput)
  const endGroup = () => {
    try {
      process.kill(-child.pid, 'SIGKILL')
    } catch {
      // Nothing of it is left.
    }
  }
  signal.addEventListener('abort', endGroup)
  let last = { file: undefined, title: 'its start', keys: [] }
  let hasEnded = false
  let hasSpoken = false
  let silent = 0
  // Counts seconds in which this process ran too, so that a suspended machine is not taken for a blocked thread.
  const isSilent = () => silent >= (hasSpoken ? silenceSeconds : START_SECONDS)
  const watch = setInterval(() => {
    silent += 1
    if (isSilent()) endGroup()
  }, 1000)
  child.on('message', (message) => {
    hasSpoken = true
    // A file that never comes to an end of loading does not block the thread.
    if (message.type !== 'alive' || last.file === undefined) silent = 0
    if (message.type === 'loading') last = { file: message.file, title: message.file, keys: [] }
    else if (message.type === 'tests') last = { title: 'its start', keys: [] }
    else if (message.type === 'begin') last = { title: message.title, keys: message.keys }
    else if (message.type === 'end') hasEnded = true
    hear(message)
  })
  child.send(orders)
  const [status, killedBy] = await new Promise((resolve) => {
    child.once('close', (...how) => resolve(how))
  })
  clearInterval(watch)
  signal.removeEventListener('abort', endGroup)
  endGroup()
  if (hasEnded) return undefined
  const how = killedBy === null ? `ended with status ${status}` : `was ended by ${killedBy}`
  const why = isSilent() ? `did not answer for ${silent} s` : how
  return { ...last, reason: `the process of the tests ${why}` }
}
