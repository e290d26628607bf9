import { usageError, valueError } from './values.ts'
import type { EnvironmentOptions, EnvironmentRule } from './command-line.ts'

/** `NAME`, `NAME=VALUE` or `PRE*`, the value of -x. Throws ERR_USAGE (exit status 2). */
export function exportRule(option: string, text: string): EnvironmentRule {
  const equals = text.indexOf('=')
  if (equals >= 0) return environmentRule(option, text.slice(0, equals), text.slice(equals + 1))
  if (text === '' || /[\s\0]/.test(text)) {
    throw valueError(option, text, 'it must be NAME, NAME=VALUE or a pattern such as PBS_*')
  }
  return { type: 'copy', pattern: text }
}

/** `A,B`, the value of -genvlist: these variables and no others. Throws ERR_USAGE (exit status 2). */
export function inheritOnly(before: EnvironmentOptions | undefined, option: string, text: string): EnvironmentOptions {
  const names = text.split(',').map((name) => name.trim())
  for (const name of names) {
    if (name.includes('='))
      throw valueError(option, text, 'it must be names, such as HOME,LANG. For a value use -x NAME=VALUE')
    exportRule(option, name)
  }
  const earlier = before?.inherit
  return withInherit(before, typeof earlier === 'object' ? [...earlier, ...names] : names)
}

export function withInherit(
  before: EnvironmentOptions | undefined,
  inherit: NonNullable<EnvironmentOptions['inherit']>,
): EnvironmentOptions {
  return { rules: [], ...before, inherit }
}

export function withRule(before: EnvironmentOptions | undefined, rule: EnvironmentRule): EnvironmentOptions {
  return { ...before, rules: [...(before?.rules ?? []), rule] }
}

/** The words of -genv and -env: `NAME VALUE` or `NAME=VALUE`. Throws ERR_USAGE (exit status 2). */
export function assignment(option: string, words: readonly string[]): EnvironmentRule {
  const [name = '', value] = words
  return value === undefined ? exportRule(option, name) : environmentRule(option, name, value)
}

function environmentRule(option: string, name: string, value: string): EnvironmentRule {
  if (name === '' || /[\s=*\0]/.test(name)) throw valueError(option, name, 'it must begin with the name of a variable')
  if (value.includes('\0')) throw usageError(`Cannot set ${name} by ${option}: its value has a zero byte. Remove it.`)
  return { type: 'set', name, value }
}
