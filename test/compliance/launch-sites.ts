import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { useSshJobs } from '../multi-node/ssh-jobs.ts'
import { processesWith } from '../support/processes.ts'
import { useSlurm } from '../support/slurm.ts'
import { projectDir, type RunOptions, type StartedJob, startJob } from '../support/run-job.ts'

const FIXTURES = join(projectDir, 'test', 'fixtures', 'launchers')

/** A place with a scheduler, or something in its place, where jobs run on two other nodes and this one. */
export interface LaunchSite {
  /** Of the launcher's program, as users are told. */
  readonly program: string
  /** Starts a job on a first node, which is this one as a rule, and nodes of these names. */
  start(nodes: readonly string[], args: readonly string[], options?: RunOptions): StartedJob
  /** Sends a signal to the launcher of a job. */
  signal(job: StartedJob, name: NodeJS.Signals): void
  /** What runs there of the job: agents, launching programs. */
  processes(): number[]
  agents(): number[]
  /** Files that a job has left. */
  leftFiles(): string[]
  /** What the stand-in has been called for. */
  calls(): string[]
}

/** A stand-in for a scheduler's program. */
interface StandIn {
  readonly program: string
  /** Options that choose it; none: the environment does. */
  readonly args?: readonly string[]
  readonly environment: (hosts: readonly string[], nodefile: string) => Readonly<Record<string, string>>
}

const STAND_INS: Readonly<Record<string, StandIn>> = {
  pbs_tmrsh: { program: 'pbs_tmrsh', environment: (_, nodefile) => ({ PBS_NODEFILE: nodefile, PBS_JOBID: '7.head' }) },
  pbsdsh: { program: 'pbsdsh', environment: (_, nodefile) => ({ PBS_NODEFILE: nodefile, PBS_JOBID: '7.head' }) },
  qrsh: { program: 'qrsh', environment: (hosts, nodefile) => ({ PE_HOSTFILE: sgeFile(hosts, nodefile) }) },
  blaunch: {
    program: 'blaunch',
    environment: (hosts) => ({ LSB_MCPU_HOSTS: hosts.map((host) => `${host} 1`).join(' '), LSB_JOBID: '7' }),
  },
  'a command': {
    program: 'kubexec.sh',
    args: ['--launcher', join(FIXTURES, 'kubexec.sh')],
    environment: (_, nodefile) => ({ OMPI_MCA_orte_default_hostfile: nodefile }),
  },
}

function sgeFile(hosts: readonly string[], nodefile: string): string {
  const file = `${nodefile}.sge`
  writeFileSync(file, hosts.map((host) => `${host} 1 all.q@${host} UNDEFINED\n`).join(''))
  return file
}

/** A site of each kind that needs nothing installed, made before the tests of a suite. Call it within describe(). */
export function useStandIn(name: string): () => LaunchSite {
  let site: StandInSite | undefined
  beforeEach(() => {
    const standIn = STAND_INS[name]
    if (standIn === undefined) throw new Error(`there is no stand-in for ${name}`)
    site = new StandInSite(standIn)
  })
  afterEach(() => site?.remove())
  return () => {
    if (site === undefined) throw new Error('no test runs')
    return site
  }
}

let made = 0

class StandInSite implements LaunchSite {
  readonly program: string
  readonly #standIn: StandIn
  readonly #folder = mkdtempSync(join(tmpdir(), 'mpirun-ts-launchers-'))
  /** In the environment of all that runs on nodes. */
  readonly #mark: string

