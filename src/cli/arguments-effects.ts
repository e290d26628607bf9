import { environmentRule, exportRule, exportRules } from './arguments-environment.ts'
import { mcaEffect } from './arguments-mca.ts'
import {
  choiceValue,
  countValue,
  launcherValue,
  mapByValue,
  patternValue,
  secondsValue,
  signalsValue,
  stdinValue,
  textValue,
} from './arguments-values.ts'
import { splitWords } from './arguments-words.ts'
import { type CommandLine, type EnvironmentRule, LOG_LEVELS } from './command-line.ts'
import type { OptionId } from './options.ts'

/** A command line while it is read. */
export interface Draft extends Omit<CommandLine, 'kind' | 'apps' | 'environment' | 'logLevel' | 'warnings'> {
  /** -np of the program that comes next. */
  readonly np?: number
  readonly logLevel?: CommandLine['logLevel']
  readonly cleanEnvironment: boolean
  readonly rules: readonly EnvironmentRule[]
  readonly ignoredMcaKeys: readonly string[]
  /** Path of --app. */
  readonly appFile?: string
}

/** What an option changes. `spelled`: the option as the user wrote it, for messages. Throws ERR_USAGE for a bad value. */
type Effect = (values: readonly string[], spelled: string, draft: Draft) => Partial<Draft>

/** What each option does. */
export const EFFECTS: Readonly<Record<Exclude<OptionId, 'help' | 'version'>, Effect>> = {
  np: one((value, option) => ({ np: countValue(option, value) })),
  hostfile: one((value, option) => ({ hostfile: textValue(option, value) })),
  host: one((value, option, { hosts }) => ({ hosts: [hosts ?? [], textValue(option, value)].flat().join(',') })),
  app: one((value, option) => ({ appFile: textValue(option, value) })),

  mapBy: one((value, option) => mapByValue(option, value)),
  perNode: one((value, option) => ({ perNode: countValue(option, value) })),
  onePerNode: flag({ perNode: 1 }),
  byNode: flag({ mapBy: 'node' }),
  bySlot: flag({ mapBy: 'slot' }),
  noLocal: flag({ noLocal: true }),
  oversubscribe: flag({ oversubscribe: true }),
  noOversubscribe: flag({ oversubscribe: false }),

  export: one((value, option, { rules }) => ({ rules: [...rules, exportRule(option, value)] })),
  setEnv: ([name = '', value = ''], option, { rules }) => ({ rules: [...rules, environmentRule(option, name, value)] }),
  exportList: one((value, option, { rules }) => ({
    cleanEnvironment: true,
    rules: [...rules, ...exportRules(option, value)],
  })),
  exportAll: flag({ cleanEnvironment: false }),
  cleanEnv: flag({ cleanEnvironment: true }),
  wdir: one((value, option) => ({ wdir: textValue(option, value) })),

  stdin: one((value, option) => ({ stdin: stdinValue(option, value) })),
  tagOutput: flag({ outputPrefix: { type: 'tag' } }),
  prependRank: flag({ outputPrefix: { type: 'rank' } }),
  prependPattern: one((value, option) => ({
    outputPrefix: { type: 'pattern', pattern: patternValue(option, value) },
  })),
  timestampOutput: flag({ timestampOutput: true }),
  outputDirectory: one((value, option) => ({ outputDirectory: textValue(option, value) })),
  outfilePattern: one((value, option) => ({ outfilePattern: patternValue(option, value) })),
  errfilePattern: one((value, option) => ({ errfilePattern: patternValue(option, value) })),
  mergeStderr: flag({ mergeStderr: true }),

  timeout: one((value, option) => ({ timeoutMs: secondsValue(option, value, 'above zero') })),
  grace: one((value, option) => ({ graceMs: secondsValue(option, value, 'zero') })),
  forwardSignals: one((value, option) => ({ forwardSignals: signalsValue(option, value) })),
  onRankLoss: one((value, option) => ({ onRankLoss: choiceValue(option, value, ['abort', 'continue']) })),

  launcher: one((value, option) => ({ launcher: launcherValue(option, value) })),
  launcherArgs: one((value, option) => ({ launcherArgs: splitWords(value, `the value of ${option}`) })),
  launchTimeout: one((value, option) => ({ launchTimeoutMs: secondsValue(option, value, 'above zero') })),
  nodePath: one((value, option) => ({ nodePath: textValue(option, value) })),
  transport: one((value, option) => ({ transport: choiceValue(option, value, ['tls', 'plain']) })),
  interface: one((value, option) => ({ interface: textValue(option, value) })),
  preload: flag({ preload: true }),
  pool: flag({ pool: true }),
  syncSend: flag({ syncSend: true }),

  displayMap: flag({ displayMap: true }),
  displayAllocation: flag({ displayAllocation: true }),
  dryRun: flag({ dryRun: true }),
  progress: flag({ progress: 'on' }),
  noProgress: flag({ progress: 'off' }),
  verbose: flag({ verbose: true, quiet: false }),
  quiet: flag({ verbose: false, quiet: true }),
  logLevel: one((value, option) => ({ logLevel: choiceValue(option, value, LOG_LEVELS) })),
  logFile: one((value, option) => ({ logFile: textValue(option, value) })),

  allowRoot: flag({}),
  bindTo: one(() => ({})),
  reportBindings: flag({}),
  mca: ([key = '', value = ''], option, draft) => mcaEffect(`${option} ${key}`, key, value, draft.ignoredMcaKeys),
}

function one(effect: (value: string, spelled: string, draft: Draft) => Partial<Draft>): Effect {
  return (values, spelled, draft) => effect(values[0] ?? '', spelled, draft)
}

function flag(change: Partial<Draft>): Effect {
  return () => change
}
