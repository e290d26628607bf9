import type { JobRequest } from '../coordinator/job-request.ts'
import type { Placement } from '../placement/placement.ts'
import type { EnvironmentSpec, ProgramSpec, TerminalSpec } from '../wire/control-messages.ts'
import type { CommandLine } from './arguments/command-line.ts'
import { jobEnvironment, ownEnvironment } from './job-environment.ts'
import { programSpec } from './program/program-source.ts'

const LAUNCH_TIME = { leastMs: 10_000, freeNodes: 16, perNodeMs: 250 }

export interface RequestContext {
  readonly placement: Placement
  readonly cwd: string
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly hostname: string
  readonly terminal: TerminalSpec
  /** Ranks of these programs run on this machine. */
  readonly appsHere: ReadonlySet<number>
  readonly wdirs: readonly string[]
  /** See JobRequest. */
  readonly nodeFlags: readonly string[]
}

/** The command line and the placement as one request; reads programs that have to be compiled. */
export async function makeJobRequest(commandLine: CommandLine, context: RequestContext): Promise<JobRequest> {
  const { placement, cwd, hostname, appsHere, wdirs } = context
  const { preload, apps } = commandLine
  const programs = await Promise.all(
    apps.map(async ({ program, args, path, environment: own }, app): Promise<ProgramSpec> => {
      const wdir = wdirs[app] ?? cwd
      const options = { cwd, wdir, runsHere: appsHere.has(app), preload, hostname }
      const spec = await programSpec(program, args, path === undefined ? options : { ...options, path })
      if (own === undefined) return spec
      const environment = ownEnvironment(commandLine.environment, own, context.environment)
      return { ...spec, environment: withProgress(environment, commandLine.progress) }
    }),
  )
  return {
    jobId: newJobId(),
    placement,
    programs,
    environment: withProgress(jobEnvironment(commandLine.environment, context.environment), commandLine.progress),
    wdirs,
    stdin: commandLine.stdin,
    launchTimeoutMs: launchTimeoutMs(commandLine, placement),
    timeoutMs: commandLine.timeoutMs ?? Number.POSITIVE_INFINITY,
    graceMs: commandLine.graceMs,
    terminal: context.terminal,
    syncSend: commandLine.syncSend,
    pool: commandLine.pool,
    // The ranks of a pool wait for work by themselves, and their program may wait for anything.
    findsDeadlocks: !commandLine.pool && context.environment['MPIRUN_TS_DEADLOCK'] !== 'off',
    // What is written to an encrypted connection has to go through its agent.
    sharesSockets: commandLine.transport === 'plain' && context.environment['MPIRUN_TS_SHARED_SOCKETS'] !== 'off',
    forwardSignals: commandLine.forwardSignals,
    nodeFlags: context.nodeFlags,
    outlives: commandLine.onRankLoss === 'abort' ? 'nothing' : commandLine.pool ? 'nodes' : 'ranks',
  }
}

/** The time for the start of all nodes, ms: logins and Node take their time, and many nodes start one after the other. */
function launchTimeoutMs(commandLine: CommandLine, { nodes }: Placement): number {
  const { perNodeMs, freeNodes, leastMs } = LAUNCH_TIME
  return commandLine.launchTimeoutMs ?? leastMs + Math.max(0, nodes.length - freeNodes) * perNodeMs
}

/** Six bytes in hexadecimal: a name that no other job has, and no secret, for which node:crypto would take milliseconds to load. */
function newJobId(): string {
  return Math.floor(Math.random() * 2 ** 48)
    .toString(16)
    .padStart(12, '0')
}

/** Pools and programs learn of --progress and --no-progress by a variable, as they do by plain node. */
function withProgress<Spec extends EnvironmentSpec>(environment: Spec, progress: CommandLine['progress']): Spec {
  if (progress === 'auto') return environment
  return { ...environment, set: { ...environment.set, MPIRUN_TS_PROGRESS: progress } }
}
