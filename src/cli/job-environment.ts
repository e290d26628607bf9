import { type EnvironmentSpec } from '../wire/control-messages.ts'
import { travels } from '../wire/environment.ts'
import type { EnvironmentOptions } from './command-line.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** What the ranks get of this environment: everything that travels, unless --clean-env; then what -x and -genv name, in order. */
export function jobEnvironment(options: EnvironmentOptions, environment: Environment): EnvironmentSpec {
  const set: Record<string, string> = {}
  const copy = (accepts: (name: string) => boolean): void => {
    for (const [name, value] of Object.entries(environment)) if (value !== undefined && accepts(name)) set[name] = value
  }
  if (!options.clean) copy(travels)
  for (const rule of options.rules) {
    if (rule.type === 'set') set[rule.name] = rule.value
    else copy(patternTest(rule.pattern))
  }
  return { clean: options.clean, set }
}

function patternTest(pattern: string): (name: string) => boolean {
  const parts = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
  const expression = new RegExp(`^${parts.join('.*')}$`)
  return (name) => expression.test(name)
}
