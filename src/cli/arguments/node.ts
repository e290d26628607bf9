import { valueError } from './values.ts'
import { splitWords } from './words.ts'

/** The words of --node-args: flags of Node; a word without a dash is the value of the flag before it. Throws ERR_USAGE. */
export function nodeArgsValue(option: string, text: string): string[] {
  const words = splitWords(text, `the value of ${option}`)
  if (words[0]?.startsWith('-') === true) return words
  throw valueError(option, text, 'it must be flags of Node, such as "--max-old-space-size=8192"')
}
