import { resolve } from 'node:path'
import { deferred } from '../base/deferred.ts'
import { agentFlags, nodeOptionWords, travellingFlags } from '../base/node-flags.ts'
import { MpirunError } from '../base/errors.ts'
import type { Logger } from '../base/logger.ts'
import { visibleLine, visibleText } from '../base/visible-text.ts'
import { Job } from '../coordinator/job.ts'
import type { JobRequest } from '../coordinator/job-request.ts'
import { type JobCause, statusOf } from '../coordinator/job-result.ts'
import { connectAgents } from '../coordinator/agents/connect-agents.ts'
import type { RankProgram } from '../wire/rank-messages.ts'
import { renderAllocation, renderMap } from '../placement/display.ts'
import type { Allocation, Node, Placement } from '../placement/placement.ts'
import { splitByFolder } from '../placement/split-by-folder.ts'
import { usageError } from './arguments/values.ts'
import { launchChoice } from './launch-choice.ts'
import type { CommandLine } from './arguments/command-line.ts'
import { currentFolder } from './current-folder.ts'
import { findNodes } from './nodes/find-nodes.ts'
import { JobInput } from './job-input.ts'
import { JobOutputs } from './output/job-outputs.ts'
import { unsetNames } from './job-environment.ts'
import { makeJobRequest } from './make-job-request.ts'
import { foundPortRanges } from './arguments/port-ranges.ts'
import { type RunNode, withSyntaxPlace } from './program/program-syntax.ts'
import { print, tell } from './print.ts'
import { readText } from './nodes/read-text.ts'
import { lossNote, quietNote, report } from './report.ts'

type LaunchOptions = Parameters<typeof connectAgents>[0]['launch']

/** What the command line gets from its process; entry/command.ts fills it in. */
export interface RunContext {
  readonly cores: number
  /** The bundles that lie beside the program; the agent's text is read when a node is elsewhere. */
  readonly rankProgram: () => RankProgram
  readonly agentBundle: () => Uint8Array
  readonly logger: Logger
  readonly runNode: RunNode
  /** Ends this process soon, should process.exit() not: a thread of it blocks in a system call. */
  readonly killSoon: () => void
  /** Calls `receive` for each signal of the list from now on. */
  readonly onSignals: (names: readonly NodeJS.Signals[], receive: (name: NodeJS.Signals) => void) => void
}

/** For output that is on its way when a signal or --timeout has ended the job. */
const LAST_WORDS_MS = 1000
const ENDING_SIGNALS: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP']

/** Runs one command line to the end and returns the exit status. Throws MpirunError for mistakes that are found before anything starts. */
export async function run(commandLine: CommandLine, context: RunContext): Promise<number> {
  for (const warning of commandLine.warnings) say(`warning: ${warning}`)
  const unset = unsetNames([commandLine.environment, ...commandLine.apps.map((app) => app.environment)], process.env)
  if (unset.length > 0 && !commandLine.quiet)
    say(`warning: ranks are to get variables that are not set here: ${unset.join(', ')}.`)
  const { local, allocation, isLocal, place } = findNodes(commandLine, context.cores)
  if (!commandLine.quiet) for (const note of allocation.notes ?? []) say(note)
  const cwd = currentFolder()
  const wdirs = commandLine.apps.map(({ wdir }) => resolve(cwd, wdir ?? '.'))
  const placement = splitByFolder(place(), (app) => wdirs[app] ?? cwd)
  checkStdin(commandLine.stdin, placement.size)
  show(commandLine, allocation, placement)
  if (commandLine.dryRun) return 0

  const nodeFlags = [
    ...travellingFlags(process.execArgv),
    ...(await checkedFlags(commandLine.nodeArgs, context.runNode)),
  ]
  const request = await makeJobRequest(commandLine, {
    placement,
    cwd,
    environment: process.env,
    hostname: local.hostname,
    terminal: terminal(),
    appsHere: new Set(placement.nodes.filter(isLocal).flatMap(({ ranks }) => ranks.map(({ app }) => app))),
    wdirs,
    nodeFlags,
  })
  const outputs = new JobOutputs(
    commandLine,
    placement,
    (rank) => job.pidOf(rank),
    (broken) => job.outputBroken(broken),
  )
  await outputs.open()
  const optionWords = travellingFlags(
    nodeOptionWords(request.environment.set['NODE_OPTIONS'] ?? process.env['NODE_OPTIONS']),
  )
  const agents = await connectAgents({
    placement,
    isLocal,
    rankProgram: context.rankProgram,
    hostname: local.hostname,
    transport: commandLine.transport,
    interface: commandLine.interface,
    interfaceExcept: commandLine.interfaceExcept,
    isTunnel: commandLine.tunnel,
    fanout: commandLine.launchFanout ?? defaultFanout(commandLine),
    ports: commandLine.portRanges ?? foundPortRanges(commandLine.portParameters, process.env),
    launch: launchOptions(
      commandLine,
      placement.nodes.filter((node) => !isLocal(node)),
      {
        launchTimeoutMs: request.launchTimeoutMs,
        flags: [...optionWords, ...nodeFlags],
      },
    ),
    agentBundle: context.agentBundle,
    logger: context.logger,
  })
  const input = new JobInput(request.stdin, placement.size, () => process.stdin)
  const job = new Job(request, {
    connect: agents.connect,
    sealedKey: agents.sealedKey,
    beforeRanks: () => outputs.openRest(),
    onOutput: (rank, stream, bytes, written) => outputs.lines.add(rank, stream, bytes, written),
    onStdinWanted: (rank, reply) => input.wanted(rank, reply),
    onLost: (cause) => tell(lossNote(cause)),
    onQuiet: (node, isQuiet) => tell(quietNote(node, isQuiet)),
    logger: context.logger,
  })
  const passedOn = new Set([...ENDING_SIGNALS, ...commandLine.forwardSignals])
  const giveUp = deferred<void>()
  let isOver = false
  context.onSignals([...passedOn], (name) => (isOver ? giveUp.resolve() : job.signal(name)))
  const result = await job.run()
  isOver = true
  input.close()
  // Who told the job to end does not want to wait for a reader that does not read.
  if (result.cause?.type === 'signal' || result.cause?.type === 'timeout') setTimeout(giveUp.resolve, LAST_WORDS_MS)
  const [areEnded] = await Promise.all([
    agents.close(),
    Promise.race([outputs.lines.finish(result.cause !== undefined), giveUp.promise]),
  ])
  // What could not be written only after the last rank had ended is lost all the same.
  const cause = result.cause ?? outputs.broken
  if (cause !== undefined) tell(report(await explained(cause, request, context.runNode)))
  if (!areEnded) context.killSoon()
  return statusOf(cause)
}

