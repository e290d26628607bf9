/** Lines that are wanted of a caller, besides those of this bundle, which stand above them. */
const MORE_LINES = 12

/**
 * An error of a task with the lines of its thread and, under them, those of the code that waits for it here. Other values as they are. Call it below the
 * program's code, or in an asynchronous function that the program awaits: V8 tells then who does.
 */
export function underCaller(thrown: unknown): unknown {
  const remoteStack = remoteStackOf(thrown)
  if (remoteStack === undefined) return thrown
  const lines = callerLines()
  if (lines.length === 0) return thrown
  Object.defineProperty(thrown, 'stack', {
    value: [remoteStack, ...lines].join('\n'),
    enumerable: false,
    configurable: true,
    writable: true,
  })
  return thrown
}

function remoteStackOf(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error) || !('remoteStack' in thrown)) return undefined
  return typeof thrown.remoteStack === 'string' ? thrown.remoteStack : undefined
}

function callerLines(): string[] {
  const holder: { stack?: unknown } = {}
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = stackTraceLimit + MORE_LINES
  Error.captureStackTrace(holder, underCaller)
  Error.stackTraceLimit = stackTraceLimit
  // A program may have its own idea of what a stack is.
  if (typeof holder.stack !== 'string') return []
  const lines = holder.stack.split('\n').filter((line) => /^\s+at /.test(line))
  const own = placeOf(lines[0])
  const others = lines.filter((line) => {
    const place = placeOf(line)
    return place !== own && !place.startsWith('node:') && !/\/mpirun-ts\/dist\/index\.c?js$/.test(place)
  })
  // In a bundle of the program all is one file.
  return (others.length > 0 ? others : lines).slice(0, stackTraceLimit)
}

/** File of a line such as '    at name (file:///folder/file.js:1:2)'. */
function placeOf(line = ''): string {
  return /(?:\(|at (?:async )?)([^()]+?)(?::\d+)?(?::\d+)?\)?$/.exec(line)?.[1] ?? ''
}
