/** One flag of Node with its value, where that is a word of its own (`--title x`). */
type Flag = readonly string[]

/** What says how one process begins, and nothing about programs: a debugger, or another program than the one that is to run. */
const OF_ONE_PROCESS =
  /^--?(inspect|debug|eval|print|check|interactive|run|watch|test|completion|e$|p$|pe$|c$|i$|v$|h$)/
/** What runs before a program, in its thread. */
const PRELOADS = /^(-r|--require|--import|--loader|--experimental-loader)(=|$)/

/** The words of $NODE_OPTIONS, as Node cuts them: at spaces, but not within double quotes. */
export function nodeOptionWords(text: string | undefined): string[] {
  const words = (text ?? '').match(/(?:[^\s"]|"(?:\\.|[^"\\])*"?)+/g) ?? []
  return words.map((word) =>
    word.replace(/"((?:\\.|[^"\\])*)"?/g, (_, inside: string) => inside.replace(/\\(.)/g, '$1')),
  )
}

/** Flags for all nodes of a job, out of those with which this process was started: without what concerns this process alone. */
export function travellingFlags(words: readonly string[]): string[] {
  return select(words, ([name = '']) => !OF_ONE_PROCESS.test(name))
}

/** Flags for the process of an agent: all but modules that are loaded before a program, which is for the ranks' threads. */
export function agentFlags(words: readonly string[]): string[] {
  return select(words, ([name = '']) => !PRELOADS.test(name))
}

/** Without the flags that `refused` names; `words` may have any others. */
export function withoutFlags(words: readonly string[], refused: readonly string[]): string[] {
  return select(words, ([name = '']) => !refused.includes(name))
}

/** The value of the last `--name=value` among the words, as a number. */
export function numberFlag(words: readonly string[], name: string): number | undefined {
  const pattern = new RegExp(`^--${name.replaceAll('-', '[-_]')}=(\\d+)$`)
  const value = words.map((word) => pattern.exec(word)?.[1]).findLast((each) => each !== undefined)
  return value === undefined ? undefined : Number(value)
}

function select(words: readonly string[], accepts: (flag: Flag) => boolean): string[] {
  const flags: string[][] = []
  for (const word of words) {
    const last = flags.at(-1)
    if (word.startsWith('-') || last === undefined) flags.push([word])
    else last.push(word)
  }
  return flags.filter(accepts).flat()
}
