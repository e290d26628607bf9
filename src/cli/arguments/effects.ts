import { assignment, exportRule, inheritOnly, withInherit, withRule } from './environment.ts'
import { bootstrapValue, launcherValue } from './launcher.ts'
import { mapByValue, pprValue, rankByValue } from './mapping.ts'
import { mcaEffect } from './mca.ts'
import { nodeArgsValue } from './node.ts'
import { displayEffect, outputEffect } from './lists.ts'
import {
  choiceValue,
  countValue,
  hostfileValue,
  patternValue,
  secondsValue,
  signalsValue,
  stdinValue,
  textValue,
} from './values.ts'
import { splitWords } from './words.ts'
import { type EnvironmentOptions, LOG_LEVELS, type ProgramOptions, type Rmk } from './command-line.ts'
import { type Draft, withMapping } from './draft.ts'
import type { OptionId } from '../options/option-id.ts'
import { portRangesValue } from './port-ranges.ts'

/** What an option changes. `spelled`: the option as the user wrote it, for messages. Throws ERR_USAGE for a bad value. */
type Effect = (values: readonly string[], spelled: string, draft: Draft) => Partial<Draft>

/** What each option does. */
export const EFFECTS: Readonly<Record<Exclude<OptionId, 'help' | 'version'>, Effect>> = {
  np: own((value, option) => ({ np: countValue(option, value) })),
  hostfile: own((value, option) => ({ hostfile: hostfileValue(option, value) })),
  host: own((value, option, { hosts }) => ({ hosts: [hosts ?? [], textValue(option, value)].flat().join(',') })),
  app: one((value, option) => ({ appFile: textValue(option, value) })),

  mapBy: one((value, option, draft) => withMapping(draft, mapByValue(option, value))),
  ppr: one((value, option, draft) => withMapping(draft, pprValue(option, value, ofNodes(value).split(':')))),
  perSocket: one((value, option, draft) => withMapping(draft, pprValue(option, value, [value, 'socket']))),
  rankBy: one((value, option) => ({ rankBy: rankByValue(option, value) })),
  rankfile: one((value, option) => ({ mapBy: 'seq', rankfile: textValue(option, value) })),
  slotsPerRank: one((value, option) => ({ slotsPerRank: countValue(option, value) })),
  rmk: one((value, option) => ({ rmk: rmkValue(option, value) })),
  defaultHostfile: one((value, option) => ({
    byDefault: { hostfile: textValue(option, value), option, goesFirst: false },
  })),
  perNode: one((value, option) => ({ perNode: countValue(option, value) })),
  onePerNode: flag({ perNode: 1 }),
  byNode: flag({ mapBy: 'node' }),
  bySlot: flag({ mapBy: 'slot' }),
  noLocal: flag({ noLocal: true }),
  oversubscribe: flag({ oversubscribe: true }),
  noOversubscribe: flag({ oversubscribe: false }),

  export: ownEnvironment(([value = ''], option, own) => withRule(own, exportRule(option, value))),
  setOwnEnv: ownEnvironment((values, option, own) => withRule(own, assignment(option, values))),
  exportOwnList: ownEnvironment(([value = ''], option, own) => inheritOnly(own, option, value)),
  exportOwnAll: ownEnvironment((_values, _option, own) => withInherit(own, 'all')),
  cleanOwnEnv: ownEnvironment((_values, _option, own) => withInherit(own, 'none')),
  setEnv: jobEnvironment((values, option, job) => withRule(job, assignment(option, values))),
  exportList: jobEnvironment(([value = ''], option, job) => inheritOnly(job, option, value)),
  exportAll: jobEnvironment((_values, _option, job) => withInherit(job, 'all')),
  cleanEnv: jobEnvironment((_values, _option, job) => withInherit(job, 'none')),
  wdir: own((value, option) => ({ wdir: textValue(option, value) })),
  path: own((value, option) => ({ path: textValue(option, value) })),

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

  launcher: one((value, option) => launcherValue(option, value)),
  bootstrap: one((value, option) => bootstrapValue(option, value)),
  launcherExec: one((value, option) => ({ launcherExec: textValue(option, value) })),
  launcherArgs: one((value, option) => ({ launcherArgs: splitWords(value, `the value of ${option}`) })),
  launchTimeout: one((value, option) => ({ launchTimeoutMs: secondsValue(option, value, 'above zero') })),
  nodeArgs: one((value, option, { nodeArgs }) => ({
    nodeArgs: [...nodeArgs, ...nodeArgsValue(option, value)],
  })),
  launchConcurrency: one((value, option) => ({ launchConcurrency: countValue(option, value) })),
  launchFanout: one((value, option) => ({ launchFanout: countValue(option, value) })),
  noTree: flag({ launchFanout: Number.POSITIVE_INFINITY }),
  tunnel: flag({ tunnel: true }),
  portRange: one((value, option) => ({ portRanges: portRangesValue(option, value) })),
  nodePath: one((value, option) => ({ nodePath: textValue(option, value) })),
  transport: one((value, option) => ({ transport: choiceValue(option, value, ['tls', 'plain']) })),
  interface: one((value, option) => ({ interface: textValue(option, value) })),
  preload: flag({ preload: true }),
  pool: flag({ pool: true }),
  syncSend: flag({ syncSend: true }),

  display: one((value, option) => displayEffect(option, value)),
  output: one((value, option) => outputEffect(option, value)),
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
  mca: ([key = '', value = ''], option, draft) => mcaEffect(`${option} ${key}`, key, value, draft),
  ignored: (_values, option, { ignoredOptions }) => ({
    ignoredOptions: ignoredOptions.includes(option) ? ignoredOptions : [...ignoredOptions, option],
  }),
}

/** Of several rules of --ppr, `2:socket,4:node`, that of nodes. */
function ofNodes(text: string): string {
  const rules = text.split(',')
  return rules.find((rule) => /:\s*node\s*$/i.test(rule)) ?? rules[0] ?? ''
}

/** The scheduler whose nodes are asked for. LoadLeveler's cannot be read, so there `user` is refused as well as any other word. */
function rmkValue(option: string, value: string): Rmk {
  return choiceValue(option, value, ['pbs', 'slurm', 'sge', 'lsf', 'cobalt', 'user'])
}

function one(effect: (value: string, spelled: string, draft: Draft) => Partial<Draft>): Effect {
  return (values, spelled, draft) => effect(values[0] ?? '', spelled, draft)
}

/** An effect on the program that comes next. */
function own(effect: (value: string, spelled: string, own: ProgramOptions) => Partial<ProgramOptions>): Effect {
  return ([value = ''], spelled, draft) => ({ own: { ...draft.own, ...effect(value, spelled, draft.own) } })
}

type EnvironmentEffect = (
  values: readonly string[],
  spelled: string,
  before: EnvironmentOptions | undefined,
) => EnvironmentOptions

function ownEnvironment(effect: EnvironmentEffect): Effect {
  return (values, spelled, draft) => ({
    own: { ...draft.own, environment: effect(values, spelled, draft.own.environment) },
  })
}

function jobEnvironment(effect: EnvironmentEffect): Effect {
  return (values, spelled, draft) => ({ environment: effect(values, spelled, draft.environment) })
}

function flag(change: Partial<Draft>): Effect {
  return () => change
}
