import { quote } from '../../placement/host-name.ts'
import { type ReadText, readAppFile } from './app-file.ts'
import { EFFECTS } from './effects.ts'
import { changed, type Draft } from './draft.ts'
import { effectsOfVariables } from './environment-options.ts'
import { usageError } from './values.ts'
import { isScheduler } from './launcher.ts'
import type { AppContext, CommandLine, LauncherChoice, ParsedArguments, ProgramOptions } from './command-line.ts'
import { findOption, nearestOption } from '../options/options.ts'
import type { OptionId, TypedOption } from '../options/option-id.ts'

/**
 * Options that may follow a `:`, because they hold for one program or, as Hydra's -genv, for all wherever they stand; all others belong
 * to the whole job and stand before its first program.
 */
// biome-ignore format: a list of words
const CONTEXT_OPTIONS: ReadonlySet<OptionId> = new Set([
  'np', 'hostfile', 'host', 'wdir', 'path', 'export', 'setOwnEnv', 'exportOwnList', 'exportOwnAll', 'cleanOwnEnv',
  'setEnv', 'exportList', 'exportAll', 'cleanEnv', 'bindTo', 'reportBindings', 'ignored', 'help', 'version',
])

/** Options with NAME and VALUE, which Hydra takes as one word too: NAME=VALUE. */
const ASSIGNMENTS: ReadonlySet<OptionId> = new Set(['setEnv', 'setOwnEnv'])

const DEFAULTS: Draft = {
  mapBy: 'slot',
  noLocal: false,
  oversubscribe: false,
  environment: { rules: [] },
  own: {},
  stdin: 0,
  outputPrefix: { type: 'none' },
  timestampOutput: false,
  mergeStderr: false,
  graceMs: 3000,
  forwardSignals: ['SIGUSR1', 'SIGUSR2', 'SIGWINCH'],
  onRankLoss: 'abort',
  displayMap: false,
  displayAllocation: false,
  dryRun: false,
  launcherArgs: [],
  nodeArgs: [],
  transport: 'tls',
  preload: false,
  pool: false,
  syncSend: false,
  progress: 'auto',
  verbose: false,
  quiet: false,
  tunnel: false,
  portParameters: {},
  ignoredMcaKeys: [],
  ignoredOptions: [],
  warnings: [],
}

/** What has been read so far. */
interface Reading {
  draft: Draft
  apps: readonly AppContext[]
}

/** How the reading of some words ended: at their end, without a program in them, or at --help or --version. */
type Ending = 'done' | 'nothing' | 'help' | 'version'

/**
 * Reads the words after `mpirun-ts`. Options end at the program; what follows is the program's own, up to a lone `:`, after which
 * another program of the same job begins. `readText` reads the file of --app. Variables of `environment` that Open MPI and Hydra take for
 * options come before all of them. Throws ERR_USAGE (exit status 2).
 */
export function parseArguments(
  argv: readonly string[],
  readText: ReadText,
  environment: Readonly<Record<string, string | undefined>> = {},
): ParsedArguments {
  const reading: Reading = { draft: effectsOfVariables(DEFAULTS, environment), apps: [] }
  const ending = readContexts(argv, reading)
  if (ending === 'help' || ending === 'version') return { kind: ending }
  const { appFile, ...draft } = reading.draft
  if (appFile !== undefined) {
    reading.draft = draft
    readFileContexts(appFile, readText, reading)
  }
  if (reading.apps.length === 0) {
    throw usageError('No program given: write mpirun-ts [options] program [arguments]. See mpirun-ts --help.')
  }
  return finish(reading)
}

/** Reads `[options] program [arguments] : …`. */
function readContexts(words: readonly string[], reading: Reading): Ending {
  let at = 0
  for (;;) {
    const end = readOptions(words, at, reading)
    if (typeof end === 'string') return end
    const program = words[end]
    if (program === undefined && at === 0) return 'nothing'
    if (program === undefined) {
      throw usageError('No program after ":": write mpirun-ts -np 1 a.js : -np 2 b.js. See mpirun-ts --help.')
    }
    if (['', '-', ':'].includes(program)) {
      throw usageError(`Cannot run ${quote(program)}: it is not a program. Name a file. See mpirun-ts --help.`)
    }
    const colon = words.indexOf(':', end + 1)
    const args = words.slice(end + 1, colon < 0 ? undefined : colon)
    reading.apps = [...reading.apps, { ...reading.draft.own, program, args }]
    reading.draft = { ...reading.draft, own: {} }
    if (colon < 0) return 'done'
    at = colon + 1
  }
}

/** Applies options from index `at` on; returns the index of the program. */
function readOptions(words: readonly string[], at: number, reading: Reading): number | 'help' | 'version' {
  let index = at
  for (let word = words[index]; word !== undefined; word = words[index]) {
    if (word === '--') return index + 1
    if (!word.startsWith('-') || word === '-') return index
    const { spec, spelled, values, words: length } = optionAt(words, index)
    if (spec.id === 'help' || spec.id === 'version') return spec.id
    if (reading.apps.length > 0 && !CONTEXT_OPTIONS.has(spec.id)) {
      throw usageError(
        `Cannot use ${spelled} for one program: it is for the whole job. Put it before the first program.`,
      )
    }
    reading.draft = changed(reading.draft, EFFECTS[spec.id](values, spelled, reading.draft))
    index += length
  }
  return index
}

