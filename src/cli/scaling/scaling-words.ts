import { parseCount, quote } from '../../placement/host-name.ts'
import { nearestSpelling } from '../../base/nearest-spelling.ts'
import { optionAt } from '../arguments/arguments.ts'
import { countValue, textValue, usageError, valueError } from '../arguments/values.ts'
import { findOption, nearestOption } from '../options/options.ts'
import type { OptionId } from '../options/option-id.ts'
import { growsWithRanks } from './placeholders.ts'

/** What `mpirun-ts scaling` is asked to measure. */
export interface Study {
  /** Numbers of ranks, rising; absent: 1, 2, 4 … up to what the job has. */
  readonly counts?: readonly number[]
  /** The work grows with the ranks (weak scaling); else it stays the same (strong scaling). */
  readonly isWeak: boolean
  /** Runs for each count that are timed, and runs before them that are not. */
  readonly repeat: number
  readonly warmUp: number
  /** Efficiency that the sweet spot must reach, from 0 to 1. */
  readonly leastEfficiency: number
  readonly showsOutput: boolean
  /** Paths; `-` is standard output. */
  readonly svg?: string
  readonly csv?: string
  readonly json?: string
  /** Options of mpirun-ts for each run, with placeholders. */
  readonly options: readonly string[]
  readonly program: string
  /** With placeholders. */
  readonly args: readonly string[]
  /** Sentences to print before the start. */
  readonly notes: readonly string[]
}

export type ParsedScaling = { readonly kind: 'help' | 'version' } | { readonly kind: 'study'; readonly study: Study }

type Draft = Omit<Study, 'options' | 'program' | 'args' | 'notes'>

interface OwnOption {
  readonly takesValue: boolean
  readonly effect: (value: string, spelled: string) => Partial<Draft>
}

/** Options of `scaling` alone, without dashes. */
const OWN: Readonly<Record<string, OwnOption>> = {
  weak: { takesValue: false, effect: () => ({ isWeak: true }) },
  repeat: { takesValue: true, effect: (value, spelled) => ({ repeat: countValue(spelled, value) }) },
  'warm-up': {
    takesValue: true,
    effect: (value, spelled) => ({ warmUp: value === '0' ? 0 : countValue(spelled, value) }),
  },
  efficiency: { takesValue: true, effect: (value, spelled) => ({ leastEfficiency: percentValue(spelled, value) }) },
  'show-output': { takesValue: false, effect: () => ({ showsOutput: true }) },
  svg: { takesValue: true, effect: (value, spelled) => ({ svg: fileValue(spelled, value, 'svg') }) },
  csv: { takesValue: true, effect: (value, spelled) => ({ csv: fileValue(spelled, value, 'csv') }) },
  json: { takesValue: true, effect: (value, spelled) => ({ json: fileValue(spelled, value, 'json') }) },
}

const DEFAULTS: Draft = { isWeak: false, repeat: 3, warmUp: 1, leastEfficiency: 0.7, showsOutput: false }

/** Options of mpirun-ts that have no meaning for a study, and why. */
const REFUSED: Readonly<Partial<Record<OptionId, string>>> = {
  app: 'it measures one program. Write its name and arguments at the end',
}
/** What the study itself does, once for each count: the runs need not. */
const SHOWN_ONCE: ReadonlySet<OptionId> = new Set(['displayMap', 'displayAllocation', 'display', 'dryRun'])

/**
 * Reads the words after `mpirun-ts scaling`: own options and those of mpirun-ts, in any order, then the program and its arguments.
 * Throws ERR_USAGE (exit status 2).
 */
export function parseScaling(words: readonly string[]): ParsedScaling {
  let draft = DEFAULTS
  const options: string[] = []
  let at = 0
  for (let word = words[at]; word?.startsWith('-') === true && word !== '-'; word = words[at]) {
    if (word === '--') {
      at += 1
      break
    }
    const found = ownOptionAt(words, at)
    if (found !== undefined) {
      draft = { ...draft, ...found.effect }
      at += found.words
      continue
    }
    const { spec, spelled, values, words: length } = optionAt(words, at)
    if (spec.id === 'help' || spec.id === 'version') return { kind: spec.id }
    const reason = REFUSED[spec.id]
    if (reason !== undefined) throw usageError(`Cannot use ${spelled} with scaling: ${reason}.`)
    if (spec.id === 'np') draft = { ...draft, counts: countsValue(spelled, values[0] ?? '') }
    else options.push(...words.slice(at, at + length))
    at += length
  }
  const [program, ...args] = words.slice(at)
  if (program === undefined || program === '' || program === '-') {
    throw usageError(
      'No program given: write mpirun-ts scaling -np 1,2,4 program [arguments]. See mpirun-ts scaling --help.',
    )
  }
  if (args.includes(':')) throw usageError('Cannot measure A : B: scaling measures one program.')
  return { kind: 'study', study: { ...draft, options, program, ...withGrowth(args, draft.isWeak) } }
}

