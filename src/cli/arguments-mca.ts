import { textValue, valueError } from './arguments-values.ts'
import { splitWords } from './arguments-words.ts'
import type { LauncherChoice } from './command-line.ts'

/** What a parameter of Open MPI sets. */
interface McaEffect {
  readonly launcher?: LauncherChoice
  readonly launcherArgs?: readonly string[]
  readonly interface?: string
  readonly ignoredMcaKeys?: readonly string[]
}

/** Open MPI's parameters that have a meaning here; others join `ignored`. Throws ERR_USAGE (exit status 2). */
export function mcaEffect(option: string, key: string, value: string, ignored: readonly string[]): McaEffect {
  switch (key) {
    case 'plm_rsh_agent':
    case 'plm_ssh_agent':
      return agentEffect(option, value)
    case 'plm_rsh_args':
    case 'plm_ssh_args':
      return { launcherArgs: splitWords(value, `the value of ${option}`) }
    case 'btl_tcp_if_include':
    case 'oob_tcp_if_include':
      return { interface: textValue(option, value.split(',', 1)[0] ?? '') }
    default:
      return { ignoredMcaKeys: ignored.includes(key) ? ignored : [...ignored, key] }
  }
}

/** Open MPI takes alternatives (`ssh -x : rsh`), for where one is not installed; the first is taken here. */
function agentEffect(option: string, value: string): McaEffect {
  const [command, ...args] = splitWords(value.split(' : ', 1)[0] ?? '', `the value of ${option}`)
  if (command === undefined) throw valueError(option, value, 'it must name a program')
  const launcher: LauncherChoice = command === 'ssh' ? { type: 'ssh' } : { type: 'command', command }
  return args.length === 0 ? { launcher } : { launcher, launcherArgs: args }
}
