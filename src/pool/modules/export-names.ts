/*
 * Reads of an ES module's text under which names it exports a variable. V8 has compiled the text, so it is well-formed; a name that is wrong all
 * the same, from a text in a string, is one that the thread does not find: an error, no wrong function.
 */

const COMMENT = /\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm

export function exportedNames(moduleText: string, variable: string): string[] {
  const text = moduleText.replace(COMMENT, '')
  const escaped = variable.replaceAll('$', '\\$')
  const word = `(?<![\\w$.])${escaped}(?![\\w$])`
  const names = listedNames(text, variable)
  const isDeclared =
    new RegExp(`\\bexport\\s+(?:async\\s+)?(?:function\\s*\\*?|class)\\s*${word}`).test(text) ||
    new RegExp(`\\bexport\\s+(?:const|let|var)\\s+${word}`).test(text) ||
    // const { f, g: h } = …, const [f] = …
    new RegExp(`\\bexport\\s+(?:const|let|var)\\s*[{[][^=]*${word}`).test(text)
  if (isDeclared) names.push(variable)
  if (new RegExp(`\\bexport\\s+default\\s+(?:(?:async\\s+)?function\\s*\\*?\\s*|class\\s+)?${word}`).test(text)) {
    names.push('default')
  }
  // const f = 1, g = 2
  if (names.length === 0 && new RegExp(`\\bexport\\s+(?:const|let|var)\\s[^;]*,\\s*${word}\\s*=`).test(text)) {
    names.push(variable)
  }
  return names
}

/** export { f, f as g, f as default }; not `export { f } from …`, whose names are another module's. */
function listedNames(text: string, variable: string): string[] {
  const names: string[] = []
  for (const [, list = ''] of text.matchAll(/\bexport\s*\{([^}]*)\}(?!\s*from\b)/g)) {
    for (const entry of list.split(',')) {
      const [local, exported = local] = entry.trim().split(/\s+as\s+/)
      if (local === variable && exported !== undefined) names.push(exported.replace(/^(['"])(.*)\1$/, '$2'))
    }
  }
  return names
}

/** Whether `export default` of a module means the function of its top level whose text is `source`: V8 does not show the value of an expression. */
export function isDefaultExport(text: string, source: string): boolean {
  const found = [...text.matchAll(/\bexport\s+default\b/g)].pop()
  if (found === undefined) return false
  const behind = found.index + found[0].length
  const name = /^\s*([\w$]+)\s*(?:;|\n|$)/.exec(text.slice(behind))?.[1]
  const begins = name === undefined ? [behind] : declarationsOf(text, name)
  return begins.some((begin) => text.slice(begin).replace(SPACE, '').startsWith(source))
}

/**
 * The name under which a module that a test runner has rewritten exports its function `name`, whose text is `source`: by a getter (vitest), or as a property
 * of `exports` (jest).
 */
export function rewrittenName(text: string, name: string, source: string): string | undefined {
  if (!declarationsOf(text, name).some((begin) => text.slice(begin).replace(SPACE, '').startsWith(source)))
    return undefined
  const word = name.replaceAll('$', '\\$')
  const getter = new RegExp(
    `(?:defineProperty\\(\\s*\\w+,|exportName\\w*\\()\\s*["'](\\w+)["'],[^}"']*?\\breturn ${word}\\b`,
  )
  const property = new RegExp(`\\bexports\\.(\\w+) = (?:exports\\.\\w+ = )*${word}\\s*;`)
  return getter.exec(text)?.[1] ?? property.exec(text)?.[1]
}

const SPACE = /^(?:\s|\/\*[\s\S]*?\*\/)+/

/** Where functions of that name begin, and where values of variables do. */
function declarationsOf(text: string, name: string): number[] {
  const word = name.replaceAll('$', '\\$')
  const values = new RegExp(`\\b(?:var|let|const)\\s+${word}\\s*=`, 'g')
  const functions = new RegExp(`(?:\\basync\\s+)?\\bfunction\\s*\\*?\\s*${word}\\s*\\(`, 'g')
  return [
    ...[...text.matchAll(values)].map(({ index, 0: matched }) => index + matched.length),
    ...[...text.matchAll(functions)].map(({ index }) => index),
  ]
}
