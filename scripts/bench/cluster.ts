import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BenchRun } from './bench-run.ts'
import { runChecked } from './command.ts'
import { outputOf } from './tools.ts'

const FOLDER = '/tmp/mpirun-ts-bench-cluster'

/** The bench's own virtual cluster (scripts/cluster.sh), apart from one that tests may be using. */
export class VirtualCluster {
  /** A folder that all its hosts see. */
  readonly sharedFolder: string = FOLDER
  /** Addresses of its hosts begin with this. */
  readonly subnet: string = '10.79.0'
  private isOurs = false
  private readonly script: string
  private readonly environment: Readonly<Record<string, string>>

  constructor(root: string) {
    this.script = `${root}scripts/cluster.sh`
    this.environment = {
      CLUSTER_DIR: FOLDER,
      CLUSTER_PREFIX: 'mtsb-',
      CLUSTER_SUBNET: this.subnet,
      CLUSTER_SHARE: root.replace(/\/$/, ''),
    }
  }

  /** Why it cannot be used on this machine, and what to do; `undefined` when it can. */
  whyNot(): string | undefined {
    if (process.platform !== 'linux') return 'the virtual cluster needs Linux'
    if (process.getuid?.() !== 0) return 'the virtual cluster needs root: run the bench as root'
    const hasTools = ['ip -V', 'unshare -V', 'ssh -V'].every((command) => outputOf(command.split(' ')) !== undefined)
    if (hasTools && existsSync('/usr/sbin/sshd')) return undefined
    return 'apt-get install iproute2 util-linux procps openssh-server openssh-client'
  }

  /** Starts it, or what is missing of it where it is up already. */
  async up(nodes: number): Promise<void> {
    // Parts of one run ask for it one after the other.
    this.isOurs ||= !existsSync(join(FOLDER, 'head', 'ready'))
    await runChecked(this.command('up', String(nodes)))
  }

  /** Ends it if `up` has started it. Blocks, so that it works on the way out, too. */
  close(): void {
    if (!this.isOurs) return
    this.isOurs = false
    const { words, environment } = this.command('down')
    spawnSync(words[0] ?? '', words.slice(1), { env: { ...process.env, ...environment }, stdio: 'inherit' })
  }

  /** A command that runs `words` on the host `head`. */
  onHead(words: readonly string[], timeoutSeconds?: number): Parameters<typeof runChecked>[0] {
    const command = this.command('exec', 'head', ...words)
    return timeoutSeconds === undefined ? command : { ...command, timeoutSeconds }
  }

  /** The first process of each host: its CPU time is the bench's, not that of others. */
  firstProcesses(): number[] {
    if (!existsSync(FOLDER)) return []
    const files = readdirSync(FOLDER).map((host) => join(FOLDER, host, 'pid'))
    return files.filter((file) => existsSync(file)).map((file) => Number(readFileSync(file, 'utf8')))
  }

  private command(...words: readonly string[]): { words: string[]; environment: Readonly<Record<string, string>> } {
    return { words: ['bash', this.script, ...words], environment: this.environment }
  }
}

/** Puts hosts up; where that is not possible here, notes that `what` is left out and is false. */
export async function hostsFor(run: BenchRun, cluster: VirtualCluster, what: string, count = 2): Promise<boolean> {
  const whyNot = cluster.whyNot()
  if (whyNot === undefined) await cluster.up(count)
  else run.skip(what, whyNot)
  return whyNot === undefined
}
