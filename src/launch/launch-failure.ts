import { NOT_CONNECTED_STATUS } from '../agent/agent-config.ts'
import { ExitStatus, MpirunError } from '../base/errors.ts'
import { NO_AGENT_FILE_STATUS } from './agent-file.ts'
import { NODE_TOO_OLD_STATUS } from './agent-input.ts'
import type { LaunchMeans } from './launch-means.ts'

/** All that is known of an agent that did not come up. */
export interface LaunchAttempt {
  readonly nodeName: string
  /** Program that was to start it, 'ssh' as a rule. */
  readonly program: string
  /** How Node is called there. */
  readonly nodePath: string
  readonly outcome:
    | { readonly type: 'notStarted'; readonly code: string; readonly message: string }
    /** The file in the home folder that brings the agent. */
    | { readonly type: 'notWritten'; readonly message: string }
    | { readonly type: 'ended'; readonly status: number | null; readonly signal: string | null }
    /** `hasBegun`: the launching program has been started. */
    | { readonly type: 'timeout'; readonly seconds: number; readonly hasBegun: boolean }
  /** The last lines of the program's stderr: ssh's own, the login shell's and the agent's. */
  readonly stderrLines: readonly string[]
  readonly means: LaunchMeans['type']
  /** The program of --launcher or $MPIRUN_TS_LAUNCHER as the user wrote it; absent where it is ssh by itself. */
  readonly chosenProgram?: string
}

interface Cause {
  /** Finds the line of stderr that gives this cause away. */
  readonly line: (line: string, attempt: LaunchAttempt) => boolean
  /** What went wrong; default: the line itself. */
  readonly why?: (line: string, attempt: LaunchAttempt) => string
  readonly advice: (attempt: LaunchAttempt) => string
}

/** Lines that say nothing about a failure. */
const NOISE =
  /^\s*$|^\s*\^|^debug\d: |^Warning: Permanently added |^Pseudo-terminal |^Debugger listening on |^For help, see: https:\/\/nodejs\.org|^Killed by signal |^Node\.js v\d|^\s+at |^srun: cluster configuration lacks support for cpu binding/
/** What ssh says when the server has closed the connection before the login: as a rule because of too many at once (MaxStartups). */
const DROPPED =
  /kex_exchange_identification|ssh_exchange_identification|banner exchange|exceeded maxstartups|not allowed at this time|^connection (closed|reset) by /i
