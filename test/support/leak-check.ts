import type { ChildProcess } from 'node:child_process'
import { subscribe } from 'node:diagnostics_channel'
import type { Worker } from 'node:worker_threads'

/** What may keep this process alive after a test: sockets, child processes, threads. Pipes to a terminal and timers of mocha do not count. */
const COUNTED = new Set(['TCPSocketWrap', 'TCPServerWrap', 'PipeWrap', 'ProcessWrap', 'MessagePort', 'TLSWrap'])
/** For a job to end everywhere when it is told to. */
const TERM_MS = 5000

function counted(): string[] {
  return process.getActiveResourcesInfo().filter((name) => COUNTED.has(name))
}

async function settle(before: readonly string[]): Promise<string[]> {
  // Closing takes some turns of the event loop.
  for (let i = 0; i < 100 && counted().length > before.length; i++) {
    await new Promise<void>((resolve) => void setTimeout(resolve, 10))
  }
  return counted()
}

/** What the current test has started, and nothing of what `before` hooks of its suite have. */
const children = new Set<ChildProcess>()
const workers = new Set<Worker>()
subscribe('child_process', (message) => {
  children.add((message as { process: ChildProcess }).process)
})
subscribe('worker_threads', (message) => {
  workers.add((message as { worker: Worker }).worker)
})

const isRunning = (child: ChildProcess): boolean =>
  child.pid !== undefined && child.exitCode === null && child.signalCode === null

/** Ends a child process: a job that is told so ends its agents too, what does not obey is killed. */
async function end(child: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => void child.once('exit', resolve))
  child.kill('SIGTERM')
  const timer = setTimeout(() => void child.kill('SIGKILL'), TERM_MS)
  await ended
  clearTimeout(timer)
}

let before: string[] = []

/** After each test everything that it started must be gone. */
beforeEach(() => {
  children.clear()
  workers.clear()
  before = counted()
})

/** What a test has left fails it, and is ended so that the tests that follow have the machine to themselves. */
afterEach(async function () {
  // A test that passed its time limit has failed already, with its job still running.
  const isOver = this.currentTest?.state === 'failed'
  if (isOver) await endAll()
  const after = await settle(before)
  if (after.length <= before.length) return
  await endAll()
  throw new Error(
    `"${this.currentTest?.fullTitle()}" leaves something behind: had [${before.join()}], has [${after.join()}]`,
  )
})

async function endAll(): Promise<void> {
  const left = [...workers].map((worker) => worker.terminate())
  await Promise.all([...left, ...[...children].filter(isRunning).map(end)])
}
