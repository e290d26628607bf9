import type { EnvironmentSpec, ProgramSpec } from '../wire/control-messages.ts'
import { travels } from '../wire/environment.ts'
import type { EnvironmentOptions } from './arguments/command-line.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** What the ranks get of this environment: everything that travels, or what the options name; then the rules, in order. */
export function jobEnvironment(options: EnvironmentOptions, environment: Environment): EnvironmentSpec {
  const { inherit = 'all', rules } = options
  const set: Record<string, string> = {}
  const copy = (accepts: (name: string) => boolean): void => {
    for (const [name, value] of Object.entries(environment)) if (value !== undefined && accepts(name)) set[name] = value
  }
  if (inherit === 'all') copy(travels)
  else if (inherit !== 'none') for (const pattern of inherit) copy(patternTest(pattern))
  for (const rule of rules) {
    if (rule.type === 'set') set[rule.name] = rule.value
    else copy(patternTest(rule.pattern))
  }
  return { clean: inherit !== 'all', set }
}

/** Names that -x, -genvlist and -envlist ask for and that are not set here, each once. */
export function unsetNames(all: readonly (EnvironmentOptions | undefined)[], environment: Environment): string[] {
  const named = all.flatMap((options) => [
    ...(typeof options?.inherit === 'object' ? options.inherit : []),
    ...(options?.rules ?? []).flatMap((rule) => (rule.type === 'copy' ? rule.pattern : [])),
  ])
  return [...new Set(named)].filter((name) => !name.includes('*') && environment[name] === undefined)
}

/**
 * What ranks of one program get where something is said of it alone (-x, -env): what is said of the whole job goes before its rules,
 * unless it says anew what is inherited (Hydra: -envlist over -genvlist).
 */
export function ownEnvironment(
  job: EnvironmentOptions,
  own: EnvironmentOptions,
  environment: Environment,
): NonNullable<ProgramSpec['environment']> {
  const clean = (job.inherit ?? 'all') !== 'all'
  if (own.inherit !== undefined) {
    return { ...jobEnvironment({ ...own, rules: [...job.rules, ...own.rules] }, environment), over: 'node' }
  }
  return { set: jobEnvironment({ inherit: 'none', rules: own.rules }, environment).set, clean, over: 'job' }
}

function patternTest(pattern: string): (name: string) => boolean {
  const parts = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
  const expression = new RegExp(`^${parts.join('.*')}$`)
  return (name) => expression.test(name)
}
