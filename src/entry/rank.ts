import { subscribe } from 'node:diagnostics_channel'
import { type MessagePort, parentPort } from 'node:worker_threads'
import { createRuntime, installRuntime } from '../mpi/runtime.ts'
import { countHits, BLOCK_TRIALS } from '../pi/index.ts'
import { installSurroundings, type RankSurroundings } from '../pool/nodes/job-pool.ts'
import { lazyPool } from '../pool/lazy-pool.ts'
import type { Pool as PoolClass } from '../pool/pool.ts'
import { rankPool } from '../pool/nodes/rank-pool.ts'
import type { serveNode } from '../pool/nodes/serve-node.ts'
import { task } from '../pool/modules/task-registry.ts'
import { serveImport, serveRequire } from '../rank/package-access.ts'
import { describeFailure } from '../rank/rank-failure.ts'
import { NodeWindows } from '../rank/windows/node-windows.ts'
import { RankInput } from '../rank/rank-input.ts'
import { RankOutput } from '../rank/rank-output.ts'
import { nextSignal, raiseSignal, reportSignalHandlers } from '../rank/rank-signals.ts'
import { SharedBuffers } from '../rank/loans/shared-buffers.ts'
import { ShmLink } from '../rank/link/shm-link.ts'
import { WaitReport } from '../rank/wait-report.ts'
import { evaluateProgram, runProgram } from '../rank/user-program.ts'
import { WindowRequests } from '../rank/windows/window-requests.ts'
import { RecordKind } from '../wire/record.ts'
import type { RankConfig, RankProgram, ToRank } from '../wire/rank-messages.ts'

/** Handed in by agent/ranks/rank-boot.ts. */
declare const config: RankConfig
/** Leads to the agent; see rank/loans/shared-buffers.ts. */
declare const bufferPort: MessagePort
declare const pool: RankProgram['pool']
declare const importUrl: (url: string) => Promise<unknown>

interface PoolProgram {
  readonly Pool: typeof PoolClass
  readonly serveNode: typeof serveNode
}

/** Enough for the library's own lines, which are not shown, and the program's below them. */
Error.stackTraceLimit = 30

/** The program of a rank thread: connect it to the node's shared memory, install the library, run the user's program. */
function main(): void {
  const { node, endpointOfRank, program } = config
  const endpoint = endpointOfRank[config.rank] ?? 0
  const buffers = new SharedBuffers(config.rank, bufferPort)
  const link = new ShmLink({ ...config, buffers, mayYield: process.env['MPIRUN_TS_YIELD'] !== 'off' })
  const requests = new WindowRequests(link)
  const windowAccess = new NodeWindows({ ...config, buffers, port: bufferPort, requests })
  const output = new RankOutput(link, node, endpoint)
  output.install(config.terminal)
  const abort = (status: number): never => {
    link.tellAgent(RecordKind.abort, new Uint8Array(new Float64Array([status]).buffer))
    for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
  }
  const runtime = createRuntime(link, { abort, processorName: config.hostname, windowAccess, ...config })
  installRuntime(runtime)
  link.observe(new WaitReport(runtime, config.rank))

  process.on('exit', (status) => {
    if (status !== 0) return
    runtime.takeLeave()
    runtime.flush()
    const { collectives } = runtime
    if (collectives.length > 0) link.tellAgent(RecordKind.collectives, Buffer.from(JSON.stringify(collectives)))
  })
  process.on('uncaughtExceptionMonitor', (error) => {
    if (process.listenerCount('uncaughtException') > 0 || process.hasUncaughtExceptionCaptureCallback()) return
    link.tellAgent(RecordKind.failure, Buffer.from(JSON.stringify(describeFailure(error))))
    // Here, before Node copies the error to the agent's thread: an error that is its own cause overflows the stack there.
    process.exit(1)
  })
  subscribe('child_process', () => link.tellAgent(RecordKind.child, new Uint8Array(1)))
  reportSignalHandlers(node, endpoint)
  let takeSignal: RankSurroundings['takeSignal']
  if (parentPort !== null) {
    const port = parentPort
    const input = new RankInput(port)
    input.install()
    const deliver = (message: ToRank): void => {
      if (message.type === 'signal') raiseSignal(message.signal)
      else input.deliver(message.bytes)
    }
    port.on('message', deliver)
    port.unref()
    takeSignal = () => nextSignal(port, deliver)
  }
  const exports = {
    'mpirun-ts': {
      MPI: runtime.MPI,
      MPIError: runtime.MPIError,
      Status: runtime.Status,
      Pool: lazyPool(loadPool),
      task,
    },
    'mpirun-ts/pi': { countHits, BLOCK_TRIALS },
  }
  Object.defineProperty(globalThis, Symbol.for('mpirun-ts.load-pool'), { value: loadPool })
  const job = config.pool ? rankPool(runtime.MPI, config, config.nodeOfRank, link) : undefined
  installSurroundings({ job, program, environment: { ...process.env }, ...(takeSignal && { takeSignal }) })
  serveRequire(exports)
  serveImport(exports, program)
  if (job === undefined || config.rank === 0) return runProgram(program, importUrl)
  process.argv[1] = program.path
  void job.serve((isOver) => poolProgram().serveNode(job, isOver))
}

let poolExports: PoolProgram | undefined

function poolProgram(): PoolProgram {
  poolExports ??=
    typeof pool === 'string'
      ? // What the build put there.
        (require(pool) as PoolProgram)
      : evaluateProgram<PoolProgram>(Buffer.from(pool).toString('latin1'), 'mpirun-ts:pool', require)
  return poolExports
}

function loadPool(): typeof PoolClass {
  return poolProgram().Pool
}

main()
