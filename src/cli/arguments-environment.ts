import { usageError, valueError } from './arguments-values.ts'
import type { EnvironmentRule } from './command-line.ts'

/** `NAME`, `NAME=VALUE` or `PRE*`, the value of -x. Throws ERR_USAGE (exit status 2). */
export function exportRule(option: string, text: string): EnvironmentRule {
  const equals = text.indexOf('=')
  if (equals >= 0) return environmentRule(option, text.slice(0, equals), text.slice(equals + 1))
  if (text === '' || /[\s\0]/.test(text)) {
    throw valueError(option, text, 'it must be NAME, NAME=VALUE or a pattern such as PBS_*')
  }
  return { type: 'copy', pattern: text }
}

/** `A,B`, the value of -genvlist. Throws ERR_USAGE (exit status 2). */
export function exportRules(option: string, text: string): EnvironmentRule[] {
  return text.split(',').map((name) => {
    if (name.includes('='))
      throw valueError(option, text, 'it must be names, such as HOME,LANG. For a value use -x NAME=VALUE')
    return exportRule(option, name.trim())
  })
}

/** A variable and its value, as -genv has them. Throws ERR_USAGE (exit status 2). */
export function environmentRule(option: string, name: string, value: string): EnvironmentRule {
  if (name === '' || /[\s=*\0]/.test(name)) throw valueError(option, name, 'it must begin with the name of a variable')
  if (value.includes('\0')) throw usageError(`Cannot set ${name} by ${option}: its value has a zero byte. Remove it.`)
  return { type: 'set', name, value }
}
