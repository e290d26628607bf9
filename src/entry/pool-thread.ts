import { setImmediate } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { BLOCK_TRIALS, countHits } from '../pi/index.ts'
import { refuseInPoolThread } from '../pool/in-pool-thread.ts'
import { lazyPool } from '../pool/lazy-pool.ts'
import { unpack } from '../pool/dispatch/payload.ts'
import { task } from '../pool/modules/task-registry.ts'
import { leaveCompiled } from '../pool/lanes/thread-program.ts'
import { threadPackage } from '../pool/thread/thread-package.ts'
import { serveImport, serveRequire } from '../rank/package-access.ts'
import type { ProgramSpec } from '../wire/control-messages.ts'
import { ControlWord, PoolRecord } from '../wire/pool-messages.ts'
import type { PoolThreadConfig } from '../pool/lanes/thread-config.ts'
import { loadFunction } from '../pool/thread/functions.ts'
import type { LoaderHost } from '../pool/thread/loader-host.ts'
import { osThreadNumber } from '../pool/lanes/os-thread.ts'
import { Server } from '../pool/thread/serve.ts'
import { ThreadEnd } from '../pool/thread/thread-end.ts'
import { installOutput } from '../pool/thread/thread-output.ts'

/** Handed in by pool/lanes/thread-boot.ts. */
declare const config: PoolThreadConfig
declare const importUrl: (url: string) => Promise<unknown>
declare const compile: (() => Uint8Array) | undefined

/** The program of a pool's thread: connect to the dispatcher, run the initializer, serve, end when the dispatcher says so. */
async function main(): Promise<void> {
  Object.defineProperty(globalThis, Symbol.for('mpirun-ts.pool-thread'), { value: true })
  const end = new ThreadEnd(config)
  // Pairs with the load in ThreadLane.isGone(), which comes much later.
  Atomics.store(end.control, ControlWord.osThread, osThreadNumber())
  installOutput(end)
  let isReady = false
  process.on('uncaughtExceptionMonitor', (error) => {
    if (process.listenerCount('uncaughtException') > 0 || process.hasUncaughtExceptionCaptureCallback()) return
    end.tellError(PoolRecord.failure, isReady ? 0 : 1, error)
  })
  afterExitListeners((status) => end.tell(PoolRecord.exited, status))
  // Nothing else may keep the event loop alive while a promise is awaited.
  setInterval(() => undefined, 2 ** 30)
  const { mainPath, initializer, initArgs, esbuild } = config
  if (mainPath !== undefined) process.argv[1] = mainPath
  if (config.program !== undefined) servePackage(config.program)
  const host: LoaderHost = { importUrl, mainPath, esbuild, givenUrl: givenUrl(config.program) }
  if (initializer !== undefined) {
    const { call } = await loadFunction(initializer, host)
    // Made by the dispatcher, a list.
    await call(...(unpack(initArgs) as unknown[]))
    await setImmediate()
  }
  isReady = true
  end.tell(PoolRecord.ready, 0)
  const { compiled } = config
  const leave = compiled && compile ? () => leaveCompiled(compiled, compile) : undefined
  await new Server(end, host, leave).serve()
  process.exit()
}

/** URL of a program that was given as text. */
function givenUrl(program: ProgramSpec | undefined): string | undefined {
  return program?.source === undefined ? undefined : pathToFileURL(program.path).href
}

/** Calls `tell` when the thread ends, behind all 'exit' listeners: the dispatcher ends it for good when it hears so. */
function afterExitListeners(tell: (status: number) => void): void {
  // Every way to the end goes by here, also process.exit() in a listener and an uncaught error. Not in Node's types, but known to packages such as signal-exit.
  const ending = process as unknown as { reallyExit(status: number): never }
  const reallyExit = ending.reallyExit.bind(process)
  ending.reallyExit = (status) => {
    tell(status)
    return reallyExit(status)
  }
}

/** As a rank does: the package is there also where the program's folder has none. */
function servePackage(program: ProgramSpec): void {
  const exports = {
    'mpirun-ts': { ...threadPackage(), Pool: lazyPool(refusePool), task },
    'mpirun-ts/pi': { countHits, BLOCK_TRIALS },
  }
  serveRequire(exports)
  serveImport(exports, program)
}

function refusePool(): never {
  refuseInPoolThread()
  throw new Error('this is not a thread of a pool')
}

void main()