/** The words of the options without those that print a map or an allocation. */
export function withoutShown(options: readonly string[]): string[] {
  const kept: string[] = []
  for (let at = 0; at < options.length; ) {
    const { spec, words } = optionAt(options, at)
    if (!SHOWN_ONCE.has(spec.id)) kept.push(...options.slice(at, at + words))
    at += words
  }
  return kept
}

function ownOptionAt(words: readonly string[], at: number): { effect: Partial<Draft>; words: number } | undefined {
  const word = words[at] ?? ''
  const equals = word.indexOf('=')
  const spelled = equals < 0 ? word : word.slice(0, equals)
  const name = spelled.replace(/^--?/, '')
  const own = Object.hasOwn(OWN, name) ? OWN[name] : undefined
  if (own === undefined) {
    if (findOption(spelled) === undefined) throw unknownOption(spelled)
    return undefined
  }
  if (!own.takesValue) {
    if (equals >= 0) throw usageError(`Option ${spelled} takes no value, but got ${quote(word.slice(equals + 1))}.`)
    return { effect: own.effect('', spelled), words: 1 }
  }
  const value = equals < 0 ? words[at + 1] : word.slice(equals + 1)
  if (value === undefined) throw usageError(`Option ${spelled} lacks its value. See mpirun-ts scaling --help.`)
  return { effect: own.effect(value, spelled), words: equals < 0 ? 2 : 1 }
}

function unknownOption(spelled: string): Error {
  const own = nearestSpelling(spelled.replace(/^-+/, ''), Object.keys(OWN))
  const nearest = own === undefined ? nearestOption(spelled) : `--${own}`
  const hint = nearest === undefined ? '' : ` Did you mean ${nearest}?`
  return usageError(`Unknown option ${quote(spelled)}.${hint} See mpirun-ts scaling --help.`)
}

/** `1,2,4`, `1-4` or both: rising, each once. */
function countsValue(spelled: string, text: string): number[] {
  const reason = 'it must be numbers of ranks with commas between them, such as 1,2,4 or 1-4'
  const counts = text.split(',').flatMap((part) => {
    const [first = '', last = first, ...rest] = part.trim().split('-')
    const [low, high] = [parseCount(first), parseCount(last)]
    if (low === undefined || high === undefined || rest.length > 0 || high < low || high - low > 1000)
      throw valueError(spelled, text, reason)
    return Array.from({ length: high - low + 1 }, (_, index) => low + index)
  })
  return [...new Set(counts)].sort((left, right) => left - right)
}

function percentValue(spelled: string, text: string): number {
  const percent = /^\d+(\.\d+)?%?$/.test(text) ? Number.parseFloat(text) : Number.NaN
  if (!(percent > 0 && percent <= 100)) throw valueError(spelled, text, 'it must be a percentage from 1 to 100')
  return percent / 100
}

/** A path to write to. A forgotten FILE must not cost the program that stands in its place. */
function fileValue(spelled: string, text: string, kind: string): string {
  if (/\.[cm]?[jt]sx?$/.test(text) || (text.startsWith('-') && text !== '-')) {
    throw valueError(spelled, text, `it must be the file to write: ${spelled} scaling.${kind} (- is standard output)`)
  }
  return textValue(spelled, text)
}

const NUMBER = /^\+?\d+(?:\.\d+)?(?:e\+?\d+)?$/i

/** The arguments as they grow with the ranks, and what is to be said of that. */
function withGrowth(args: readonly string[], isWeak: boolean): Pick<Study, 'args' | 'notes'> {
  const hasPlaceholder = args.some(growsWithRanks)
  if (!isWeak) {
    const note =
      'an argument grows with the number of ranks. If the work is to grow with it add --weak, or the speed-up means nothing.'
    return { args, notes: hasPlaceholder ? [note] : [] }
  }
  if (hasPlaceholder || args.some((word) => word.includes('{np}'))) return { args, notes: [] }
  const numbers = [...args.keys()].filter((at) => NUMBER.test(args[at] ?? '') && Number(args[at]) > 0)
  // `--seed 42` is hardly how much there is to do.
  const likely = numbers.length === 1 ? numbers : numbers.filter((at) => args[at - 1]?.startsWith('-') !== true)
  const [chosen] = likely
  if (chosen === undefined || likely.length > 1) {
    const which = likely.length > 1 ? 'several arguments are numbers' : 'no argument is a number'
    throw usageError(
      `Cannot let the work grow with the ranks: ${which}. Mark the one that grows with {…}, such as {1e9*np}: ` +
        `mpirun-ts scaling --weak -np 1,2,4 pi.js '{1e9*np}'.`,
    )
  }
  const word = args[chosen] ?? ''
  const note = `--weak: the argument ${word} is multiplied by the number of ranks ({${word}*np}).`
  return { args: args.with(chosen, `{${word.replace('+', '')}*np}`), notes: [note] }
}
