import { randomBytes } from 'node:crypto'
import { basename } from 'node:path'
import type { Channel } from '../transport/channel.ts'
import { environmentForAgents } from './agent-environment.ts'
import { removeAgentFile, writeAgentFile } from './agent-file.ts'
import { isDroppedLogin, lastWords } from './launch-failure.ts'
import type { LaunchCommand } from './launch-command.ts'
import type { LaunchTarget } from './launcher.ts'
import { bringsStdin, programCommand } from './program-command.ts'
import type { ProgramLauncherOptions } from './program-launcher-options.ts'
import { ProgramRun } from './program-run.ts'
import type { Tunnel } from './ssh-command.ts'
import { StartingAgent } from './starting-agent.ts'

/** Between a login that a busy ssh server has dropped and the next one: at first, and at most. Half of it is left to chance. */
const FIRST_PAUSE_MS = 200
const MOST_PAUSE_MS = 3000
/** Status of ssh when it could not log in. */
const SSH_FAILED = 255

/** One launching program and the agent it starts. */
export class ProgramAgent extends StartingAgent {
  protected readonly program: string
  #run: ProgramRun | undefined
  /** The file with the agent, until somebody has removed it. */
  #file: string | undefined
  #pauseMs = FIRST_PAUSE_MS
  #nextTry: NodeJS.Timeout | undefined

  /** @throws MpirunError ERR_USAGE for what cannot be given to the program. */
  constructor(target: LaunchTarget, options: ProgramLauncherOptions) {
    super(target, options)
    this.program = this.#command({}).file
  }

  protected get lines(): readonly string[] {
    return this.#run?.lines ?? []
  }

  #command(more: { tunnel?: Tunnel; file?: string }): LaunchCommand {
    const { means, node, launchTimeoutMs } = this.options
    const connectTimeoutS = Math.max(1, Math.ceil(launchTimeoutMs / 1000))
    return programCommand({ means, target: this.target, node, connectTimeoutS, ...more })
  }

  /**
   * Where the agent comes on stdin, the program is started at once and what it brings follows; else when all is known. It is started again should the
   * server of an ssh be too busy.
   */
  start(): void {
    const { isTunnel = false, scripts, means } = this.options
    const { target } = this
    if (!bringsStdin(means, target)) this.#when(scripts.head(target), (head) => this.#startWithFile(head))
    else if (!isTunnel || target.isHere === true) {
      this.#spawn(this.#command({}))
      this.#bring(isTunnel ? '' : undefined)
    } else {
      this.#when(scripts.access, ({ endpoint: { port } }) => {
        // In a folder that there is everywhere; sshd lets only the user connect (StreamLocalBindMask).
        const path = `/tmp/mpirun-ts-${randomBytes(16).toString('hex')}`
        this.#spawn(this.#command({ tunnel: { path, port } }))
        this.#bring(path)
      })
    }
  }

  #startWithFile(head: string): void {
    try {
      this.#file = writeAgentFile(head, this.options.scripts.body())
    } catch (error) {
      // What writing a file throws are errors of the system.
      const { message } = error as NodeJS.ErrnoException
      this.failBy({ type: 'notWritten', message })
      this.over(`the file with the agent could not be written: ${message}`)
      return
    }
    this.#spawn(this.#command({ file: this.#file }), this.#file)
    this.#run?.write([])
  }

  #spawn({ file, args }: LaunchCommand, removes?: string): void {
    if (this.isSettled) return
    this.#nextTry = undefined
    const { type } = this.options.means
    try {
      this.#run = new ProgramRun(file, args, {
        ...(removes === undefined ? {} : { removes }),
        ...(type === 'sge' || type === 'lsf' ? { env: environmentForAgents(process.env) } : {}),
        onLine: (line) => this.#log(line),
        onNotStarted: (error) => this.#notStarted(error),
        onEnd: (status, signal) => this.#hasEnded(status, signal),
      })
    } catch (error) {
      // What spawn() and access() throw are errors of the system.
      this.#notStarted(error as NodeJS.ErrnoException)
    }
  }

  #bring(tunnelPath: string | undefined): void {
    const { scripts } = this.options
    const run = this.#run
    this.#when(scripts.head(this.target, tunnelPath), (head) => run?.write([head, scripts.body()]))
  }

  #when<T>(promise: Promise<T>, then: (value: T) => void): void {
    promise.then(then).catch((error: unknown) => {
      this.fail(() => error)
      this.kill()
    })
  }

  override hasCalledBack(channel: Channel): boolean {
    this.#removeFile()
    return super.hasCalledBack(channel)
  }

  /** It has not called back within the time for the start. */
  timeUp(): void {
    const { launchTimeoutMs } = this.options
    this.failBy({ type: 'timeout', seconds: launchTimeoutMs / 1000, hasBegun: this.#run !== undefined })
    this.kill()
  }

  kill(): void {
    this.#removeFile()
    if (this.#run !== undefined && this.#nextTry === undefined) {
      this.#run.end()
      return
    }
    clearTimeout(this.#nextTry)
    this.failUnstarted()
    this.over('it was never started')
  }

  #hasEnded(status: number | null, signal: string | null): void {
    this.#removeFile()
    if (this.#mayTryAgain(status)) {
      this.#startLater()
      return
    }
    this.failBy({ type: 'ended', status, signal })
    const how = signal === null ? `with status ${String(status)}` : `by ${signal}`
    const program = basename(this.program)
    const said = lastWords(program, this.lines)
    this.over(`${program} to node "${this.target.name}" ended ${how}${said}`)
  }

  /** The ssh server has dropped the login, for it has too many. */
  #mayTryAgain(status: number | null): boolean {
    return !this.isSettled && status === SSH_FAILED && isDroppedLogin(this.lines)
  }

  #startLater(): void {
    this.options.logger.debug({ node: this.target.name, lines: this.#run?.lines }, 'login was dropped, trying again')
    this.#nextTry = setTimeout(() => this.start(), this.#pauseMs * (0.5 + Math.random() / 2))
    this.#pauseMs = Math.min(this.#pauseMs * 2, MOST_PAUSE_MS)
  }

  #notStarted({ code = '', message }: NodeJS.ErrnoException): void {
    this.#removeFile()
    this.failBy({ type: 'notStarted', code, message })
    this.over(`${this.program} could not be started: ${message}`)
  }

  /** The agent does it as well, and so does the shell that waits for the program. */
  #removeFile(): void {
    if (this.#file !== undefined) removeAgentFile(this.#file)
    this.#file = undefined
  }

  #log(line: string): void {
    this.options.logger.debug({ node: this.target.name, line }, 'stderr of the launching program')
  }
}
