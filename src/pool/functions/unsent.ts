import { fileURLToPath } from 'node:url'

/** Where a function is exported that all the same cannot be loaded there, or undefined. */
export type ExportedBy = { readonly url: string; readonly path: string } | undefined

/** A function that cannot travel as text: the variable, and the ways out that fit. */
export function unsentError(name: string, variables: readonly string[], exportedBy: ExportedBy): TypeError {
  const what = name === '' ? 'the function' : name
  const [first = '', ...others] = variables
  const also =
    others.length === 0
      ? ''
      : ` (nor ${others.length === 1 ? 'is' : 'are'} ${others.slice(0, 5).map(quoted).join(', ')})`
  return new TypeError(`${what} uses ${quoted(first)}, which is not sent with it${also}: ${waysOut(what, exportedBy)}`)
}

/** Ways out for the function `what`. */
export function waysOut(what: string, exportedBy: ExportedBy): string {
  const alone = `pass it as an argument, define it inside of ${what}`
  if (exportedBy === undefined) {
    return `${alone}, or let the threads load ${what} from its module: export it, use task(import.meta, { … }) or './file.js#name' (the main file then needs the guard \`if (Pool.isMain)\`)`
  }
  const file = exportedBy.url.startsWith('file:') ? fileURLToPath(exportedBy.url) : exportedBy.url
  return `${alone}, or put the guard \`if (Pool.isMain)\` around the part of ${file} that makes the pool: then the threads load the file, and ${what} has all that it uses`
}

function quoted(word: string): string {
  return `'${word}'`
}
