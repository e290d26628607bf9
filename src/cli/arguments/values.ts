import { constants } from 'node:os'
import { ExitStatus, MpirunError } from '../../base/errors.ts'
import { MAX_COUNT, parseCount, quote } from '../../placement/host-name.ts'
import { nearestSpelling } from '../../base/nearest-spelling.ts'

/** Longest time that Node's timers can measure, in seconds. */
const MAX_SECONDS = 2_147_483

/** ERR_USAGE for the value of an option; `reason` says what the value must be. */
export function valueError(option: string, value: string, reason: string): MpirunError {
  return usageError(`Cannot use ${quote(value)} as the value of ${option}: ${reason}.`)
}

/** A mistake on the command line: exit status 2. */
export function usageError(message: string): MpirunError {
  return new MpirunError('ERR_USAGE', message, { exitStatus: ExitStatus.usage })
}

export function countValue(option: string, text: string): number {
  const count = parseCount(text)
  if (count === undefined) throw valueError(option, text, `it must be a whole number from 1 to ${MAX_COUNT}`)
  return count
}

/** Seconds, with decimals, as milliseconds. */
export function secondsValue(option: string, text: string, least: 'zero' | 'above zero'): number {
  const seconds = /^[0-9]*\.?[0-9]+$/.test(text) ? Number(text) : Number.NaN
  const isWithin = seconds <= MAX_SECONDS && (seconds > 0 || (seconds === 0 && least === 'zero'))
  if (!isWithin) {
    const range = least === 'zero' ? `from 0 to ${MAX_SECONDS}` : `above 0, at most ${MAX_SECONDS}`
    throw valueError(option, text, `it must be a number of seconds ${range}`)
  }
  return Math.max(seconds === 0 ? 0 : 1, Math.round(seconds * 1000))
}

/** One of `choices`, with the nearest of them in the message where it is none. */
export function choiceValue<Choice extends string>(option: string, text: string, choices: readonly Choice[]): Choice {
  const choice = choices.find((candidate) => candidate === text)
  if (choice !== undefined) return choice
  const nearest = nearestSpelling(text, choices)
  const hint = nearest === undefined ? '' : ` (did you mean ${nearest}?)`
  throw valueError(option, text, `it must be one of ${choices.join(', ')}${hint}`)
}

export function textValue(option: string, text: string): string {
  if (text === '' || text.includes('\0')) throw valueError(option, text, 'it must not be empty')
  return text
}

/** A path, or `-`. What stands there when the variable behind the option is not set is no hostfile: nothing, the program, another option. */
export function hostfileValue(option: string, text: string): string {
  const isProgram = /\.[cm]?[jt]s$/.test(text)
  if (text !== '' && text !== '-' && !isProgram && !text.startsWith('-')) return textValue(option, text)
  if (text === '-') return text
  const what = text === '' ? 'it is empty' : isProgram ? 'that is a program' : 'that is an option'
  throw valueError(
    option,
    text,
    `${what}. Is the variable behind it not set? $PBS_NODEFILE is there within a job of PBS alone (qsub); outside of one, ` +
      `leave ${option} out: the ranks run on this machine (single-machine mode)`,
  )
}

/** A pattern with %r, %h, %p, %t and %%. */
export function patternValue(option: string, text: string): string {
  for (const [escape] of textValue(option, text).matchAll(/%[^]?/gu)) {
    if (!['%r', '%h', '%p', '%t', '%%'].includes(escape)) {
      throw valueError(
        option,
        text,
        `${quote(escape)} is unknown; use %r (rank), %h (host), %p (pid), %t (time), %% (a percent sign)`,
      )
    }
  }
  return text
}

export function stdinValue(option: string, text: string): number | 'all' | 'none' {
  if (text === 'all' || text === 'none') return text
  if (/^[0-9]{1,7}$/.test(text)) return Number(text)
  throw valueError(option, text, 'it must be a rank, all or none')
}

/** `USR1,SIGUSR2,10` or `none`. Signals that end a job are the launcher's own and cannot be passed on. */
export function signalsValue(option: string, text: string): NodeJS.Signals[] {
  if (text.toLowerCase() === 'none') return []
  const names = Object.entries(constants.signals)
  const reserved = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGKILL', 'SIGSTOP', 'SIGTSTP', 'SIGCONT', 'SIGCHLD']
  return text.split(',').map((word) => {
    const wanted = word.trim().toUpperCase()
    const found = names.find(([name, number]) => [name, name.slice(3), String(number)].includes(wanted))?.[0]
    if (found === undefined) throw valueError(option, text, `${quote(word)} is no signal; write USR1,USR2 or none`)
    if (reserved.includes(found)) throw valueError(option, text, `${found} has its own meaning and is not passed on`)
    // `found` is a key of os.constants.signals, which are the names of this type.
    return found as NodeJS.Signals
  })
}
