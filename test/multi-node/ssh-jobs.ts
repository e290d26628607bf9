import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { processesWith } from '../support/processes.ts'
import { type JobRun, projectDir, type RunOptions, type StartedJob, startJob } from '../support/run-job.ts'
import { type HostKind, type SshHosts, startSshHosts, whyNoSshd } from '../support/sshd.ts'
import { skipHere } from '../support/skip-here.ts'

/** Path of a program of test/fixtures/multi-node. */
export function fixture(name: string): string {
  return join(projectDir, 'test', 'fixtures', 'multi-node', name)
}

/** What the fixtures print: one JSON object in a line. */
export interface RankLine {
  readonly rank: number
  readonly size: number
  readonly nodeId: number
  /** n1 … for a rank that sshd started, 'here' otherwise. */
  readonly host: string
  /** Of the agent. */
  readonly pid: number
  readonly args: readonly string[]
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
}

/** The lines of all ranks, sorted by rank. */
export function rankLines(stdout: string): RankLine[] {
  return stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as RankLine)
    .toSorted((left, right) => left.rank - right.rank)
}

/** `rank@host` of each rank, in the order of the ranks. */
export function whereRanksRan(stdout: string): string {
  return rankLines(stdout)
    .map(({ rank, host }) => `${rank}@${host}`)
    .join(' ')
}

/** Jobs over the hosts of an sshd of their own. */
export class SshJobs {
  readonly hosts: SshHosts
  readonly #port: string

  constructor(hosts: SshHosts) {
    this.hosts = hosts
    this.#port = /^ *Port (\d+)$/m.exec(readFileSync(hosts.sshConfigPath, 'utf8'))?.[1] ?? '?'
  }

  start(args: readonly string[], options: RunOptions = {}): StartedJob {
    return startJob(['--launcher-args', this.hosts.launcherArgs.join(' '), ...args], options)
  }

  run(args: readonly string[], options: RunOptions = {}): Promise<JobRun> {
    return this.start(args, options).result
  }

  /** The ssh that jobs have started. */
  sshProcesses(host = ''): number[] {
    return processesWith(this.hosts.sshConfigPath).filter((pid) => {
      const words = commandLine(pid)
      return words[0]?.endsWith('ssh') === true && (host === '' || words.includes(host))
    })
  }

  /** The agents, and what their ranks have started: sshd tells them in $SSH_CONNECTION where they came in. */
  agentProcesses(): number[] {
    return processesWith('SSH_CONNECTION=').filter((pid) =>
      new RegExp(`SSH_CONNECTION=\\S+ \\d+ 127\\.0\\.0\\.\\d+ ${this.#port}(\\0|$)`).test(environment(pid)),
    )
  }

  allProcesses(): number[] {
    return [...this.sshProcesses(), ...this.agentProcesses()]
  }
}

/** Starts an sshd with hosts of these kinds before the tests of a suite; skips them where there is none. Call it within describe(). */
export function useSshJobs(kinds: readonly HostKind[]): () => SshJobs {
  let jobs: SshJobs | undefined
  before(async function () {
    const missing = whyNoSshd()
    if (missing !== undefined) skipHere(this, `${missing}; install it with: apt-get install openssh-server`)
    jobs = new SshJobs(await startSshHosts(kinds))
  })
  after(() => jobs?.hosts.stop())
  return () => {
    if (jobs === undefined) throw new Error('sshd is not started yet')
    return jobs
  }
}

export function isAlive(pid: number): boolean {
  // A zombie has ended; only its parent has not looked yet.
  return /\) [^Z]/.test(readProc(pid, 'stat'))
}

function commandLine(pid: number): string[] {
  return readProc(pid, 'cmdline').split('\0')
}

function environment(pid: number): string {
  return readProc(pid, 'environ')
}

/** TCP ports on which a process listens. */
export function listeningPorts(pid: number): number[] {
  const sockets = new Set(socketsOf(pid))
  const rows = ['net/tcp', 'net/tcp6'].flatMap((name) => readProc(pid, name).split('\n').slice(1))
  const ports = rows.flatMap((row) => {
    // proc(5): sl local_address rem_address st … uid timeout inode; 0A is LISTEN.
    const columns = row.trim().split(/\s+/)
    const isListening = columns[3] === '0A' && sockets.has(columns[9] ?? '')
    return isListening ? [Number.parseInt(columns[1]?.split(':')[1] ?? '', 16)] : []
  })
  return [...new Set(ports)]
}

function socketsOf(pid: number): string[] {
  return openFiles(pid).flatMap((fd) => {
    try {
      return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? []
    } catch {
      return []
    }
  })
}

/** None of a process that has ended. */
function openFiles(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`)
  } catch {
    return []
  }
}

function readProc(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'latin1')
  } catch {
    return ''
  }
}
