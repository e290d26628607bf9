/** What may keep this process alive after a test: sockets, child processes, threads. Pipes to a terminal and timers of mocha do not count. */
const COUNTED = new Set(['TCPSocketWrap', 'TCPServerWrap', 'PipeWrap', 'ProcessWrap', 'MessagePort', 'TLSWrap'])

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

let before: string[] = []

/** After each test everything that it started must be gone. */
beforeEach(() => {
  before = counted()
})

afterEach(async function () {
  const after = await settle(before)
  if (after.length > before.length) {
    throw new Error(
      `"${this.currentTest?.fullTitle()}" leaves something behind: had [${before.join()}], has [${after.join()}]`,
    )
  }
})