  constructor(standIn: StandIn) {
    this.#standIn = standIn
    this.program = standIn.program
    made += 1
    this.#mark = `job-${process.pid}-${made}`
    for (const name of ['bin', 'home']) mkdirSync(join(this.#folder, name))
    symlinkSync(join(FIXTURES, this.program), join(this.#folder, 'bin', this.program))
    // Should it be called, it fails, and is seen.
    writeFileSync(
      join(this.#folder, 'bin', 'ssh'),
      `#!/bin/sh\necho ssh >>"$PBS_STANDIN/calls"\necho no way >&2; exit 255\n`,
      {
        mode: 0o755,
      },
    )
  }

  start(nodes: readonly string[], args: readonly string[], options: RunOptions = {}): StartedJob {
    const hosts = [hostname(), ...nodes]
    const nodefile = join(this.#folder, 'nodes')
    writeFileSync(nodefile, `${hosts.join('\n')}\n`)
    writeFileSync(join(this.#folder, 'hosts'), `${hosts.filter((host) => host !== 'stranger').join('\n')}\n`)
    const env = {
      ...this.#standIn.environment(hosts, nodefile),
      HOME: join(this.#folder, 'home'),
      PATH: [join(this.#folder, 'bin'), process.env['PATH'] ?? ''].join(delimiter),
      PBS_STANDIN: this.#folder,
      PBS_MARK: this.#mark,
    }
    return startJob([...(this.#standIn.args ?? []), ...args], { ...options, env: { ...env, ...options.env } })
  }

  signal({ child }: StartedJob, name: NodeJS.Signals): void {
    child.kill(name)
  }

  processes(): number[] {
    return processesWith(`PBS_MARK=${this.#mark}`)
  }

  agents(): number[] {
    return this.processes().filter((pid) => isAgent(pid))
  }

  leftFiles(): string[] {
    return readdirSync(join(this.#folder, 'home'))
  }

  calls(): string[] {
    try {
      return readFileSync(join(this.#folder, 'calls'), 'utf8').split('\n').filter(Boolean).toSorted()
    } catch {
      return []
    }
  }

  remove(): void {
    for (const pid of this.processes()) process.kill(pid, 'SIGKILL')
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

/** A real Slurm, on whose nodes no sshd answers; the launcher runs beside them, within an allocation. */
export function useSlurmSite(): () => LaunchSite {
  const slurm = useSlurm(3, 2)
  const mark = `PBS_MARK=slurm-${process.pid}`
  before(() => {
    for (const host of ['node1', 'node2', 'node3']) slurm().cluster.exec(host, 'pkill', '-x', 'sshd')
  })
  const site: LaunchSite = {
    program: 'srun',
    start: (nodes, args, options = {}) => {
      const hosts = [1, ...nodes.map((_, index) => index + 2)].map((number) => `node${number}`).join(',')
      const allocation = ['salloc', '--quiet', '-w', hosts, `-N${nodes.length + 1}`, '--ntasks-per-node=1']
      const through = [...slurm().cluster.wordsOn('head'), 'env', mark, ...allocation]
      return startJob(args, { ...options, through, env: { ...slurm().cluster.environment, ...options.env } })
    },
    signal: (_, name) => {
      for (const pid of site.processes())
        if (commandLine(pid)[1]?.endsWith('mpirun.cjs') === true) process.kill(pid, name)
    },
    processes: () => processesWith(mark),
    agents: () => site.processes().filter(isAgent),
    leftFiles: () => [],
    calls: () => [],
  }
  return () => site
}

/** By its last word, or one that a command has started by its name alone. */
function isAgent(pid: number): boolean {
  const words = commandLine(pid)
  return words[0]?.endsWith('node') === true && (words.at(-1) === 'mpirun-ts-agent' || words.length === 1)
}

function commandLine(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1').split('\0').filter(Boolean)
  } catch {
    return []
  }
}

/** Real logins, by an sshd of the test's own. */
export function useSshSite(): () => LaunchSite {
  const jobs = useSshJobs(['works', 'works', 'banner'])
  const names: Readonly<Record<string, string>> = { slow: 'n3' }
  const site: LaunchSite = {
    program: 'ssh',
    start: (nodes, args, options) =>
      jobs().start(['--host', ['localhost', ...nodes.map((name) => names[name] ?? name)].join(','), ...args], options),
    signal: ({ child }, name) => void child.kill(name),
    processes: () => jobs().allProcesses(),
    agents: () => jobs().agentProcesses().filter(isAgent),
    leftFiles: () => [],
    calls: () => [],
  }
  return () => site
}
