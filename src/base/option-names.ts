import { nearestSpelling } from './nearest-spelling.ts'

/**
 * What is wrong with the names of options, in words; null: nothing. A name that looks like one of `known`, misspelt, or names none of which is known
 * would be passed over without a word. Other names beside known ones are the program's, which may keep more in one object.
 */
export function unknownOption(options: object, known: readonly string[]): string | null {
  const names = Object.keys(options)
  const unknown = names.filter((name) => !known.includes(name))
  for (const name of unknown) {
    const meant = nearestSpelling(
      name,
      known.filter((one) => !names.includes(one)),
    )
    if (meant === undefined && unknown.length < names.length) continue
    const guess = meant === undefined ? 'its' : `did you mean '${meant}'? Its`
    return `there is no option '${name}'; ${guess} options are ${known.join(', ')}`
  }
  return null
}
