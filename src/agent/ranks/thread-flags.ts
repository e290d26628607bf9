import { Worker } from 'node:worker_threads'
import { ExitStatus, MpirunError } from '../../base/errors.ts'
import { agentFlags, nodeOptionWords, numberFlag, withoutFlags } from '../../base/node-flags.ts'

/** Node's way of calling flags that threads do not take; a flag of which it knows nothing is always among them. */
const REFUSAL = /invalid execArgv flags: (.*)$/
const UNKNOWN = '--mpirun-ts'
/** Flags of V8 among those that $NODE_OPTIONS takes. V8 obeys them at any time; what is not V8's Node obeys when it starts, or never. */
const OF_V8 =
  /^--(no-)?(abort-on|disallow-code|enable-etw|expose-gc|huge-max|interpreted-frames|jitless|max-(old|semi|heap|lazy)|perf-|stack-)/
/** Of a thread, as Node has it; beyond it lies what Node keeps for itself. */
const STACK_MB = 4

/** How a thread of a rank is to be started, so that flags of Node hold for it as they would for a process. */
export interface ThreadFlags {
  readonly execArgv: readonly string[]
  readonly stackSizeMb?: number
  /** Addresses for machine code; absent: 512. */
  readonly codeRangeSizeMb?: number
  /** --max-old-space-size, in MB; absent: Node's own limit. */
  readonly heapLimitMb?: number
}

/**
 * Flags of V8 are one setting for the whole process: they are set here, for all threads that start from now on, unless Node has started with them.
 * Others are handed to the thread. Throws ERR_USAGE for those that neither can be given to.
 */
export function threadFlags(words: readonly string[]): ThreadFlags {
  if (words.length === 0) return { execArgv: [] }
  const refused = refusedByThreads(words)
  const ownWords = [...process.execArgv, ...nodeOptionWords(process.env['NODE_OPTIONS'])]
  const missing = refused.filter((flag) => !ownWords.includes(flag) && agentFlags(words).includes(flag))
  const late = missing.find((flag) => process.allowedNodeEnvironmentFlags.has(flag) && !OF_V8.test(flag))
  if (late !== undefined) throw tooLate(late)
  if (missing.length > 0) {
    const { setFlagsFromString } = process.getBuiltinModule('node:v8')
    for (const flag of missing) setFlagsFromString(flag)
  }
  const stackKb = numberFlag(words, 'stack-size')
  const heapLimitMb = numberFlag(words, 'max-old-space-size') ?? numberFlag(ownWords, 'max-old-space-size')
  return {
    execArgv: withoutFlags(words, refused),
    ...(stackKb === undefined ? {} : { stackSizeMb: Math.max(STACK_MB, Math.ceil(stackKb / 1024) + 1) }),
    ...(heapLimitMb === undefined ? {} : { heapLimitMb }),
  }
}

/** Node says which flags it does not take for a thread, before it starts one. */
function refusedByThreads(words: readonly string[]): string[] {
  try {
    new Worker('', { eval: true, execArgv: [...words, UNKNOWN] })
  } catch (error) {
    const list = REFUSAL.exec(error instanceof Error ? error.message : '')?.[1]?.split(', ')
    if (list !== undefined) return list.filter((flag) => flag !== UNKNOWN)
    throw error
  }
  throw new Error(`Node takes ${UNKNOWN} for a flag of threads`)
}

function tooLate(flag: string): MpirunError {
  return new MpirunError(
    'ERR_USAGE',
    `${flag} is a flag that Node obeys only when it starts, and on this machine it runs already. ` +
      `Give it by the environment instead: NODE_OPTIONS="${flag}" mpirun-ts ...; it reaches the other nodes, too.`,
    { exitStatus: ExitStatus.usage },
  )
}