/** A job that outlives nodes keeps a channel of its own to each: the loss of one that carries others would be the loss of them all. */
function defaultFanout({ onRankLoss }: CommandLine): number | undefined {
  return onRankLoss === 'continue' ? Number.POSITIVE_INFINITY : undefined
}

/** The cause with what can only be found out here: where the syntax error of a program is. */
async function explained(cause: JobCause, request: JobRequest, runNode: RunNode): Promise<JobCause> {
  if (cause.type !== 'rank' || cause.failure === undefined) return cause
  const placed = request.placement.nodes.flatMap(({ ranks }) => ranks).find(({ rank }) => rank === cause.rank)
  const program = request.programs[placed?.app ?? -1]
  return program === undefined
    ? cause
    : { ...cause, failure: await withSyntaxPlace(cause.failure, program.path, runNode) }
}

function launchOptions(
  commandLine: CommandLine,
  nodes: readonly Node[],
  { launchTimeoutMs, flags }: { launchTimeoutMs: number; flags: readonly string[] },
): LaunchOptions {
  const { nodePath, launchConcurrency, quiet, verbose } = commandLine
  const { means, otherwise, reason, notice } = launchChoice(commandLine, { environment: process.env, readText, nodes })
  if (nodes.length > 0 && notice !== undefined && !quiet) say(notice)
  if (nodes.length > 0 && verbose) say(`agents are started by ${means.program}, for ${reason}.`)
  return {
    means,
    otherwise,
    onNotice: (text) => {
      if (!quiet) say(text)
    },
    node: { path: nodePath, flags: agentFlags(flags) },
    launchTimeoutMs,
    maxStarting: launchConcurrency,
  }
}

/** Node itself says which flags it does not know. Throws ERR_USAGE. */
async function checkedFlags(words: readonly string[], runNode: RunNode): Promise<readonly string[]> {
  const bad = words.length === 0 ? undefined : /: bad option: (.*)/.exec(await runNode([...words, '--version']))?.[1]
  if (bad !== undefined) throw usageError(`--node-args: Node ${process.versions.node} does not know the flag ${bad}.`)
  return words
}

function checkStdin(stdin: CommandLine['stdin'], size: number): void {
  if (typeof stdin !== 'number' || stdin < size) return
  throw usageError(
    `--stdin ${stdin}: the job has ${size === 1 ? 'one rank, which is 0' : `${size} ranks, 0 to ${size - 1}`}. Name one of them, all or none.`,
  )
}

function show(commandLine: CommandLine, allocation: Allocation, placement: Placement): void {
  const { displayAllocation, displayMap, dryRun, apps } = commandLine
  if (displayAllocation) print(renderAllocation(allocation))
  if (displayMap || dryRun)
    print(
      renderMap(
        placement,
        apps.map(({ program }) => visibleLine(program)),
      ),
    )
}

function terminal(): { stdoutIsTty: boolean; stderrIsTty: boolean; columns: number } {
  const { stdout, stderr } = process
  return {
    stdoutIsTty: stdout.isTTY === true,
    stderrIsTty: stderr.isTTY === true,
    columns: stdout.columns ?? stderr.columns ?? 80,
  }
}

/** A line of the launcher's own for the user. */
export function say(text: string): void {
  tell(`mpirun-ts: ${visibleLine(text)}\n`)
}

export function errorText(thrown: unknown, withStack: boolean): string {
  const error = MpirunError.from(thrown)
  // It has no message where nobody reads one.
  if (error.code === 'ERR_OUTPUT' && error.message === '') return ''
  const isOurs = error.code === 'ERR_INTERNAL' && !isSystemError(error.cause)
  // Places in a program have lines of their own; all other messages are one line, whatever names are in them.
  const message = error.code === 'ERR_PROGRAM' ? visibleText(error.message) : visibleLine(error.message)
  const own = isOurs || withStack ? `${message}\n${visibleText(stackOf(error.cause ?? error))}` : message
  return `mpirun-ts: ${own}\n`
}

/** What the system refused (no such folder, no permission) is not a mistake of ours: its words are enough. */
function isSystemError(thrown: unknown): boolean {
  return thrown instanceof Error && 'syscall' in thrown
}

function stackOf(thrown: unknown): string {
  return thrown instanceof Error ? (thrown.stack ?? '') : ''
}