/** The coordinator has taken the connection, but was not done with it: no firewall is in the way. */
const BUSY = /\(busy: /
const CALL_BACK = /Cannot open the channel "control:\d+": (.+)$/
const KEY_CHANGED = /identification has changed|host key for .* has changed|possible dns spoofing/i
/** ssh says in which file and line the key is that it knows. */
const OFFENDING_KEY = /^Offending .*key (?:for IP )?in (\S+:\d+)/i
const BAD_FLAG = /: bad option: (\S+)/
/** Of V8, which ends the process where one call of a rank takes a large part of the heap. */
const HEAP_FULL = /FATAL ERROR: .*heap out of memory/
const NOT_FORWARDED = /remote port forwarding failed/i
const CANNOT_LISTEN = /^Cannot listen: none of the ports /
const TOO_OLD = /(node \S+ at .* is too old)/
const NOT_FOUND = /not found|no such file or directory|unknown command/i
const NOT_EXECUTABLE = /permission denied|cannot execute|exec format error|not an executable/i

const SAID_BY_AGENT = new RegExp([CALL_BACK, CANNOT_LISTEN, TOO_OLD, BAD_FLAG].map(({ source }) => source).join('|'))
/** Statuses with which an agent ends that has no luck. */
const OF_AGENT: ReadonlySet<number> = new Set([NODE_TOO_OLD_STATUS, NOT_CONNECTED_STATUS])

/** What keeps any program from being started, by the code of the system's error. */
const LIMITS: Readonly<Record<string, { readonly why: string; readonly advice: string }>> = {
  EMFILE: {
    why: 'this process has as many open files as its limit allows',
    advice: 'Raise the limit (ulimit -n), or use fewer nodes or ranks.',
  },
  ENFILE: { why: 'this machine has as many open files as it allows', advice: 'Ask its administrator (fs.file-max).' },
  EAGAIN: {
    why: 'you have as many processes and threads as your limit allows',
    advice: 'Raise the limit (ulimit -u), or use fewer ranks on this machine.',
  },
  ENOMEM: {
    why: 'this machine gives the job no more memory',
    advice: 'Raise the limit of memory (ulimit -v), or use fewer ranks on this machine.',
  },
}

/** In the order in which they are looked for: what the agent says before what ssh and the shells say. */
const CAUSES: readonly Cause[] = [
  {
    line: (line) => TOO_OLD.test(line),
    why: (line) => TOO_OLD.exec(line)?.[1] ?? line,
    advice: () => 'mpirun-ts needs Node 20.19 or later on every node; name one with --node PATH.',
  },
  {
    line: (line) => CALL_BACK.test(line) && BUSY.test(line),
    why: (line) => `it runs there, but was not let in in time: ${CALL_BACK.exec(line)?.[1] ?? line}`,
    advice: () =>
      'Give the start more time with --launch-timeout S, or let fewer nodes start at a time with --launch-concurrency N.',
  },
  {
    line: (line) => CALL_BACK.test(line),
    why: (line) => `it runs there, but cannot reach this machine: ${CALL_BACK.exec(line)?.[1] ?? line}`,
    advice: () =>
      'Open this port in the firewall between them (--port-range A-B names ports that are open), choose the address of this machine that nodes ' +
      'can reach with --interface, or let them come back through ssh with --tunnel.',
  },
  {
    line: (line) => BAD_FLAG.test(line),
    why: (line) => `Node there does not know the flag ${BAD_FLAG.exec(line)?.[1] ?? line}`,
    advice: () => 'It comes from --node-args or NODE_OPTIONS; leave it out, or name a newer Node with --node PATH.',
  },
  {
    line: (line) => NOT_FORWARDED.test(line),
    advice: () =>
      'Its ssh server does not let Unix sockets be forwarded (AllowStreamLocalForwarding, DisableForwarding and AllowTcpForwarding in sshd_config), ' +
      'which --tunnel needs.',
  },
  {
    line: (line) => CANNOT_LISTEN.test(line),
    advice: () => 'Other jobs may have them; name ports that are free and open on all machines.',
  },
  saidBySsh(
    /could not resolve hostname|name or service not known/i,
    () => 'Check the spelling of the name, and that this machine can resolve it.',
  ),
  saidBySsh(
    /connection refused/i,
    () => 'Check that an ssh server runs there; port=N in the hostfile names another port.',
  ),
  saidBySsh(
    /(connection|operation) timed out|no route to host|network is unreachable|host is down/i,
    () => 'Check that the node is up and that this machine can reach it.',
  ),
  {
    line: (line) => KEY_CHANGED.test(line),
    why: (_, { stderrLines }) => {
      const places = stderrLines.flatMap((line) => OFFENDING_KEY.exec(line)?.[1] ?? [])
      return `its host key is not the one that ssh knows${places.length === 0 ? '' : ` (${places.join(', ')})`}`
    },
    advice: ({ nodeName }) =>
      `Where the node was installed anew or its name given to another machine, forget the old key ("ssh-keygen -R ${nodeName}") and log in once by hand, "ssh ${nodeName}", to accept the new one. Otherwise ask its administrator before you do: another machine may pretend to be that node.`,
  },
  saidBySsh(
    /host key verification failed/i,
    ({ nodeName }) => `Log in once by hand, "ssh ${nodeName}", to see and accept its key.`,
  ),
  saidBySsh(
    /permission denied \(|too many authentication failures/i,
    ({ nodeName }) =>
      `Set up a key that asks for no password ("ssh-copy-id ${nodeName}"); "ssh -o BatchMode=yes ${nodeName} true" has to work.`,
  ),
  saidBySsh(
    new RegExp(`${DROPPED.source}|connection (closed|reset) by|broken pipe`, 'i'),
    () =>
      'Its ssh server may limit simultaneous logins (MaxStartups in sshd_config) or allow none from here. Give the start more time with ' +
      '--launch-timeout S, or let fewer nodes start at a time with --launch-concurrency N.',
  ),
  saidBySsh(
    /bad configuration option|unknown option|illegal option|usage: ssh|bad port/i,
    () => 'Check --launcher-args and ~/.ssh/config.',
  ),
  saidByShell(
    NOT_FOUND,
    ({ nodePath }) =>
      `Install Node there, or name it with --node PATH: a login shell that is not interactive does not find "${nodePath}".`,
  ),
  saidByShell(NOT_EXECUTABLE, () => 'Name another one with --node PATH.'),
]

/** An agent that did not come up. */
export class LaunchFailure extends MpirunError {
  /** Another means would not bring it up either: it ran and had no luck, or the time is over. */
  readonly isFinal: boolean
  /** What went wrong on which node, without advice. */
  readonly reason: string

  constructor(message: string, reason: string, isFinal: boolean) {
    super('ERR_LAUNCH', message, { exitStatus: ExitStatus.nodeLost })
    this.isFinal = isFinal
    this.reason = reason
  }
}

/** One error that tells the user what failed, why, in the words of ssh where it has any, and what to do. */
export function launchFailure(attempt: LaunchAttempt): LaunchFailure {
  const { outcome, nodeName, stderrLines } = attempt
  const { why, advice } = explain(attempt)
  const hasRun = outcome.type === 'ended' && OF_AGENT.has(outcome.status ?? 0)
  const isFinal = outcome.type === 'timeout' || hasRun || stderrLines.some((line) => SAID_BY_AGENT.test(line))
  const message = `Cannot start the agent on node "${nodeName}": ${why}. ${advice}`
  return new LaunchFailure(message, `on node "${nodeName}" ${why}`, isFinal)
}

/** What a launching program said last, for messages: ` (ssh: "…")`, or nothing. */
export function lastWords(program: string, stderrLines: readonly string[]): string {
  if (stderrLines.some((line) => HEAP_FULL.test(line)))
    return ' (the JavaScript heap of a rank there has reached its limit; --node-args "--max-old-space-size=MB" gives each rank more)'
  const lines = stderrLines.filter((line) => !NOISE.test(line))
  const line = lines.findLast((each) => /^\w*Error\b.*: /.test(each)) ?? lines.at(-1)
  return line === undefined ? '' : ` (${program}: "${line.trim()}")`
}

/** The ssh server is there, but has not let the login begin; another try may go better. */
export function isDroppedLogin(stderrLines: readonly string[]): boolean {
  return stderrLines.some((line) => DROPPED.test(line))
}

function explain(attempt: LaunchAttempt): { why: string; advice: string } {
  const { outcome, program, stderrLines } = attempt
  if (outcome.type === 'notStarted') return explainMissingProgram(attempt, outcome)
  if (outcome.type === 'notWritten') {
    return {
      why: `the file that brings the agent cannot be written to your home folder (${outcome.message})`,
      advice: `Make room there, or start agents over ssh with --launcher ssh.`,
    }
  }
  if (outcome.type === 'timeout' && !outcome.hasBegun) {
    return {
      why: `its turn had not come within ${String(outcome.seconds)} s, for other nodes were still starting`,
      advice:
        'Give the start more time with --launch-timeout S, or let more nodes start at a time with --launch-concurrency N.',
    }
  }
  for (const cause of CAUSES) {
    const line = stderrLines.find((each) => cause.line(each, attempt))
    if (line === undefined) continue
    return { why: cause.why?.(line, attempt) ?? `${program} says "${line.trim()}"`, advice: cause.advice(attempt) }
  }
  const said = lastWords(program, stderrLines)
  if (outcome.type === 'timeout') {
    return {
      why: `no answer within ${String(outcome.seconds)} s${said}`,
      advice: `Check that "${byHand(attempt, 'true')}" works without questions; --launch-timeout S gives slow nodes more time.`,
    }
  }
  return { why: `${endOf(program, outcome)}${said}`, advice: adviceByStatus(attempt, outcome.status) }
}

const REFUSED: Readonly<Record<string, string>> = {
  EACCES: 'permission denied; is it executable?',
  ENOEXEC: 'it is not a program that this machine can run; does it begin with #!?',
}
const CHECK_LAUNCHER = 'Check the path of --launcher or $MPIRUN_TS_LAUNCHER; without it, agents are started by ssh.'
/** Of which package or setting a program that is missing comes. */
const INSTALL: Readonly<Record<LaunchMeans['type'], string>> = {
  ssh: 'Install it (openssh-client on Debian and Ubuntu, openssh-clients on Red Hat), or name another one with --launcher.',
  pbs: "Add the folder of PBS's commands to PATH ($PBS_EXEC/bin), or start agents over ssh with --launcher ssh.",
  slurm: "Add the folder of Slurm's commands to PATH, or start agents over ssh with --launcher ssh.",
  sge: "Add the folder of Grid Engine's commands to PATH ($SGE_ROOT/bin/$ARC), or start agents over ssh with --launcher ssh.",
  lsf: "Add the folder of LSF's commands to PATH ($LSF_BINDIR), or start agents over ssh with --launcher ssh.",
  command: CHECK_LAUNCHER,
}

function explainMissingProgram(
  { program, chosenProgram, means }: LaunchAttempt,
  outcome: { code: string; message: string },
): { why: string; advice: string } {
  const limit = LIMITS[outcome.code]
  if (limit !== undefined) return { why: `"${program}" cannot be started: ${limit.why}`, advice: limit.advice }
  if (outcome.code !== 'ENOENT') {
    return {
      why: `the program "${chosenProgram ?? program}" cannot be run (${REFUSED[outcome.code] ?? outcome.message})`,
      advice: chosenProgram === undefined ? 'Name another one with --launcher.' : CHECK_LAUNCHER,
    }
  }
  if (chosenProgram !== undefined)
    return { why: `there is no program "${chosenProgram}" on this machine`, advice: CHECK_LAUNCHER }
  return { why: `there is no program "${program}" on this machine`, advice: INSTALL[means] }
}

function endOf(program: string, outcome: { status: number | null; signal: string | null }): string {
  if (outcome.signal !== null) return `${program} was ended by ${outcome.signal} before the agent had called back`
  return `${program} ended with status ${String(outcome.status)} before the agent had called back`
}

function adviceByStatus(attempt: LaunchAttempt, status: number | null): string {
  const { nodePath, means } = attempt
  if (status === NODE_TOO_OLD_STATUS)
    return 'mpirun-ts needs Node 20.19 or later on every node; name one with --node PATH.'
  if (status === NOT_CONNECTED_STATUS) {
    return (
      'The agent runs there, but cannot reach this machine. Open its port in the firewall between them (--port-range A-B names ports that are open), ' +
      `or choose the address of this machine that nodes can reach with --interface${WORDS_OF_AGENT[means] ?? ''}.`
    )
  }
  if (status === NO_AGENT_FILE_STATUS)
    return 'The node does not see the files of your home folder here. Start agents over ssh with --launcher ssh.'
  if (means === 'pbs' && status === PBS_NO_HOST)
    return 'Most probably PBS does not know it as a host of this job: use names of $PBS_NODEFILE, or --launcher ssh.'
  if (status === 0 && BRINGS_STDIN.has(means))
    return 'Most probably it does not bring its standard input to the node, where Node reads the agent from it (kubectl exec needs -i for that).'
  if (status === 127 || status === 126 || (means === 'pbs' && status === PBS_NO_PROGRAM))
    return `"${nodePath}" cannot be run there; name Node with --node PATH.`
  const note = means === 'ssh' ? '; a start-up file of the login shell may end it early' : (WORDS_OF_AGENT[means] ?? '')
  return `Check that "${byHand(attempt, `${nodePath} --version`)}" prints a version${note}.`
}

/** Node ends with 0 where it is given nothing to run. */
const BRINGS_STDIN: ReadonlySet<LaunchMeans['type']> = new Set(['command', 'sge', 'lsf'])

/** Of pbs_tmrsh: the host is not of the job; there is no such program. */
const PBS_NO_HOST = 255
const PBS_NO_PROGRAM = 254

/** Where the words of an agent go that this process does not get. */
const WORDS_OF_AGENT: Partial<Record<LaunchMeans['type'], string>> = {
  pbs: '; what was said there is in the error file of the PBS job',
}

/** What the user can try. */
function byHand({ means, program, chosenProgram, nodeName }: LaunchAttempt, command: string): string {
  const called = chosenProgram ?? program
  if (means === 'slurm') return `${called} --overlap --nodes=1 --nodelist=${nodeName} ${command}`
  if (means === 'sge') return `${called} -inherit ${nodeName} ${command}`
  return `${called} ${nodeName} ${command}`
}

function saidBySsh(pattern: RegExp, advice: Cause['advice']): Cause {
  return { line: (line) => pattern.test(line), advice }
}

/** Shells name the program that they cannot run, each in its own words; other lines with such words are the user's start-up files'. */
function saidByShell(pattern: RegExp, advice: Cause['advice']): Cause {
  return { line: (line, { nodePath }) => line.includes(nodePath) && pattern.test(line), advice }
}
