import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type JobRun, projectDir } from './run-job.ts'
import { skipHere } from './skip-here.ts'

const TOOLS = ['ip -V', 'nsenter -V', 'unshare -V', 'ssh -V']
const PACKAGES = 'iproute2 util-linux procps openssh-server openssh-client'
const SUBNET = '10.80.0'
/** The name of a cluster's folder, before the number of the process that has started it. */
const FOLDER = 'mpirun-ts-test-cluster-'

/** The line to print when tests with the virtual cluster are skipped; `undefined` where they can run. */
function whyNoCluster(): string | undefined {
  if (process.platform !== 'linux') return 'the virtual cluster needs Linux'
  if (process.getuid?.() !== 0) return 'the virtual cluster needs root; run the tests as root'
  if (TOOLS.some((tool) => !succeeds(tool)) || !existsSync('/usr/sbin/sshd')) {
    return `the virtual cluster needs tools that are missing; install them with: apt-get install ${PACKAGES}`
  }
  if (!succeeds('unshare --net --pid --mount --fork true') || !succeeds('ip netns list')) {
    return 'no namespaces can be made here; run the tests where CAP_SYS_ADMIN is given (docker run --privileged)'
  }
  return undefined
}

function succeeds(command: string): boolean {
  const [file = '', ...args] = command.split(' ')
  return spawnSync(file, args, { stdio: 'ignore' }).status === 0
}

export interface ClusterJob {
  readonly child: ChildProcess
  readonly result: Promise<JobRun>
  /** Resolves when this text has appeared on stdout as many times. */
  saw(text: string, times: number): Promise<void>
}

/** A virtual cluster of its own (scripts/cluster.sh): hosts head, node1 … with real sshd, whose cables can be cut. */
export class Cluster {
  readonly #environment: Readonly<Record<string, string>>

  private constructor(pid: number) {
    this.#environment = {
      CLUSTER_DIR: join(tmpdir(), `${FOLDER}${pid}`),
      CLUSTER_PREFIX: `mtst${pid}-`,
      CLUSTER_SUBNET: SUBNET,
      // A checkout below /tmp would be hidden by the hosts' own.
      CLUSTER_SHARE: projectDir.startsWith('/tmp/') ? projectDir.replace(/\/$/, '') : '',
    }
  }

  static start(nodes: number): Cluster {
    // What tests have left that were killed.
    for (const pid of deadOwners()) new Cluster(pid).stop()
    const cluster = new Cluster(process.pid)
    cluster.#script('up', String(nodes))
    return cluster
  }

  stop(): void {
    this.#script('down')
  }

  /** Cuts the cable: packets vanish and nobody is told. */
  partition(host: string): void {
    this.#script('partition', host)
  }

  heal(host: string): void {
    this.#script('heal', host)
  }

  /** A power loss. */
  kill(host: string): void {
    this.#script('kill', host)
  }

  /** All processes are killed, connections are closed by the system. */
  crash(host: string): void {
    this.#script('crash', host)
  }

  /** Runs a command on a host to its end; throws when it fails. */
  exec(host: string, ...words: readonly string[]): string {
    return this.#script('exec', host, ...words)
  }

  /** Starts the built command line on `head`. */
  startJob(args: readonly string[], timeoutMs = 90_000): ClusterJob {
    const began = performance.now()
    const words = ['exec', 'head', process.execPath, join(projectDir, 'dist', 'mpirun.cjs'), ...args]
    const child = spawn(this.#path, words, { cwd: projectDir, env: this.#env(), stdio: ['ignore', 'pipe', 'pipe'] })
    const text = { stdout: '', stderr: '' }
    const checks = new Set<() => void>()
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (chunk: string) => {
        text[name] += chunk
        for (const check of checks) check()
      })
    }
    const timer = setTimeout(() => void child.kill('SIGTERM'), timeoutMs)
    const result = new Promise<JobRun>((resolve) => {
      child.on('close', (status, signal) => {
        clearTimeout(timer)
        resolve({ status, signal, ...text, seconds: (performance.now() - began) / 1000 })
      })
    })
    const saw = (wanted: string, times: number): Promise<void> =>
      new Promise((resolve, reject) => {
        const check = (): void => {
          if (text.stdout.split(wanted).length > times) resolve()
        }
        checks.add(check)
        check()
        void result.then((run) => reject(new Error(`the job ended before it was ready: ${JSON.stringify(run)}`)))
      })
    return { child, result, saw }
  }

  /** Agents on a host, by the process numbers of the machine that carries the cluster. */
  agentsOn(host: string): number[] {
    return this.processesOn(host, (words) => words.at(-1) === 'mpirun-ts-agent')
  }

  /** Processes on a host whose command lines are such, by the process numbers of the machine that carries the cluster. */
  processesOn(host: string, isSuch: (words: readonly string[]) => boolean): number[] {
    const first = readFileSync(join(this.folder, host, 'pid'), 'latin1').trim()
    const network = networkOf(first)
    if (network === '') return []
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name) && networkOf(name) === network)
      .filter((pid) => isSuch(read(`/proc/${pid}/cmdline`).split('\0').slice(0, -1)))
      .map(Number)
  }

  /** A folder that all hosts and the tests share. */
  get folder(): string {
    return this.#environment['CLUSTER_DIR'] ?? ''
  }

  /** Words that run what follows them on a host, in `environment`. */
  wordsOn(host: string): string[] {
    return ['bash', this.#path, 'exec', host]
  }

  /** Tells scripts/cluster.sh which cluster it is. */
  get environment(): Readonly<Record<string, string>> {
    return this.#environment
  }

  /** Runs a script of scripts/ that works on this cluster to its end; throws when it fails. */
  run(script: string, ...words: readonly string[]): string {
    return execFileSync('bash', [join(projectDir, 'scripts', script), ...words], {
      cwd: projectDir,
      env: this.#env(),
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    })
  }

  get #path(): string {
    return join(projectDir, 'scripts', 'cluster.sh')
  }

  #env(): NodeJS.ProcessEnv {
    return { ...process.env, ...this.#environment }
  }

  #script(...words: readonly string[]): string {
    return this.run('cluster.sh', ...words)
  }
}

/** Starts a cluster before the tests of a suite; skips them where there can be none. Call it within describe(). */
export function useCluster(nodes: number): () => Cluster {
  let cluster: Cluster | undefined
  before(function () {
    const missing = whyNoCluster()
    if (missing !== undefined) skipHere(this, missing)
    cluster = Cluster.start(nodes)
  })
  after(() => cluster?.stop())
  return () => {
    if (cluster === undefined) throw new Error('the cluster is not started yet')
    return cluster
  }
}

function deadOwners(): number[] {
  const owners = readdirSync(tmpdir()).filter((name) => name.startsWith(FOLDER))
  return owners.map((name) => Number(name.slice(FOLDER.length))).filter((pid) => !existsSync(`/proc/${pid}`))
}

function networkOf(pid: string): string {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`)
  } catch {
    return ''
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return ''
  }
}
