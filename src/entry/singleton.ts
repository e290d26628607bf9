import { hostname } from 'node:os'
import { LoopbackLink } from '../mpi/link/loopback-link.ts'
import { NodeWindows } from '../rank/windows/node-windows.ts'
import { abortStatus, createRuntime, installRuntime, type Runtime } from '../mpi/runtime.ts'

/** Makes the job of one rank that a program started by plain `node` is, and installs it in this thread. */
export function startSingleton(): Runtime {
  const runtime = createRuntime(new LoopbackLink(), {
    abort: (code) => process.exit(abortStatus(code)),
    processorName: hostname(),
    windowAccess: new NodeWindows(null),
    nodeId: 0,
    nodeCount: 1,
    epochMs: Math.trunc(performance.timeOrigin),
  })
  installRuntime(runtime)
  return runtime
}