/** An option on the command line. */
export interface FoundOption {
  readonly spec: TypedOption
  /** As the user wrote it, without its value. */
  readonly spelled: string
  readonly values: readonly string[]
  /** How many words it takes. */
  readonly words: number
}

/** The option that begins at index `at`, with its values. Throws ERR_USAGE (exit status 2). */
export function optionAt(words: readonly string[], at: number): FoundOption {
  const word = words[at] ?? ''
  const equals = word.indexOf('=')
  const spelled = equals < 0 ? word : word.slice(0, equals)
  const spec = findOption(spelled)
  if (spec === undefined) throw unknownOption(spelled)
  const isAssignment = ASSIGNMENTS.has(spec.id) && words[at + 1]?.includes('=') === true
  const separate = words.slice(at + 1, at + 1 + (isAssignment ? 1 : spec.values.length))
  const values = equals < 0 ? separate : [word.slice(equals + 1)]
  if (spec.id !== 'help' && spec.id !== 'version') checkValues(spec, spelled, values, equals >= 0)
  return { spec, spelled, values, words: equals < 0 ? 1 + values.length : 1 }
}

function checkValues(spec: TypedOption, spelled: string, values: readonly string[], isJoined: boolean): void {
  if (values.length === spec.values.length) return
  if (ASSIGNMENTS.has(spec.id) && values[0]?.includes('=') === true) return
  if (spec.values.length === 0) throw usageError(`Option ${spelled} takes no value, but got ${quote(values[0] ?? '')}.`)
  const correct = `${spelled} ${spec.values.join(' ')}`
  if (isJoined) throw usageError(`Option ${spelled} takes ${spec.values.length} words: write ${correct}.`)
  throw usageError(`Option ${spelled} lacks its value: write ${correct}. See mpirun-ts --help.`)
}

function unknownOption(spelled: string): Error {
  const nearest = nearestOption(spelled)
  const hint = nearest === undefined ? '' : ` Did you mean ${nearest}?`
  return usageError(`Unknown option ${quote(spelled)}.${hint} See mpirun-ts --help.`)
}

/** Reads each line of --app as a program with its options. */
function readFileContexts(appFile: string, readText: ReadText, reading: Reading): void {
  if (reading.apps.length > 0 || reading.draft.own.np !== undefined) {
    throw usageError('Cannot use --app next to -np or a program: write both on a line of its file.')
  }
  const shared = reading.draft.own
  for (const { words, where } of readAppFile(appFile, readText)) {
    try {
      reading.draft = { ...reading.draft, own: {} }
      const ending = readContexts(words, reading)
      if (ending !== 'done') throw usageError('The line has no program. Write: -np 2 program.js')
      if (reading.draft.appFile !== undefined) throw usageError('Cannot use --app within its file.')
    } catch (thrown) {
      throw usageError(`${where}: ${thrown instanceof Error ? thrown.message : String(thrown)}`)
    }
  }
  reading.apps = reading.apps.map((app) => withShared(shared, app))
}

/** What stands before --app holds for each program of its file that does not say otherwise. */
function withShared(shared: ProgramOptions, app: AppContext): AppContext {
  const environment =
    shared.environment === undefined || app.environment === undefined
      ? {}
      : {
          environment: {
            ...shared.environment,
            ...app.environment,
            rules: [...shared.environment.rules, ...app.environment.rules],
          },
        }
  return { ...shared, ...app, ...environment }
}

function finish({ draft, apps }: Reading): CommandLine {
  const { ignoredMcaKeys, ignoredOptions, needsRankfile, launcherExec, own: _own, logLevel, ...rest } = draft
  if (needsRankfile === true && draft.rankfile === undefined) {
    throw usageError('--map-by rankfile needs the file: add --rankfile FILE.')
  }
  return {
    ...rest,
    kind: 'run',
    apps,
    ...(launcherExec ? { launcher: withProgram(draft.launcher, launcherExec) } : {}),
    logLevel: logLevel ?? (draft.verbose ? 'debug' : draft.quiet ? 'error' : 'warn'),
    warnings: [
      ...new Set(draft.warnings),
      ...ignored('options', ignoredOptions),
      ...ignored('parameters of --mca', ignoredMcaKeys),
    ],
  }
}

/** -launcher-exec names the program of the launcher that -launcher names, else it is one of its own. */
function withProgram(launcher: LauncherChoice | undefined, program: string): LauncherChoice {
  if (launcher !== undefined && isScheduler(launcher)) return { ...launcher, program }
  return { type: 'command', command: program }
}

function ignored(what: string, words: readonly string[]): string[] {
  return words.length === 0 ? [] : [`Ignored ${what} that have no meaning here: ${words.join(', ')}.`]
}
