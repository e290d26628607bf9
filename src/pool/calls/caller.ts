import { pathToFileURL } from 'node:url'

/** URL of the nearest code on the stack that is not this bundle's; undefined where there is none. */
export function callerUrl(): string | undefined {
  const prepare = Object.getOwnPropertyDescriptor(Error, 'prepareStackTrace')
  try {
    Error.prepareStackTrace = (_error, sites) => sites.map((site) => site.getFileName())
    const holder: { stack?: unknown } = {}
    Error.captureStackTrace(holder, callerUrl)
    const files = (holder.stack as (string | null | undefined)[]).filter((file) => typeof file === 'string')
    const [own] = files
    const caller = files.find((file) => file !== own && !file.startsWith('node:') && !isOwnEntry(file))
    if (caller === undefined) return undefined
    return caller.startsWith('file:') ? caller : pathToFileURL(caller).href
  } finally {
    if (prepare === undefined) delete (Error as { prepareStackTrace?: unknown }).prepareStackTrace
    else Object.defineProperty(Error, 'prepareStackTrace', prepare)
  }
}

/** index.js and index.cjs of this package, which hand `new Pool` on. */
function isOwnEntry(file: string): boolean {
  return /\/mpirun-ts\/dist\/index\.c?js$/.test(file)
}
