import type ChildProcess from 'node:child_process'
import { closeSync, fstatSync, openSync } from 'node:fs'
import { availableParallelism, constants } from 'node:os'
import { join } from 'node:path'
import { MpirunError } from '../base/errors.ts'
import { systemReason } from '../base/system-reason.ts'
import type { TextStyle } from '../cli/scaling/results-text.ts'
import { runScaling } from '../cli/scaling/run-scaling.ts'
import type { RunEnd } from '../cli/scaling/study.ts'
import { VERSION } from '../mpi/version.ts'

/** What is kept of a run's standard error, for the case that it fails. */
const LAST_BYTES = 4096
/** A run that the terminal has told of Ctrl-C itself ends its ranks in order; it is told again when it has not ended after this. */
const HEARD_MS = 5000

/** A run under way. */
let running: ChildProcess.ChildProcess | undefined

/** The program `mpirun-ts scaling`: its words in, exit status out. Loaded by entry/command.ts when it is wanted. */
export function scaling(words: readonly string[]): Promise<number> {
  return runScaling(words, {
    cores: availableParallelism(),
    version: VERSION,
    textStyle,
    isTerminal,
    runCommand,
    onSignal,
  })
}

function runCommand(words: readonly string[], showsOutput: boolean): Promise<RunEnd> {
  const childProcess: typeof ChildProcess = process.getBuiltinModule('node:child_process')
  const stdin = reopenedInput()
  const began = performance.now()
  // Through the fourth descriptor the run notices that this process has gone (entry/command.ts).
  const child = childProcess.spawn(process.execPath, [...process.execArgv, join(__dirname, 'mpirun.cjs'), ...words], {
    stdio: [stdin ?? 'ignore', showsOutput ? 2 : 'ignore', showsOutput ? 2 : 'pipe', 'ipc'],
  })
  running = child
  if (stdin !== undefined) closeSync(stdin)
  let seconds = 0
  let lastWords = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    lastWords = `${lastWords}${text}`.slice(-LAST_BYTES)
  })
  return new Promise((resolve, reject) => {
    child.on('exit', () => {
      seconds = (performance.now() - began) / 1000
    })
    child.on('close', (status, signal) => {
      running = undefined
      resolve({ seconds, status: status ?? 128 + (constants.signals[signal ?? 'SIGKILL'] ?? 0), lastWords })
    })
    child.on('error', (error) => {
      const message = `Cannot start Node for a run of the study: ${systemReason(error)}.`
      reject(new MpirunError('ERR_INTERNAL', message, { cause: error }))
    })
  })
}

/** Standard input anew for each run, where it is a file (mpirun-ts scaling … <input). A pipe or a terminal is there only once. */
function reopenedInput(): number | undefined {
  try {
    return fstatSync(0).isFile() ? openSync('/dev/stdin', 'r') : undefined
  } catch {
    return undefined
  }
}

/** Passes the signal to the run, unless the terminal has sent it to both; a second signal always. */
function onSignal(receive: (number: number) => void): void {
  let isFirst = true
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      receive(constants.signals[name])
      const isTyped = name !== 'SIGTERM' && [0, 1, 2].some((fd) => isTerminal(fd))
      if (isTyped && isFirst) setTimeout(() => void running?.kill(name), HEARD_MS).unref()
      else running?.kill(name)
      isFirst = false
    })
  }
}

function isTerminal(fd: number): boolean {
  const stream = [process.stdin, process.stdout, process.stderr][fd]
  return stream?.isTTY === true
}

/** Colours and width as the terminal has them and NO_COLOR and FORCE_COLOR want them; blocks where the locale has them. */
function textStyle(stream: 1 | 2): TextStyle {
  const { FORCE_COLOR: forced, NO_COLOR: no, LC_ALL, LC_CTYPE, LANG } = process.env
  const target = stream === 1 ? process.stdout : process.stderr
  const isForced = forced !== undefined && forced !== '0' && forced !== 'false'
  const hasColours = isForced || ((no ?? '') === '' && forced === undefined && target.isTTY && target.hasColors())
  const locale = [LC_ALL, LC_CTYPE, LANG].find((name) => (name ?? '') !== '') ?? ''
  // A terminal whose size nobody has set has no columns.
  return { columns: target.columns || 80, hasColours, isUnicode: /utf-?8/i.test(locale) }
}
