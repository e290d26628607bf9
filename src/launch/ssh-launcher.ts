import type { ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { basename } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { type Deferred, deferred } from '../base/deferred.ts'
import { MpirunError } from '../base/errors.ts'
import type { Logger } from '../base/logger.ts'
import { afterOwnTime } from '../base/own-time.ts'
import type { PortRange } from '../base/port-range.ts'
import type { Channel } from '../transport/channel.ts'
import type { InterfaceChoice } from '../transport/endpoint.ts'
import type { AgentAccess } from './agent-access.ts'
import { agentBody, agentHead } from './agent-input.ts'
import { isDroppedLogin, lastWords, type LaunchAttempt, launchFailure } from './launch-failure.ts'
import type { LaunchedAgent, Launcher, LaunchTarget } from './launcher.ts'
import { LastLines } from './last-lines.ts'
import { type SshCommand, sshCommand, type Tunnel } from './ssh-command.ts'
import { startProgram } from './start-program.ts'

export interface SshLauncherOptions {
  /** What agents are told on ssh's stdin; ssh logs in while it is still being made. */
  readonly access: Promise<AgentAccess>
  /** The network that agents listen in and dial; otherwise they may use any, also the one that ssh came from. */
  readonly network?: InterfaceChoice | undefined
  /** Agents come back by way of a socket that ssh forwards. */
  readonly isTunnel?: boolean
  /** Ports that agents may listen on; undefined: any. */
  readonly ports?: readonly PortRange[] | undefined
  /** Whether the agent of that node is dialled by others; one that is not does not listen. */
  readonly isDialled?: (nodeId: number) => boolean
  /** The agent, one CommonJS text in Brotli. Called once, when the first agent starts. */
  readonly agentBundle: () => Uint8Array
  /** `ssh`, or another program that takes the same arguments. */
  readonly sshPath: string
  readonly launcherArgs: readonly string[]
  /** How Node is called on the nodes. */
  readonly nodePath: string
  readonly nodeFlags: readonly string[]
  /** From the making of the launcher until all agents have called back. */
  readonly launchTimeoutMs: number
  readonly logger: Logger
  /** How many agents may be starting at the same time; more logins at once only slow each other down. */
  readonly maxStarting?: number
}

const DEFAULT_MAX_STARTING = 32
/** Between a login that a busy ssh server has dropped and the next one: at first, and at most. Half of it is left to chance. */
const FIRST_PAUSE_MS = 200
const MOST_PAUSE_MS = 3000
/** From SIGTERM to SIGKILL for a launching program. */
const KILL_AFTER_MS = 1000
/** Status of ssh when it could not log in. */
const SSH_FAILED = 255
/** How long the last words of a program are waited for that has ended. */
const READ_REST_MS = 200

/** Starts agents with ssh; they call back to the job's listener, whose control channels are handed to `accept`. */
export class SshLauncher implements Launcher {
  readonly #options: SshLauncherOptions
  readonly #waiting: SshAgent[] = []
  readonly #starting = new Map<number, SshAgent>()
  readonly #running = new Set<SshAgent>()
  /** Made once for all agents. */
  #body: Uint8Array | undefined
  readonly #stopClock: () => void

  constructor(options: SshLauncherOptions) {
    this.#options = options
    this.#stopClock = afterOwnTime(options.launchTimeoutMs, () => this.#timeUp(), true)
  }

  /** @throws MpirunError ERR_USAGE for a name that cannot be given to ssh. */
  launch(target: LaunchTarget): LaunchedAgent {
    const agent = new SshAgent(target, this.#options)
    this.#waiting.push(agent)
    this.#startNext()
    return agent
  }

  /** Hands over the channel 'control:<nodeId>'. A channel that no agent is awaited on is ended. */
  accept(channel: Channel, nodeId: number): void {
    const agent = this.#starting.get(nodeId)
    if (agent === undefined || !agent.hasCalledBack(channel)) channel.destroy()
  }

  /** The time for the start is over, whether a node has had its turn or not. */
  #timeUp(): void {
    for (const agent of this.#waiting.splice(0)) agent.timeUp()
    for (const agent of this.#starting.values()) agent.timeUp()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopClock()
    for (const agent of this.#waiting.splice(0)) agent.kill()
    const running = [...this.#running]
    for (const agent of running) agent.kill()
    await Promise.all(running.map((agent) => agent.launcherEnded))
  }

  #startNext(): void {
    const { maxStarting = DEFAULT_MAX_STARTING } = this.#options
    while (this.#starting.size < maxStarting) {
      const agent = this.#waiting.shift()
      if (agent === undefined) return
      const { nodeId } = agent.target
      this.#starting.set(nodeId, agent)
      this.#running.add(agent)
      void agent.launcherEnded.then(() => this.#running.delete(agent))
      void agent.settled.then(() => {
        this.#starting.delete(nodeId)
        this.#startNext()
      })
      agent.start((tunnelPath) => this.#script(agent.target, tunnelPath))
    }
  }

  async #script({ nodeId, name }: LaunchTarget, tunnelPath: string | undefined): Promise<AgentScript> {
    const { access, network, ports, isDialled, launchTimeoutMs, agentBundle } = this.#options
    const { endpoint, keys, tls } = await access
    this.#body ??= agentBody(agentBundle())
    const head = agentHead({
      nodeId,
      nodeName: name,
      secret: keys.secretOf({ kind: 'control', from: nodeId }),
      nodeKey: keys.nodeKey(nodeId),
      ...(tls === undefined ? {} : { tls }),
      ...endpoint,
      ...(network === undefined ? {} : { network }),
      ...(ports === undefined ? {} : { ports }),
      listens: isDialled?.(nodeId) ?? true,
      ...(tunnelPath === undefined ? {} : { tunnelPath }),
      dialTimeoutMs: launchTimeoutMs,
    })
    return { head, body: this.#body }
  }
}

/** What Node reads from ssh's stdin. */
interface AgentScript {
  readonly head: string
  readonly body: Uint8Array
}

/** `tunnelPath`: as in AgentConfig. */
type MakeScript = (tunnelPath: string | undefined) => Promise<AgentScript>

/** One ssh and the agent it starts. */
class SshAgent implements LaunchedAgent {
  readonly target: LaunchTarget
  readonly connected: Promise<Channel>
  readonly launcherEnded: Promise<string>
  /** The agent is up or has failed; never rejects. */
  readonly settled: Promise<void>
  readonly #options: SshLauncherOptions
  #command: SshCommand
  readonly #connected: Deferred<Channel> = deferred()
  readonly #launcherEnded: Deferred<string> = deferred()
  #stderr = new LastLines()
  #child: ChildProcess | undefined
  #pauseMs = FIRST_PAUSE_MS
  #nextTry: NodeJS.Timeout | undefined
  #isSettled = false

  constructor(target: LaunchTarget, options: SshLauncherOptions) {
    this.target = target
    this.#options = options
    this.connected = this.#connected.promise
    this.launcherEnded = this.#launcherEnded.promise
    this.settled = this.connected.then(
      () => undefined,
      () => undefined,
    )
    this.#command = this.#makeCommand()
  }

  #makeCommand(tunnel?: Tunnel): SshCommand {
    const { sshPath, launcherArgs, nodePath, nodeFlags, launchTimeoutMs } = this.#options
    const connectTimeoutS = Math.max(1, Math.ceil(launchTimeoutMs / 1000))
    const options = { target: this.target, sshPath, launcherArgs, nodePath, nodeFlags, connectTimeoutS }
    return sshCommand(tunnel === undefined ? options : { ...options, tunnel })
  }

  /** Starts ssh at once, and again should its server be too busy; the script follows on its stdin. */
  start(makeScript: MakeScript): void {
    const { access, isTunnel = false } = this.#options
    if (!isTunnel || this.target.isHere === true) {
      this.#spawn(() => makeScript(isTunnel ? '' : undefined), makeScript)
      return
    }
    access.then(
      ({ endpoint: { port } }) => {
        // In a folder that there is everywhere; sshd lets only the user connect (StreamLocalBindMask).
        const path = `/tmp/mpirun-ts-${randomBytes(16).toString('hex')}`
        this.#command = this.#makeCommand({ path, port })
        this.#spawn(() => makeScript(path), makeScript)
      },
      (error: unknown) => {
        this.#settle()
        this.#connected.reject(error)
        this.kill()
      },
    )
  }

  #spawn(script: () => Promise<AgentScript>, again: MakeScript): void {
    if (this.#isSettled) return
    this.#nextTry = undefined
    this.#stderr = new LastLines()
    const { file, args } = this.#command
    let child: ChildProcess
    try {
      child = startProgram(file, args)
    } catch (error) {
      // What spawn() and access() throw are errors of the system.
      this.#notStarted(error as NodeJS.ErrnoException)
      return
    }
    child.on('error', (error: NodeJS.ErrnoException) => this.#notStarted(error))
    const { stdin, stdout, stderr } = child
    if (child.pid === undefined || stdin === null || stdout === null || stderr === null) return
    this.#child = child
    child.on('exit', (status, signal) => {
      void this.#readRest(child).then(() => {
        if (this.#mayTryAgain(status)) this.#startLater(again)
        else this.#ended(status, signal)
      })
    })
    // ssh may end before it has read all of it; its exit says why.
    stdin.on('error', () => undefined)
    script().then(
      ({ head, body }) => {
        stdin.write(head)
        stdin.end(body)
      },
      (error: unknown) => {
        this.#settle()
        this.#connected.reject(error)
        this.kill()
      },
    )
    // What login scripts print is not output of the job.
    stdout.resume()
    stderr.setEncoding('utf8').on('data', (text: string) => {
      for (const line of this.#stderr.add(text)) this.#log(line)
    })
  }

  #notStarted({ code = '', message }: NodeJS.ErrnoException): void {
    this.#fail({ type: 'notStarted', code, message })
    this.#launcherEnded.resolve(`${this.#command.file} could not be started: ${message}`)
  }

  /** False: nobody waits for this agent any more. */
  hasCalledBack(channel: Channel): boolean {
    if (this.#isSettled) return false
    this.#settle()
    this.#connected.resolve(channel)
    return true
  }

  /** It has not called back within the time for the start. */
  timeUp(): void {
    this.#fail({ type: 'timeout', seconds: this.#options.launchTimeoutMs / 1000, hasBegun: this.#child !== undefined })
    this.kill()
  }

  /** The ssh server has dropped the login, for it has too many. */
  #mayTryAgain(status: number | null): boolean {
    return !this.#isSettled && status === SSH_FAILED && isDroppedLogin(this.#stderr.lines)
  }

  #startLater(makeScript: MakeScript): void {
    this.#options.logger.debug({ node: this.target.name, lines: this.#stderr.lines }, 'login was dropped, trying again')
    this.#nextTry = setTimeout(() => this.start(makeScript), this.#pauseMs * (0.5 + Math.random() / 2))
    this.#pauseMs = Math.min(this.#pauseMs * 2, MOST_PAUSE_MS)
  }

  kill(): void {
    const child = this.#child
    if (child === undefined || this.#nextTry !== undefined) {
      clearTimeout(this.#nextTry)
      const message = `The agent on node "${this.target.name}" was not started: the job ended before`
      this.#connected.reject(new MpirunError('ERR_LAUNCH', message))
      this.#settle()
      this.#launcherEnded.resolve('it was never started')
      return
    }
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGTERM')
    const timer = setTimeout(() => {
      child.kill('SIGKILL')
    }, KILL_AFTER_MS)
    void this.launcherEnded.then(() => {
      clearTimeout(timer)
    })
  }

  /** A connection that ssh shares (ControlPersist) stays in the background and keeps stderr open, so its end is not waited for. */
  async #readRest({ stdout, stderr }: ChildProcess): Promise<void> {
    const isRead = new Promise<void>((resolve) => {
      stderr?.once('close', () => {
        resolve()
      })
    })
    await Promise.race([isRead, delay(READ_REST_MS, undefined, { ref: false })])
    stdout?.destroy()
    stderr?.destroy()
  }

  #ended(status: number | null, signal: string | null): void {
    for (const line of this.#stderr.end()) this.#log(line)
    this.#fail({ type: 'ended', status, signal })
    const how = signal === null ? `with status ${String(status)}` : `by ${signal}`
    const program = basename(this.#command.file)
    const said = lastWords(program, this.#stderr.lines)
    this.#launcherEnded.resolve(`${program} to node "${this.target.name}" ended ${how}${said}`)
  }

  #fail(outcome: LaunchAttempt['outcome']): void {
    if (this.#isSettled) return
    this.#settle()
    const { nodePath, sshPath } = this.#options
    const attempt = { nodeName: this.target.name, program: basename(this.#command.file), nodePath, outcome }
    const chosen = sshPath === 'ssh' ? {} : { chosenProgram: sshPath }
    this.#connected.reject(launchFailure({ ...attempt, ...chosen, stderrLines: this.#stderr.lines }))
  }

  #settle(): void {
    this.#isSettled = true
  }

  #log(line: string): void {
    this.#options.logger.debug({ node: this.target.name, line }, 'stderr of the launching program')
  }
}
