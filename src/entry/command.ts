import type ChildProcess from 'node:child_process'
import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { MpirunError } from '../base/errors.ts'
import { type Logger, silentLogger } from '../base/logger.ts'
import { sharedBytes } from '../base/shared-bytes.ts'
import { parseArguments } from '../cli/arguments/arguments.ts'
import type { CommandLine } from '../cli/arguments/command-line.ts'
import { type LogLines, openLog } from '../cli/output/log-lines.ts'
import { print, tell } from '../cli/print.ts'
import { readText } from '../cli/nodes/read-text.ts'
import { errorText, run, say } from '../cli/run.ts'
import { usage } from '../cli/options/usage.ts'
import { VERSION } from '../mpi/version.ts'
import type { RankProgram } from '../wire/rank-messages.ts'
import type { KeptCode } from './kept-program.ts'

/** Handed in by entry/kept-program.ts. */
declare const keptCode: KeptCode

/** Longer than Node takes to start on a busy machine. */
const RUN_NODE_MS = 5_000

/** The program `mpirun-ts`: arguments in, exit status out. entry/mpirun.ts loads it. */
async function main(): Promise<number> {
  const words = process.argv.slice(2)
  if (words[0] === 'scaling') {
    const { scaling } = await import('./scaling.ts')
    return scaling(words.slice(1))
  }
  const parsed = parseArguments(words, readText, process.env)
  // A run of a study does not outlive it (entry/scaling.ts).
  if (process.connected) process.once('disconnect', () => void process.kill(process.pid, 'SIGTERM'))
  if (parsed.kind === 'help' || parsed.kind === 'version') {
    print(parsed.kind === 'help' ? usage() : `mpirun-ts ${VERSION}\n`)
    return 0
  }
  const log = wantsLog(parsed) ? await openLog(parsed.logFile, say) : undefined
  try {
    const status = await run(parsed, {
      cores: availableParallelism(),
      rankProgram: readRankProgram,
      agentBundle: () => readFileSync(join(__dirname, 'agent.br')),
      logger: log === undefined ? silentLogger : await logger(parsed, log),
      runNode,
      killSoon,
      onSignals: (names, receive) => {
        for (const name of names) process.on(name, receive)
      },
    })
    if (!parsed.dryRun && keptCode.keepProgram !== undefined) keptCode.atGoodEnd(keptCode.keepProgram)
    return status
  } finally {
    await log?.end()
  }
}

function readRankProgram(): RankProgram {
  // The build writes ASCII, which Node reads quicker as Latin-1.
  const code = readFileSync(join(__dirname, 'rank.cjs'), 'latin1')
  const cache = keptCode.read('rank')
  const keep = (compiled: Uint8Array): void => keptCode.keep('rank', compiled)
  const program = { code, pool: join(__dirname, 'pool.cjs'), keep }
  return cache === undefined ? program : { ...program, cache: sharedBytes(cache) }
}

function runNode(args: readonly string[]): Promise<string> {
  const options = { timeout: RUN_NODE_MS, env: { ...process.env, NODE_OPTIONS: '' } }
  const { execFile } = childProcess()
  return new Promise((resolve) => {
    // Where nothing can be started there is nothing to read.
    execFile(process.execPath, args, options, (_error, _stdout, stderr) => resolve(stderr))
  })
}

/**
 * For the case that process.exit() waits for ever for a thread in a system call: a shell that outlives it kills this process. Most often the
 * exit comes first, and with it the right status.
 */
function killSoon(): void {
  const { spawn } = childProcess()
  const command = 'trap "" USR1 USR2; sleep 2; kill -9 "$0" 2>/dev/null'
  const shell = spawn('/bin/sh', ['-c', command, String(process.pid)], { detached: true, stdio: 'ignore' })
  shell.on('error', () => undefined)
  shell.unref()
}

/** Loaded only where something is to be run: loading it takes as long as everything else before the ranks start. */
function childProcess(): typeof ChildProcess {
  return process.getBuiltinModule('node:child_process')
}

function wantsLog({ logLevel, logFile }: CommandLine): boolean {
  return logFile !== undefined || (logLevel !== 'silent' && logLevel !== 'warn')
}

/** pino is loaded only when someone wants to read its lines. */
async function logger({ logLevel }: CommandLine, log: LogLines): Promise<Logger> {
  const { pino } = await import('pino')
  const made: Logger = pino({ level: logLevel, base: null }, log)
  return made
}

main().then(
  (status) => process.exit(status),
  (error: unknown) => {
    tell(errorText(error, process.argv.includes('-v')))
    process.exit(MpirunError.from(error).exitStatus)
  },
)
