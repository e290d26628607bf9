import { usageError } from './values.ts'

/**
 * Cuts text into words as a shell does: blanks separate, '…' keeps all, "…" keeps all but \" and \\, a backslash keeps the next
 * letter. Nothing is expanded. `what` names the text for ERR_USAGE (exit status 2) when a quote is not closed.
 */
export function splitWords(text: string, what: string): string[] {
  const words: string[] = []
  let word: string | undefined
  let index = 0
  while (index < text.length) {
    const letter = text.charAt(index)
    if (letter === "'" || letter === '"') {
      const quoted = readQuoted(text, index, letter, what)
      word = (word ?? '') + quoted.text
      index = quoted.end
      continue
    }
    if (/\s/.test(letter)) {
      if (word !== undefined) words.push(word)
      word = undefined
    } else if (letter === '\\' && index + 1 < text.length) {
      word = (word ?? '') + text.charAt(++index)
    } else {
      word = (word ?? '') + letter
    }
    index++
  }
  if (word !== undefined) words.push(word)
  return words
}

/** The text within the quotes that begin at `start`, and the index after them. */
function readQuoted(text: string, start: number, mark: string, what: string): { text: string; end: number } {
  let inside = ''
  for (let index = start + 1; index < text.length; index++) {
    const letter = text.charAt(index)
    if (letter === mark) return { text: inside, end: index + 1 }
    const next = text.charAt(index + 1)
    if (mark === '"' && letter === '\\' && (next === '"' || next === '\\')) {
      inside += next
      index++
    } else {
      inside += letter
    }
  }
  throw usageError(
    `Cannot read ${what}: a quote (${mark}) is not closed. Close it, or write \\${mark} for the letter itself.`,
  )
}
