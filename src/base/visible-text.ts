/**
 * What a terminal obeys instead of showing it: control characters (C0, DEL, C1), two line ends of Unicode, and marks that turn the direction
 * of the text around them.
 */
const OBEYED = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu

/**
 * A text of somebody else (an error, a table) as it may stand in a message of ours: what a terminal would obey is spelled out (`\x1b`),
 * newlines and tabs stay.
 */
export function visibleText(text: string): string {
  return text.replace(OBEYED, (letter) => (letter === '\n' || letter === '\t' ? letter : spelledOut(letter)))
}

/** The same for a name, a path or a sentence that is to stay on its line: newlines and tabs are spelled out, too. */
export function visibleLine(text: string): string {
  return text.replace(OBEYED, spelledOut)
}

/** A name or a path in a message: in quotes, on one line, whole. */
export function inQuotes(text: string): string {
  return visibleLine(JSON.stringify(text))
}

const NAMES: Readonly<Record<string, string>> = { '\n': '\\n', '\t': '\\t', '\r': '\\r' }

function spelledOut(letter: string): string {
  const code = letter.charCodeAt(0)
  return NAMES[letter] ?? (code < 0x100 ? `\\x${hex(code, 2)}` : `\\u${hex(code, 4)}`)
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0')
}
