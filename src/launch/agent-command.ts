import { ExitStatus, MpirunError } from '../base/errors.ts'
import { SHUT_DEBUGGER } from '../base/shut-debugger.ts'

/** How Node is called on a node. */
export interface NodeCall {
  /** A name in PATH or a path, as the user gave it with --node; undefined: the means may choose. */
  readonly path?: string | undefined
  readonly flags: readonly string[]
}

/** Characters that are themselves in sh, bash, csh, fish and zsh, anywhere in a word. */
const PLAIN_WORD = /^[\w/.+,:@~=%-]+$/
/** The same, for words that may stand where `=` and `%` mean something: at the beginning. */
const PLAIN_PATH = /^[\w/.+,:@~-]+$/
/** What single quotes do not keep as it is in all of these shells: quotes; backslashes in fish; `!` in csh; and control characters. */
const NOT_QUOTABLE = /['\\!\p{Cc}]/u

/** The last word of the command line of an agent, by which people find it in lists of processes. */
const TITLE = 'mpirun-ts-agent'

/** Runs the text of an agent, in `text`, as `node -` would. */
export const RUN_TEXT =
  'new Function("require", "exports", "module", "__filename", "__dirname", text)(require, exports, module, __filename, __dirname)'

/**
 * What Node runs in an agent's process from its first line on: it reads the agent (agent-input.ts) from stdin, as `node -` would, but no signal can
 * open a debugger meanwhile. The login may be slow, and the agent is still being made.
 */
const READ_AGENT = `${SHUT_DEBUGGER} var text = ""; process.stdin.setEncoding("utf8").on("data", function (piece) { text += piece }).on("end", function () { ${RUN_TEXT} })`

/** Starts Node, $0, without its handler for SIGUSR1 where it knows how: what does not tells of a bad option within some milliseconds. */
const START_NODE =
  'trap "" USR1 USR2; f=--disable-sigusr1; "$0" $f -v >/dev/null 2>&1 || f=; text=$1; shift; exec "$0" $f "$@" -e "$text" mpirun-ts-agent'

/** The same where Node need not be in the same place as here: then it is the one in PATH. */
const START_SOME_NODE =
  'trap "" USR1 USR2; n=$0; command -v "$n" >/dev/null 2>&1 || n=node; f=--disable-sigusr1; "$n" $f -v >/dev/null 2>&1 || f=; text=$1; shift; exec "$n" $f "$@" -e "$text" mpirun-ts-agent'

/**
 * For programs that hand one string to the login shell of the node, which may be any; what it starts is a POSIX one. `exec`: no shell stays behind that
 * would have to be ended as well. The agent comes on stdin.
 * @throws MpirunError ERR_USAGE for a path or a flag that cannot be passed through every login shell.
 */
export function loginShellCommand({ path = 'node', flags }: NodeCall): string {
  if (path.startsWith('-') || path === '' || NOT_QUOTABLE.test(path)) {
    throw usageError(
      `--node ${JSON.stringify(path)} cannot be passed through every login shell. ` +
        'Give a path without quotes, backslashes and exclamation marks that does not begin with "-".',
    )
  }
  const bad = flags.find((flag) => NOT_QUOTABLE.test(flag))
  if (bad !== undefined) throw badFlag(bad, 'without quotes, backslashes and exclamation marks')
  const words = [shellWord(path), `'${READ_AGENT}'`, ...flags.map((flag) => shellWord(flag))]
  return `exec /bin/sh -c '${START_NODE}' ${words.join(' ')}`
}

/** For programs that hand their words on as they are, without a shell. `text`: what Node runs there. */
export function exactWords({ path, flags }: NodeCall, text: string): string[] {
  const start = path === undefined ? START_SOME_NODE : START_NODE
  return ['/bin/sh', '-c', start, path ?? process.execPath, text, ...flags]
}

/**
 * For programs of which it is not known whether a shell on the node reads their words once more, as `kubectl exec POD -- sh -c "$*"` has it: words that mean
 * the same either way. Without flags it is one word, for programs that take the last one for the command. Node reads the agent from stdin by itself.
 * @throws MpirunError ERR_USAGE for a path or a flag that would not.
 */
export function plainWords({ path = 'node', flags }: NodeCall): string[] {
  if (path.startsWith('-') || !PLAIN_PATH.test(path)) {
    throw usageError(
      `--node ${JSON.stringify(path)} cannot be passed through the shells of this launcher. Give a path of letters, digits and "/._+-".`,
    )
  }
  const bad = flags.find((flag) => !PLAIN_WORD.test(flag))
  if (bad !== undefined) throw badFlag(bad, 'of letters, digits and "/._+,:=-" alone')
  return [path, ...flags]
}

/** The same for a scheduler's program, of which lists of processes show what it has started. */
export function plainNamedWords(node: NodeCall): string[] {
  return [...plainWords(node), '-', TITLE]
}

/** For an agent of this machine, without a shell between. */
export function wordsHere(flags: readonly string[]): string[] {
  const deaf = process.allowedNodeEnvironmentFlags.has('--disable-sigusr1') ? ['--disable-sigusr1'] : []
  return [...deaf, ...flags, '-e', READ_AGENT, TITLE]
}

function shellWord(text: string): string {
  return PLAIN_PATH.test(text) ? text : `'${text}'`
}

function badFlag(flag: string, how: string): MpirunError {
  return usageError(
    `The flag ${JSON.stringify(flag)} of Node (from --node-args or NODE_OPTIONS) cannot be passed through every login shell. Give it ${how}.`,
  )
}

function usageError(message: string): MpirunError {
  return new MpirunError('ERR_USAGE', message, { exitStatus: ExitStatus.usage })
}
